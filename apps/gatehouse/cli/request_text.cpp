#include "request_text.hpp"

#include "gatehouse/core/text.hpp"

namespace gatehouse::app::cli {

void Body::name(std::string_view name) {
  if (text_.size() > 1) text_ += ',';
  core::append_json_string(text_, name);
  text_ += ':';
}

Body& Body::text(std::string_view field, const std::optional<std::string>& value) {
  if (!value) return *this;
  name(field);
  core::append_json_string(text_, *value);
  return *this;
}

Body& Body::raw(std::string_view field, const std::optional<std::string>& value) {
  if (!value) return *this;
  name(field);
  text_ += *value;
  return *this;
}

Body& Body::truth(std::string_view field, bool value) {
  if (value) raw(field, "true");
  return *this;
}

Body& Body::texts(std::string_view field, const std::vector<std::string>& values) {
  if (values.empty()) return *this;
  name(field);
  text_ += '[';
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i != 0) text_ += ',';
    core::append_json_string(text_, values[i]);
  }
  text_ += ']';
  return *this;
}

Body& Body::nulls(const std::vector<std::string>& names) {
  for (const std::string& field : names) raw(field, "null");
  return *this;
}

std::string percent_encoded(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Query& Query::add(std::string_view name, std::string_view value) {
  text_ += first_ ? '?' : '&';
  first_ = false;
  text_ += percent_encoded(name) + "=" + percent_encoded(value);
  return *this;
}

Query& Query::add(std::string_view name, const std::optional<std::string>& value) {
  if (value) add(name, std::string_view(*value));
  return *this;
}

}  // namespace gatehouse::app::cli
