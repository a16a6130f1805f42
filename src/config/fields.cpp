#include <limits>

#include "gatehouse/config/section.hpp"
#include "gatehouse/core/text.hpp"
#include "scalar_text.hpp"
#include "section_state.hpp"

namespace gatehouse::config {

namespace {
using Expected = std::optional<std::string>;  // of a parse: what the text should have been
constexpr std::int64_t kNoMaximum = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNoMinimum = std::numeric_limits<std::int64_t>::lowest();

std::string quoted(std::string_view text) {
  std::string out;
  core::append_json_string(out, text);
  return out;
}

std::string to_text(std::int64_t value) {
  return std::to_string(value);
}

/// "between 1 and 5", "at least 1", "at most 5" or nothing.
template <class T, class Print>
std::string bounds_text(const Range<T>& range, T no_minimum, T no_maximum, Print print) {
  if (range.min != no_minimum && range.max != no_maximum) {
    return " between " + print(range.min) + " and " + print(range.max);
  }
  if (range.min != no_minimum) return " of at least " + print(range.min);
  if (range.max != no_maximum) return " of at most " + print(range.max);
  return {};
}

/// ,"minimum":…,"maximum":… where they bound anything.
template <class T, class Print>
std::string bounds_schema(const Range<T>& range, T no_minimum, T no_maximum, Print print) {
  std::string out;
  if (range.min != no_minimum) out += R"(,"minimum":)" + print(range.min);
  if (range.max != no_maximum) out += R"(,"maximum":)" + print(range.max);
  return out;
}

template <class T>
bool inside(T value, const Range<T>& range) {
  return value >= range.min && value <= range.max;
}

std::string print_seconds(core::Nanos duration) {
  return print_number(std::chrono::duration<double>(duration).count());
}
}  // namespace

void Section::text(std::string_view key, std::string& value, const Field& field) {
  const Shape shape{R"("type":"string")", quoted(value), false, true};
  scalar(key, field, shape, [&](std::string_view text) -> Expected {
    value = text;
    return {};
  });
}

void Section::text(std::string_view key, std::optional<std::string>& value, const Field& field) {
  optional(key, value, [&](std::string& inner) { text(key, inner, field); });
}

void Section::secret(std::string_view key, core::Secret& value, const Field& field) {
  const Shape shape{R"("type":"string","writeOnly":true)", {}, true, true};
  if (state_.mode == State::Mode::settings) state_.add_setting(key, field, {}, value);
  scalar(key, field, shape, [&](std::string_view text) -> Expected {
    value = core::Secret(std::string(text));
    return {};
  });
}

void Section::boolean(std::string_view key, bool& value, const Field& field) {
  const Shape shape{R"("type":"boolean")", value ? "true" : "false"};
  scalar(key, field, shape, [&](std::string_view text) -> Expected {
    const auto parsed = parse_bool(text);
    if (!parsed) return "true or false";
    value = *parsed;
    return {};
  });
}

void Section::boolean(std::string_view key, std::optional<bool>& value, const Field& field) {
  optional(key, value, [&](bool& inner) { boolean(key, inner, field); });
}

void Section::number(std::string_view key, double& value, Range<double> range, const Field& field) {
  constexpr double kLowest = std::numeric_limits<double>::lowest();
  constexpr double kHighest = std::numeric_limits<double>::max();
  const std::string schema =
      R"("type":"number")" + bounds_schema(range, kLowest, kHighest, print_number);
  scalar(key, field, {schema, print_number(value)}, [&](std::string_view text) -> Expected {
    const auto parsed = parse_number(text);
    if (!parsed || !inside(*parsed, range)) {
      return "a number" + bounds_text(range, kLowest, kHighest, print_number);
    }
    value = *parsed;
    return {};
  });
}

void Section::integer_field(std::string_view key, std::int64_t& value, Range<std::int64_t> range,
                            const Field& field) {
  const std::string schema =
      R"("type":"integer")" + bounds_schema(range, kNoMinimum, kNoMaximum, to_text);
  scalar(key, field, {schema, to_text(value)}, [&](std::string_view text) -> Expected {
    const auto parsed = parse_integer(text);
    if (!parsed || !inside(*parsed, range)) {
      return "an integer" + bounds_text(range, kNoMinimum, kNoMaximum, to_text);
    }
    value = *parsed;
    return {};
  });
}

void Section::bytes_field(std::string_view key, std::int64_t& value, Range<std::int64_t> range,
                          const Field& field) {
  const std::string schema = R"("anyOf":[{"type":"integer")" +
                             bounds_schema(range, std::int64_t{0}, kNoMaximum, to_text) +
                             R"(},{"type":"string","pattern":"^[0-9]+ ?([KMG]i?B|B)?$"}])";
  scalar(key, field, {schema, quoted(print_bytes(value))}, [&](std::string_view text) -> Expected {
    const auto parsed = parse_bytes(text);
    if (!parsed || !inside(*parsed, range)) {
      return "a size such as 64KiB" + bounds_text(range, std::int64_t{0}, kNoMaximum, print_bytes);
    }
    value = *parsed;
    return {};
  });
}

void Section::duration_field(std::string_view key, core::Nanos& value, Range<core::Nanos> range,
                             core::Nanos unit, const Field& field) {
  const core::Nanos zero{0};
  const core::Nanos endless = core::Nanos::max();
  const std::string schema =
      R"("anyOf":[{"type":"number")" + bounds_schema(range, zero, endless, print_seconds) +
      R"(},{"type":"string","pattern":"^[0-9]+(\\.[0-9]+)? ?(ns|us|ms|s|m|h|d|w)?$"}])";
  scalar(key, field, {schema, quoted(print_duration(value))},
         [&](std::string_view text) -> Expected {
           const auto parsed = parse_duration(text);
           if (!parsed || !inside(*parsed, range)) {
             return "a duration such as 10s" + bounds_text(range, zero, endless, print_duration);
           }
           if (*parsed % unit != zero) return "a multiple of " + print_duration(unit);
           value = *parsed;
           return {};
         });
}

void Section::choice_field(std::string_view key, std::size_t& index,
                           const std::vector<std::string_view>& names, const Field& field) {
  std::string list;
  std::string schema = R"("enum":[)";
  for (const std::string_view name : names) {
    if (!list.empty()) list += ", ", schema += ',';
    list += name;
    core::append_json_string(schema, name);
  }
  schema += ']';
  scalar(key, field, {schema, quoted(names[index])}, [&](std::string_view text) -> Expected {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] != text) continue;
      index = i;
      return {};
    }
    return "one of: " + list;
  });
}

void Section::price(std::string_view key, std::optional<core::Price>& value, const Field& field) {
  optional(key, value, [&](core::Price& inner) {
    const Shape shape{R"("type":["number","string"],"minimum":0)", {}};
    scalar(key, field, shape, [&](std::string_view text) -> Expected {
      auto parsed = core::Price::from_usd_per_unit(text);
      if (!parsed) return "a price in USD per unit such as 2.5e-06";
      inner = *parsed;
      return {};
    });
  });
}

void Section::money(std::string_view key, std::optional<core::Money>& value, const Field& field) {
  optional(key, value, [&](core::Money& inner) {
    const Shape shape{R"("type":["number","string"])", inner.to_usd()};
    scalar(key, field, shape, [&](std::string_view text) -> Expected {
      auto parsed = core::Money::from_usd(text);
      if (!parsed) return "an amount in USD such as 12.50";
      inner = *parsed;
      return {};
    });
  });
}

}  // namespace gatehouse::config
