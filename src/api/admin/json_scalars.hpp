#pragma once
/// One JSON value as a value of ours. Lenient where the original's validators are: a number may be
/// written as a string, a boolean as 0, 1 or a word.

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::api::admin {

/// What is wrong with a value: text and type of a finding. Static storage.
struct WrongValue {
  std::string_view type;
  std::string_view message;
};

template <class T>
using Converted = std::expected<T, WrongValue>;

Converted<std::string> to_text(const json::Member& value);
Converted<bool> to_bool(const json::Member& value);
Converted<std::uint64_t> to_count(const json::Member& value);  ///< not negative
Converted<std::int64_t> to_integer(const json::Member& value);
/// Exact to the nano-USD; the number's own text is what counts.
Converted<core::Money> to_money(const json::Member& value);
Converted<core::WallTime> to_time(const json::Member& value);

}  // namespace gatehouse::api::admin
