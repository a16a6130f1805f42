#include "gatehouse/ledger/spend_records.hpp"

#include <fmt/format.h>

#include "gatehouse/core/text.hpp"

namespace gatehouse::ledger {

std::string text_of(Day day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::optional<Day> day_named(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = core::parse_u64(text.substr(0, 4));
  const auto month = core::parse_u64(text.substr(5, 2));
  const auto day = core::parse_u64(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  // What lies outside cannot be said in nanoseconds since 1970.
  if (!date.ok() || *year < 1970 || *year > 2261) return std::nullopt;
  return Day(date);
}

Day day_of(core::WallTime time) {
  return std::chrono::floor<std::chrono::days>(time);
}

Day monday_of(Day day) {
  return day - (std::chrono::weekday(day) - std::chrono::Monday);
}

core::WallTime start_of(Day day) {
  return core::WallTime(day);
}

UsageSums& UsageSums::operator+=(const UsageSums& other) {
  const auto spent = spend.plus(other.spend);
  spend = spent ? *spent : core::Money::max();
  prompt_tokens += other.prompt_tokens;
  completion_tokens += other.completion_tokens;
  cache_read_tokens += other.cache_read_tokens;
  cache_write_tokens += other.cache_write_tokens;
  reasoning_tokens += other.reasoning_tokens;
  requests += other.requests;
  successful += other.successful;
  failed += other.failed;
  return *this;
}

}  // namespace gatehouse::ledger
