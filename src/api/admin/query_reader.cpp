#include "admin/query_reader.hpp"

#include <algorithm>
#include <utility>

#include "admin/iso_time.hpp"
#include "admin/json_scalars.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/net/router.hpp"

namespace gatehouse::api::admin {
namespace {

/// A parameter's text as the JSON string that the validators of bodies take.
json::Member as_member(std::string_view quoted) {
  return {{}, quoted, json::Kind::string, false, true};
}

}  // namespace

std::optional<std::string> QueryReader::text(std::string_view name) const {
  return net::query_value(query_, name);
}

std::vector<std::string> QueryReader::texts(std::string_view name) const {
  std::vector<std::string> values;
  for (const std::string_view pair : core::split(query_, '&')) {
    if (auto value = net::query_value(pair, name)) values.push_back(std::move(*value));
  }
  return values;
}

std::string QueryReader::required_text(std::string_view name) {
  auto value = text(name);
  if (value) return std::move(*value);
  report(name, "missing", "Field required", {});
  return {};
}

bool QueryReader::flag(std::string_view name, bool otherwise) {
  const auto value = text(name);
  if (!value) return otherwise;
  const std::string quoted = json::quoted(*value);
  const auto converted = to_bool(as_member(quoted));
  if (converted) return *converted;
  report(name, converted.error().type, std::string(converted.error().message), *value);
  return otherwise;
}

std::uint64_t QueryReader::count(std::string_view name, std::uint64_t otherwise, Bounds bounds) {
  const auto value = text(name);
  if (!value) return otherwise;
  const std::string quoted = json::quoted(*value);
  const auto converted = to_integer(as_member(quoted));
  if (!converted) {
    report(name, converted.error().type, std::string(converted.error().message), *value);
    return otherwise;
  }
  if (*converted < 0 || std::uint64_t(*converted) < bounds.least) {
    report(name, "greater_than_equal",
           "Input should be greater than or equal to " + std::to_string(bounds.least), *value);
    return otherwise;
  }
  if (std::uint64_t(*converted) > bounds.most) {
    report(name, "less_than_equal",
           "Input should be less than or equal to " + std::to_string(bounds.most), *value);
    return otherwise;
  }
  return std::uint64_t(*converted);
}

std::optional<core::Money> QueryReader::money(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const std::string quoted = json::quoted(*value);
  const auto converted = to_money(as_member(quoted));
  if (converted) return *converted;
  report(name, converted.error().type, std::string(converted.error().message), *value);
  return std::nullopt;
}

std::optional<core::WallTime> QueryReader::time(std::string_view name) {
  const auto value = text(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_iso_time(*value);
  if (!parsed) report(name, "datetime_parsing", "Input should be a valid datetime", *value);
  return parsed;
}

std::optional<std::string> QueryReader::choice(std::string_view name,
                                               const std::vector<std::string_view>& choices) {
  auto value = text(name);
  if (!value || std::ranges::find(choices, *value) != choices.end()) return value;
  std::string message = "Input should be ";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i != 0) message += i + 1 == choices.size() ? " or " : ", ";
    message += "'" + std::string(choices[i]) + "'";
  }
  report(name, "literal_error", std::move(message), *value);
  return std::nullopt;
}

void QueryReader::report(std::string_view name, std::string_view type, std::string message,
                         std::string_view input) {
  errors_->add({R"("query",)" + json::quoted(name), std::move(message), std::string(type),
                input.data() == nullptr ? "null" : json::quoted(input)});
}

}  // namespace gatehouse::api::admin
