#include "encode_support.hpp"

#include "json_view.hpp"

namespace gatehouse::providers {

core::Result<void> LackList::lacks(std::string_view name, std::string_view why) {
  if (drop_) {
    dropped_.emplace_back(name);
    return {};
  }
  std::string message(name);
  message += ": ";
  if (why.empty()) {
    message += "is not supported by ";
    message += vendor_;
  } else {
    message += why;
  }
  message += "; remove it or set drop_params";
  return core::fail(core::Errc::invalid_argument, std::move(message));
}

bool is_nested_name(std::string_view name) noexcept {
  return name.find_first_of(".[") != std::string_view::npos;
}

bool asks_nothing(std::string_view raw) noexcept {
  if (raw == "false" || raw == "0" || raw == "0.0" || raw == "null" || raw == "\"\"") return true;
  const json::Member value = first_value(raw);
  return (is_object(value) || is_array(value)) && Children(value).empty();
}

bool is_json_object(std::string_view text) {
  const auto root = parse_json(text);
  return root && is_object(*root);
}

}  // namespace gatehouse::providers
