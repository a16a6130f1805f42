#include "admin/iso_time.hpp"

#include <chrono>

namespace gatehouse::api::admin {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::sys_days;

/// Takes pieces off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  bool take(char wanted) noexcept {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly `digits` digits, at most `max`.
  std::optional<unsigned> number(std::size_t digits, unsigned max) noexcept {
    if (rest_.size() < digits) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      value = value * 10 + static_cast<unsigned>(rest_[i] - '0');
    }
    if (value > max) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }
  /// The digits of a fraction of a second.
  std::optional<core::Nanos> fraction() noexcept {
    std::int64_t nanos = 0;
    std::int64_t unit = 100'000'000;
    std::size_t digits = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      nanos += (rest_.front() - '0') * unit;
      unit /= 10;
      ++digits;
      rest_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    return core::Nanos(nanos);
  }

 private:
  std::string_view rest_;
};

std::optional<core::WallTime> read_date(Cursor& cursor) {
  const auto year = cursor.number(4, 2261);
  if (!year || *year < 1970 || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.number(2, 12);
  if (!month || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.number(2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return core::WallTime(sys_days(date).time_since_epoch());
}

std::optional<core::Nanos> read_clock(Cursor& cursor) {
  const auto hour = cursor.number(2, 23);
  if (!hour || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.number(2, 59);
  if (!minute) return std::nullopt;
  core::Nanos since_midnight = hours(*hour) + minutes(*minute);
  if (!cursor.take(':')) return since_midnight;
  const auto second = cursor.number(2, 59);
  if (!second) return std::nullopt;
  since_midnight += core::Seconds(*second);
  if (!cursor.take('.')) return since_midnight;
  const auto fraction = cursor.fraction();
  if (!fraction) return std::nullopt;
  return since_midnight + *fraction;
}

/// "Z", "+02:00", "-0530" or nothing, as what is to be added to UTC.
std::optional<core::Nanos> read_zone(Cursor& cursor) {
  if (cursor.at_end() || cursor.take('Z') || cursor.take('z')) return core::Nanos{0};
  const bool east = cursor.take('+');
  if (!east && !cursor.take('-')) return std::nullopt;
  const auto hour = cursor.number(2, 14);
  if (!hour) return std::nullopt;
  cursor.take(':');
  const auto minute = cursor.number(2, 59);
  if (!minute) return std::nullopt;
  const core::Nanos offset = hours(*hour) + minutes(*minute);
  return east ? offset : -offset;
}

}  // namespace

std::string iso_time(core::WallTime time) {
  std::string text = core::format_rfc3339(time);
  if (text.ends_with(".000Z")) text.replace(text.size() - 5, 5, "Z");
  return text;
}

std::optional<core::WallTime> parse_iso_time(std::string_view text) {
  Cursor cursor(text);
  auto time = read_date(cursor);
  if (!time || cursor.at_end()) return time;
  if (!cursor.take('T') && !cursor.take(' ')) return std::nullopt;
  const auto clock = read_clock(cursor);
  if (!clock) return std::nullopt;
  const auto zone = read_zone(cursor);
  if (!zone || !cursor.at_end()) return std::nullopt;
  return *time + *clock - *zone;
}

std::optional<core::WallTime> parse_iso_date(std::string_view text) {
  Cursor cursor(text);
  auto time = read_date(cursor);
  return cursor.at_end() ? time : std::nullopt;
}

}  // namespace gatehouse::api::admin
