#include "json_value.hpp"

#include "gatehouse/core/text.hpp"

namespace gatehouse::app::cli {
namespace {

constexpr int kMaxLevels = 64;
constexpr std::size_t kMaxCell = 60;

}  // namespace

core::Result<JsonValue> JsonValue::parse(std::string_view text) {
  return parse(text, 0);
}

core::Result<JsonValue> JsonValue::parse(std::string_view text, int depth) {
  if (depth > kMaxLevels)
    return core::fail(core::Errc::invalid_argument, "JSON is nested too deep");
  json::Scanner scanner({.max_depth = kMaxLevels});
  const auto outline = scanner.scan_copy(text);
  if (!outline) return std::unexpected<core::Error>(outline.error());
  JsonValue out;
  out.kind_ = outline->kind();
  if (out.kind_ != json::Kind::object && out.kind_ != json::Kind::array) {
    const std::string_view own = core::trim(text);
    out.text_ = out.kind_ == json::Kind::string ? json::unescape(own.substr(1, own.size() - 2))
                                                : std::string(own);
    return out;
  }
  for (const json::Member& member : outline->members()) {
    auto value = parse(member.value, depth + 1);
    if (!value) return value;
    out.items_.emplace_back(json::unescape(member.key), std::move(*value));
  }
  return out;
}

const JsonValue* JsonValue::find(std::string_view name) const noexcept {
  if (kind_ != json::Kind::object) return nullptr;
  for (const auto& [key, value] : items_) {
    if (key == name) return &value;
  }
  return nullptr;
}

const JsonValue* JsonValue::at(std::string_view path) const noexcept {
  const JsonValue* value = this;
  while (value && !path.empty()) {
    const std::size_t dot = path.find('.');
    value = value->find(path.substr(0, dot));
    path = dot == path.npos ? std::string_view() : path.substr(dot + 1);
  }
  return value;
}

std::string JsonValue::shown() const {
  if (kind_ == json::Kind::null) return "-";
  if (kind_ != json::Kind::object && kind_ != json::Kind::array) {
    // What comes from outside must not move the terminal's cursor.
    return text_.empty() ? "-" : core::printable(text_, 200);
  }
  std::string out;
  for (const auto& [key, value] : items_) {
    if (!out.empty()) out += ',';
    if (out.size() > kMaxCell) return out += "…";
    if (!key.empty()) out += core::printable(key) + "=";
    out += value.shown();
  }
  return out.empty() ? "-" : out;
}

}  // namespace gatehouse::app::cli
