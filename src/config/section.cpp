#include "gatehouse/config/section.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "node_json.hpp"
#include "section_state.hpp"
#include "suggestion.hpp"

namespace gatehouse::config {

namespace {
std::string path_of(const Node& section, std::string_view key) {
  std::string out = section.path();
  const std::string step = path_step(key);
  if (!out.empty() && step.front() != '[') out += '.';
  return out + step;
}
}  // namespace

std::optional<std::string> Section::State::resolve(const Node& scalar, const Field& field) {
  const auto name = environment_reference(scalar.text());
  if (!name) return std::string(scalar.text());
  if (auto value = (*environment)(*name)) return value;
  std::string message = "environment variable " + core::printable(*name, 80) + " is not set";
  if (field.allow_missing_variable) {
    problems->warning(scalar.path(), scalar.line(), std::move(message));
  } else {
    problems->error(scalar.path(), scalar.line(), std::move(message));
  }
  return {};
}

const Node* Section::State::take(const Node& section, std::string_view key, const Field& field) {
  known.emplace_back(key);
  const Node* found = section.find(key);
  if (found != nullptr && found->kind() != Node::Kind::null) return found;
  if (field.required) {
    problems->error(path_of(section, key), found ? found->line() : section.line(), "is missing");
  }
  return nullptr;
}

const Node* Section::State::take(const Node& section, std::string_view key, const Field& field,
                                 Node::Kind kind, std::string_view expected) {
  const Node* found = take(section, key, field);
  if (found == nullptr || found->kind() == kind) return found;
  problems->error(found->path(), found->line(), "must be " + std::string(expected));
  return nullptr;
}

void Section::State::report_unknown(const Node& section) const {
  for (const Node* child : section.children()) {
    if (std::ranges::find(known, child->key()) != known.end()) continue;
    std::string message = lenient ? "unknown key, ignored" : "unknown key";
    if (const auto near = closest(child->key(), known)) message += "; did you mean " + *near + "?";
    if (lenient) {
      problems->warning(child->path(), child->line(), std::move(message));
    } else {
      problems->error(child->path(), child->line(), std::move(message));
    }
  }
}

void Section::lenient_unknown() {
  state_.lenient = true;
}

void Section::refuse(std::string_view key, std::string_view why) {
  if (!reading()) return;
  state_.known.emplace_back(key);
  if (const Node* found = node_->find(key)) {
    state_.problems->error(found->path(), found->line(), std::string(why));
  }
}

void Section::no_effect(std::string_view key, std::string_view why) {
  if (!reading()) return;
  state_.known.emplace_back(key);
  if (const Node* found = node_->find(key)) {
    state_.problems->warning(found->path(), found->line(), "has no effect: " + std::string(why));
  }
}

void Section::check(bool holds, std::string_view key, std::string_view message) {
  if (!reading() || holds) return;
  const Node* found = key.empty() ? node_ : node_->find(key);
  state_.problems->error(key.empty() ? node_->path() : path_of(*node_, key),
                         found ? found->line() : node_->line(), std::string(message));
}

bool Section::begin_optional(std::string_view key) {
  if (!reading()) return true;
  const Node* found = node_->find(key);
  if (found != nullptr && found->kind() != Node::Kind::null) return true;
  state_.known.emplace_back(key);
  return false;
}

bool Section::with_unset(bool unset, const std::function<void()>& bind) {
  state_.unset = unset;
  state_.assigned = false;
  bind();
  state_.unset = false;
  return state_.assigned;
}

void Section::section_field(std::string_view key, const Field& field, const Inner& inner) {
  const bool unset = std::exchange(state_.unset, false);
  State below(state_.mode, &state_);
  switch (state_.mode) {
    case State::Mode::read: {
      const Node* found = state_.take(*node_, key, field, Node::Kind::map, "a map of settings");
      if (found == nullptr) return;
      Section section(below, found);
      inner(section);
      below.report_unknown(*found);
      state_.assigned = true;
      return;
    }
    case State::Mode::schema: {
      Section section(below, nullptr);
      inner(section);
      state_.add_property(key, field, below.object_schema(), {});
      return;
    }
    case State::Mode::settings: {
      if (unset) return;
      below.prefix = state_.child_path(key) + ".";
      Section section(below, nullptr);
      inner(section);
      return;
    }
  }
}

bool Section::list_field(std::string_view key, const Field& field, const Inner& inner) {
  State below(state_.mode, &state_);
  if (state_.mode == State::Mode::schema) {
    Section section(below, nullptr);
    inner(section);
    state_.add_property(key, field, R"("type":"array","items":{)" + below.object_schema() + "}",
                        {});
  }
  if (!reading()) return false;
  const Node* found = state_.take(*node_, key, field, Node::Kind::sequence, "a list");
  if (found == nullptr) return false;
  for (const Node* element : found->children()) {
    if (element->kind() != Node::Kind::map) {
      state_.problems->error(element->path(), element->line(), "must be a map of settings");
      continue;
    }
    State own(state_.mode, &state_);
    Section section(own, element);
    inner(section);
    own.report_unknown(*element);
  }
  return true;
}

bool Section::map_field(std::string_view key, const Field& field, const Inner& inner) {
  State below(state_.mode, &state_);
  if (state_.mode == State::Mode::schema) {
    Section section(below, nullptr);
    inner(section);
    state_.add_property(key, field,
                        R"("type":"object","additionalProperties":{)" + below.object_schema() + "}",
                        {});
  }
  if (!reading()) return false;
  const Node* found = state_.take(*node_, key, field, Node::Kind::map, "a map of names");
  if (found == nullptr) return false;
  for (const Node* child : found->children()) {
    if (child->kind() != Node::Kind::map) {
      state_.problems->error(child->path(), child->line(), "must be a map of settings");
      continue;
    }
    State own(state_.mode, &state_);
    Section section(own, child);
    inner(section);
    own.report_unknown(*child);
  }
  return true;
}

void Section::scalar(std::string_view key, const Field& field, const Shape& shape,
                     const Parse& parse) {
  if (state_.mode == State::Mode::schema) {
    std::string type(shape.schema);
    if (!shape.is_text) type = R"("anyOf":[{)" + type + R"(},{"$ref":"#/$defs/environment"}])";
    state_.add_property(key, field, type, state_.unset || shape.secret ? "" : shape.preset);
    return;
  }
  if (!reading()) {
    if (!shape.secret) state_.add_setting(key, field, state_.unset ? "null" : shape.preset);
    return;
  }
  const Node* found = state_.take(*node_, key, field, Node::Kind::scalar, "a single value");
  if (found == nullptr) return;
  const auto text = state_.resolve(*found, field);
  if (!text) return;
  const auto expected = parse(*text);
  if (!expected) {
    state_.assigned = true;
    return;
  }
  std::string message = "must be " + *expected;
  const auto variable = environment_reference(found->text());
  if (variable) {
    message += " (from environment variable " + core::printable(*variable, 80) + ")";
  } else if (!shape.secret) {
    message += ", is '" + core::printable(*text, 60) + "'";
  }
  state_.problems->error(found->path(), found->line(), std::move(message));
}

}  // namespace gatehouse::config
