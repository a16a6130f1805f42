#include <map>

#include "gatehouse/config/section.hpp"
#include "gatehouse/core/text.hpp"
#include "node_json.hpp"
#include "section_state.hpp"

namespace gatehouse::config {

void Section::texts(std::string_view key, std::vector<std::string>& value, const Field& field) {
  std::string preset = "[";
  for (const std::string& item : value) {
    if (preset.size() > 1) preset += ',';
    core::append_json_string(preset, item);
  }
  preset += ']';
  if (state_.mode == State::Mode::schema) {
    state_.add_property(key, field,
                        R"("anyOf":[{"type":"array","items":{"type":"string"}},)"
                        R"({"type":"string"}])",
                        preset);
    return;
  }
  if (!reading()) return state_.add_setting(key, field, preset);
  const Node* found = state_.take(*node_, key, field);
  if (found == nullptr) return;
  std::vector<std::string> read;
  const auto add = [&](const Node& item) {
    if (item.kind() != Node::Kind::scalar) {
      state_.problems->error(item.path(), item.line(), "must be a text or a list of texts");
    } else if (auto text = state_.resolve(item, field)) {
      read.push_back(std::move(*text));
    }
  };
  if (found->kind() == Node::Kind::sequence) {
    for (const Node* item : found->children()) add(*item);
  } else {
    add(*found);
  }
  value = std::move(read);
}

void Section::text_map(std::string_view key, std::map<std::string, std::string>& value,
                       const Field& field) {
  std::string preset = "{";
  for (const auto& [name, text] : value) {
    if (preset.size() > 1) preset += ',';
    core::append_json_string(preset, name);
    preset += ':';
    core::append_json_string(preset, text);
  }
  preset += '}';
  if (state_.mode == State::Mode::schema) {
    state_.add_property(key, field, R"("type":"object","additionalProperties":{"type":"string"})",
                        preset);
    return;
  }
  if (!reading()) return state_.add_setting(key, field, preset);
  const Node* found = state_.take(*node_, key, field, Node::Kind::map, "a map of texts");
  if (found == nullptr) return;
  value.clear();
  for (const Node* item : found->children()) {
    if (item->kind() == Node::Kind::sequence || item->kind() == Node::Kind::map) {
      state_.problems->error(item->path(), item->line(), "must be a single value");
    } else if (auto text = state_.resolve(*item, field)) {
      value.emplace(item->key(), std::move(*text));
    }
  }
}

void Section::secret_map(std::string_view key, std::map<std::string, core::Secret>& value,
                         const Field& field) {
  if (!reading()) {
    if (state_.mode == State::Mode::settings) {
      for (const auto& [name, secret] : value)
        state_.add_setting(std::string(key) + "." + name, field, {}, secret);
      return;
    }
    state_.add_property(
        key, field, R"("type":"object","additionalProperties":{"type":"string","writeOnly":true})",
        {});
    return;
  }
  std::map<std::string, std::string> texts;
  text_map(key, texts, field);
  const Node* found = node_->find(key);
  if (found == nullptr || found->kind() != Node::Kind::map) return;
  value.clear();
  for (auto& [name, text] : texts) value.emplace(name, core::Secret(std::move(text)));
}

void Section::json(std::string_view key, std::string& value, const Field& field) {
  if (state_.mode == State::Mode::schema) return state_.add_property(key, field, {}, value);
  if (!reading()) return state_.add_setting(key, field, value);
  const Node* found = state_.take(*node_, key, field);
  if (found == nullptr) return;
  value.clear();
  append_json(value, *found, [&](const Node& scalar) {
    return state_.resolve(scalar, field).value_or(std::string());
  });
}

void Section::custom(std::string_view key, const Field& field, std::string_view schema,
                     const std::function<void(const Node& value, Problems& problems)>& read) {
  if (state_.mode == State::Mode::schema) {
    std::string_view members = schema;
    if (members.starts_with('{') && members.ends_with('}')) {
      members = members.substr(1, members.size() - 2);
    }
    return state_.add_property(key, field, members, {});
  }
  if (!reading()) return;
  if (const Node* found = state_.take(*node_, key, field)) read(*found, *state_.problems);
}

}  // namespace gatehouse::config
