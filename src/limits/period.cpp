#include "gatehouse/limits/period.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>

#include "gatehouse/core/text.hpp"

namespace gatehouse::limits {
namespace {

namespace chr = std::chrono;
using core::Errc;
using core::fail;
using core::Nanos;
using core::WallTime;

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMonday = 4 * kDay;  // 1970-01-05
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kMostSeconds = std::numeric_limits<std::int64_t>::max() / kNanosPerSecond;

enum class Unit : std::uint8_t { second, minute, hour, day, week, month };
struct UnitName {
  std::string_view suffix;
  Unit unit;
  std::int64_t seconds;
};
constexpr std::array<UnitName, 6> kUnits{{{"mo", Unit::month, 30 * kDay},
                                          {"s", Unit::second, 1},
                                          {"m", Unit::minute, kMinute},
                                          {"h", Unit::hour, kHour},
                                          {"d", Unit::day, kDay},
                                          {"w", Unit::week, 7 * kDay}}};

struct Duration {
  std::int64_t count = 0;
  Unit unit = Unit::second;
  std::int64_t seconds = 0;
};

core::Result<Duration> parse_duration(std::string_view text) {
  for (const UnitName& name : kUnits) {
    if (!text.ends_with(name.suffix)) continue;
    const auto count = core::parse_u64(text.substr(0, text.size() - name.suffix.size()));
    if (!count) break;
    if (*count == 0) return fail(Errc::invalid_argument, "a duration is at least one second");
    if (*count > static_cast<std::uint64_t>(kMostSeconds / name.seconds)) {
      return fail(Errc::invalid_argument, "a duration is at most 292 years");
    }
    const auto value = static_cast<std::int64_t>(*count);
    return Duration{value, name.unit, value * name.seconds};
  }
  return fail(Errc::invalid_argument, "not a duration: '" + core::printable(text, 32) +
                                          "'; expected a number and one of s, m, h, d, w, mo");
}

/// Seconds by the clock on the wall.
struct Block {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

/// The multiple of `length` from `origin` that holds `local`.
Block multiple_of(std::int64_t length, std::int64_t origin, std::int64_t local) {
  std::int64_t count = (local - origin) / length;
  if (count * length > local - origin) --count;
  const std::int64_t start = origin + count * length;
  return {start, start + length};
}

Block month_of(std::int64_t local) {
  const chr::year_month_day date{chr::floor<chr::days>(chr::sys_seconds(chr::seconds(local)))};
  const chr::sys_days first = date.year() / date.month() / 1;
  const chr::sys_days next = (chr::year_month(date.year(), date.month()) + chr::months(1)) / 1;
  return {chr::seconds(first.time_since_epoch()).count(),
          chr::seconds(next.time_since_epoch()).count()};
}

/// Multiples of `length` within the smallest unit, from `least` on, that is at least as long.
Block within_unit(std::int64_t length, std::int64_t least, std::int64_t local) {
  for (const std::int64_t whole : {kMinute, kHour, kDay}) {
    if (whole < least || whole < length) continue;
    const Block outer = multiple_of(whole, 0, local);
    const Block inner = multiple_of(length, outer.start, local);
    return {inner.start, std::min(inner.end, outer.end)};
  }
  return multiple_of(length, kMonday, local);
}

Block block_of(const Duration& duration, std::int64_t local) {
  switch (duration.unit) {
    case Unit::second:
      return within_unit(duration.seconds, kMinute, local);
    case Unit::minute:
      return within_unit(duration.seconds, kHour, local);
    case Unit::hour:
      return within_unit(duration.seconds, kDay, local);
    case Unit::day:
      if (duration.count == 30) return month_of(local);
      break;
    case Unit::month:
      return month_of(local);
    case Unit::week:
      break;
  }
  return multiple_of(duration.seconds, kMonday, local);
}

WallTime wall_of(__int128 nanos) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return WallTime(Nanos(static_cast<std::int64_t>(std::clamp<__int128>(nanos, kLeast, kMost))));
}

Period anchored(WallTime anchor, std::int64_t seconds, WallTime at) {
  const __int128 origin = anchor.time_since_epoch().count();
  const __int128 length = __int128{seconds} * kNanosPerSecond;
  const __int128 distance = at.time_since_epoch().count() - origin;
  __int128 count = distance / length;
  if (count * length > distance) --count;
  return {wall_of(origin + count * length), wall_of(origin + (count + 1) * length)};
}

}  // namespace

core::Result<Nanos> exact_duration(std::string_view text) {
  auto duration = parse_duration(text);
  if (!duration) return core::pass(duration);
  return Nanos(duration->seconds * kNanosPerSecond);
}

core::Result<void> check_budget_duration(std::string_view text) {
  auto duration = parse_duration(text);
  if (!duration) return core::pass(duration);
  if (duration->unit == Unit::month && duration->count != 1) {
    return fail(Errc::invalid_argument, "a budget_duration in months can only be '1mo'");
  }
  return {};
}

Period period_of(const core::BudgetLimit& limit, WallTime at, const TimeZone& zone) {
  const auto duration = parse_duration(limit.duration);
  if (limit.duration.empty() || !duration) return {WallTime{}, WallTime::max()};
  if (limit.anchor) return anchored(*limit.anchor, duration->seconds, at);
  const std::int64_t utc = chr::floor<chr::seconds>(at.time_since_epoch()).count();
  const Block block = block_of(*duration, zone.reached(utc));
  return {wall_of(__int128{zone.first(block.start)} * kNanosPerSecond),
          wall_of(__int128{zone.first(block.end)} * kNanosPerSecond)};
}

}  // namespace gatehouse::limits
