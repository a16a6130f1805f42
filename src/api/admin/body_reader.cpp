#include "admin/body_reader.hpp"

#include <algorithm>
#include <utility>

#include "admin/json_scalars.hpp"

namespace gatehouse::api::admin {
namespace {

WrongValue wrong_container(json::Kind wanted) {
  if (wanted == json::Kind::array) return {"list_type", "Input should be a valid list"};
  return {"dict_type", "Input should be a valid dictionary"};
}

}  // namespace

std::vector<json::Member> children_of(std::string_view text) {
  // The scanner wants room behind its text; the views are moved back onto the caller's.
  std::string padded(text);
  padded.resize(text.size() + json::kPadding);
  const std::string_view copy = std::string_view(padded).substr(0, text.size());
  json::Scanner scanner(json::kRequestLimits);
  const auto outline = scanner.scan(copy);
  if (!outline) return {};
  const auto rebased = [&](std::string_view view) {
    return view.empty() ? view : text.substr(std::size_t(view.data() - copy.data()), view.size());
  };
  std::vector<json::Member> members(outline->members().begin(), outline->members().end());
  for (json::Member& member : members) {
    member.key = rebased(member.key);
    member.value = rebased(member.value);
  }
  return members;
}

std::string key_of(const json::Member& member) {
  return member.key_escaped ? json::unescape(member.key) : std::string(member.key);
}

BodyReader::BodyReader(std::string_view body, FieldErrors& errors)
    : location_(R"("body")"), errors_(&errors) {
  if (body.empty()) return;
  if (auto sound = json::check(body); !sound) {
    errors.add(
        {R"("body")", "JSON decode error: " + sound.error().public_message, "json_invalid", "{}"});
    return;
  }
  load(body);
}

BodyReader::BodyReader(std::string_view object, std::string location, FieldErrors& errors)
    : location_(std::move(location)), errors_(&errors) {
  load(object);
}

void BodyReader::load(std::string_view object) {
  const std::size_t start = object.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || object[start] != '{') {
    errors_->add(
        {location_, "Input should be a valid dictionary", "dict_type", std::string(object)});
    return;
  }
  for (const json::Member& member : children_of(object)) {
    fields_.push_back({key_of(member), member, false});
  }
}

const BodyReader::Field* BodyReader::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  return found == fields_.end() ? nullptr : &*found;
}

const json::Member* BodyReader::take(std::string_view name) noexcept {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  if (found == fields_.end()) return nullptr;
  found->taken = true;
  return &found->value;
}

bool BodyReader::is_null(std::string_view name) const noexcept {
  const Field* field = find(name);
  return field != nullptr && field->value.kind == json::Kind::null;
}

bool BodyReader::is_object(std::string_view name) const noexcept {
  const Field* field = find(name);
  return field != nullptr && field->value.kind == json::Kind::object;
}

std::string BodyReader::location_of(std::string_view name) const {
  return location_ + "," + json::quoted(name);
}

void BodyReader::report(std::string_view name, std::string_view type, std::string_view message) {
  const Field* field = find(name);
  errors_->add({location_of(name), std::string(message), std::string(type),
                field == nullptr ? "null" : std::string(field->value.value)});
}

void BodyReader::require(std::string_view name) {
  if (!is_set(name)) report(name, "missing", "Field required");
}

template <class T, class Convert>
void BodyReader::read_scalar(std::string_view name, T& out, Convert convert) {
  const json::Member* field = take(name);
  if (field == nullptr) return;
  if (field->kind == json::Kind::null) {
    out = T();
    return;
  }
  auto converted = convert(*field);
  if (converted) {
    out = std::move(*converted);
  } else {
    report(name, converted.error().type, converted.error().message);
  }
}

void BodyReader::read(std::string_view name, std::string& out) {
  read_scalar(name, out, to_text);
}
void BodyReader::read(std::string_view name, std::optional<std::string>& out) {
  read_scalar(name, out, to_text);
}
void BodyReader::read(std::string_view name, bool& out) {
  read_scalar(name, out, to_bool);
}
void BodyReader::read(std::string_view name, std::optional<bool>& out) {
  read_scalar(name, out, to_bool);
}
void BodyReader::read(std::string_view name, std::optional<std::uint64_t>& out) {
  read_scalar(name, out, to_count);
}
void BodyReader::read(std::string_view name, std::optional<std::int64_t>& out) {
  read_scalar(name, out, to_integer);
}
void BodyReader::read(std::string_view name, std::optional<core::Money>& out) {
  read_scalar(name, out, to_money);
}
void BodyReader::read(std::string_view name, std::optional<core::WallTime>& out) {
  read_scalar(name, out, to_time);
}

void BodyReader::read(std::string_view name, std::uint64_t& out) {
  read_scalar(name, out, to_count);
}
void BodyReader::read(std::string_view name, core::Money& out) {
  read_scalar(name, out, to_money);
}
void BodyReader::read(std::string_view name, core::WallTime& out) {
  read_scalar(name, out, to_time);
}

std::optional<std::vector<json::Member>> BodyReader::children(std::string_view name,
                                                              json::Kind kind) {
  const json::Member* field = take(name);
  if (field == nullptr) return std::nullopt;
  if (field->kind == json::Kind::null) return std::vector<json::Member>();
  if (field->kind != kind) {
    const WrongValue wrong = wrong_container(kind);
    report(name, wrong.type, wrong.message);
    return std::nullopt;
  }
  return children_of(field->value);
}

std::vector<json::Member> BodyReader::list(std::string_view name) {
  auto elements = children(name, json::Kind::array);
  return elements ? std::move(*elements) : std::vector<json::Member>();
}

void BodyReader::read(std::string_view name, std::vector<std::string>& out) {
  const auto elements = children(name, json::Kind::array);
  if (!elements) return;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < elements->size(); ++i) {
    auto text = to_text((*elements)[i]);
    if (text) {
      texts.push_back(std::move(*text));
      continue;
    }
    errors_->add({location_of(name) + "," + std::to_string(i), std::string(text.error().message),
                  std::string(text.error().type), std::string((*elements)[i].value)});
  }
  out = std::move(texts);
}

template <class Convert, class Out>
void BodyReader::read_map(std::string_view name, Out& out, Convert convert) {
  const auto members = children(name, json::Kind::object);
  if (!members) return;
  Out map;
  for (const json::Member& member : *members) {
    std::string key = key_of(member);
    auto value = convert(member);
    if (value) {
      map.insert_or_assign(std::move(key), std::move(*value));
      continue;
    }
    errors_->add({location_of(name) + "," + json::quoted(key), std::string(value.error().message),
                  std::string(value.error().type), std::string(member.value)});
  }
  out = std::move(map);
}

void BodyReader::read(std::string_view name, std::map<std::string, std::string>& out) {
  read_map(name, out, to_text);
}
void BodyReader::read(std::string_view name, std::map<std::string, std::uint64_t>& out) {
  read_map(name, out, to_count);
}

void BodyReader::read_object(std::string_view name, std::string& out) {
  const json::Member* field = take(name);
  if (field == nullptr) return;
  if (field->kind == json::Kind::null) {
    out = "{}";
  } else if (field->kind == json::Kind::object) {
    out = std::string(field->value);
  } else {
    report(name, "dict_type", "Input should be a valid dictionary");
  }
}

void BodyReader::read_object(std::string_view name, tenancy::Patch<std::string>& out) {
  if (!has(name)) return;
  const bool clears = is_null(name);
  const std::size_t findings = errors_->size();
  std::string text;
  read_object(name, text);
  if (errors_->size() != findings) return;
  out = clears ? tenancy::Patch<std::string>::clear() : tenancy::Patch<std::string>(text);
}

void BodyReader::read_choice(std::string_view name, std::optional<std::string>& out,
                             const std::vector<std::string_view>& choices) {
  std::optional<std::string> text = out;
  read(name, text);
  if (!text || std::ranges::find(choices, *text) != choices.end()) {
    out = std::move(text);
    return;
  }
  std::string message = "Input should be ";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i != 0) message += i + 1 == choices.size() ? " or " : ", ";
    message += "'" + std::string(choices[i]) + "'";
  }
  report(name, "literal_error", message);
}

std::optional<BodyReader> BodyReader::object(std::string_view name) {
  const json::Member* field = take(name);
  if (field == nullptr || field->kind == json::Kind::null) return std::nullopt;
  if (field->kind != json::Kind::object) {
    report(name, "dict_type", "Input should be a valid dictionary");
    return std::nullopt;
  }
  return BodyReader(field->value, location_of(name), *errors_);
}

std::string BodyReader::rest() const {
  std::string out = "{";
  for (const Field& field : fields_) {
    if (field.taken) continue;
    if (out.size() > 1) out += ',';
    json::append_quoted(out, field.name);
    out += ':';
    out += field.value.value;
  }
  return out + "}";
}

}  // namespace gatehouse::api::admin
