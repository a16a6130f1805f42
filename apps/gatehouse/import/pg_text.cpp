#include "pg_text.hpp"

#include <algorithm>
#include <chrono>

#include "gatehouse/core/text.hpp"

namespace gatehouse::app::import {
namespace {

constexpr std::size_t kMaxElements = 10'000;

std::unexpected<core::Error> no(std::string_view what, std::string_view text) {
  return core::fail(core::Errc::invalid_argument,
                    "no " + std::string(what) + ": " + core::printable(text, 60));
}

/// Cuts tokens off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  bool done() const noexcept { return rest_.empty(); }
  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// `digits` decimal digits, exactly.
  std::optional<int> number(std::size_t digits) {
    if (rest_.size() < digits) return std::nullopt;
    const auto value = core::parse_u64(rest_.substr(0, digits));
    if (!value) return std::nullopt;
    rest_.remove_prefix(digits);
    return static_cast<int>(*value);
  }
  std::string_view digits() {
    const std::size_t end = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return out;
  }
  std::string_view rest() const noexcept { return rest_; }
  void skip(std::size_t count) { rest_.remove_prefix(count); }

 private:
  std::string_view rest_;
};

/// An element in quotes, behind the opening one.
bool take_quoted(Cursor& in, std::string& out) {
  while (!in.done()) {
    if (in.take('"')) return true;
    in.take('\\');
    if (in.done()) return false;
    out += in.rest().front();
    in.skip(1);
  }
  return false;
}

/// Seconds east of UTC; nothing when the text is no zone.
std::optional<int> take_zone(Cursor& in) {
  if (in.done() || (in.take('Z') && in.done())) return 0;
  const bool minus = in.take('-');
  if (!minus && !in.take('+')) return std::nullopt;
  const auto hours = in.number(2);
  if (!hours || *hours > 15) return std::nullopt;
  int minutes = 0;
  if (!in.done()) {
    in.take(':');
    const auto given = in.number(2);
    if (!given || *given > 59) return std::nullopt;
    minutes = *given;
  }
  if (!in.done()) return std::nullopt;
  const int seconds = *hours * 3600 + minutes * 60;
  return minus ? -seconds : seconds;
}

std::optional<core::Nanos> take_fraction(Cursor& in) {
  if (!in.take('.')) return core::Nanos(0);
  const std::string digits(in.digits());
  if (digits.empty() || digits.size() > 9) return std::nullopt;
  const auto value = core::parse_u64(digits + std::string(9 - digits.size(), '0'));
  return core::Nanos(static_cast<std::int64_t>(value.value_or(0)));
}

std::optional<std::chrono::sys_days> take_date(Cursor& in) {
  const auto year = in.number(4);
  if (!year || !in.take('-')) return std::nullopt;
  const auto month = in.number(2);
  if (!month || !in.take('-')) return std::nullopt;
  const auto day = in.number(2);
  // core::Nanos reaches from 1677 to 2262.
  if (!day || *year < 1700 || *year > 2200) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<core::Seconds> take_clock(Cursor& in) {
  const auto hour = in.number(2);
  if (!hour || *hour > 23 || !in.take(':')) return std::nullopt;
  const auto minute = in.number(2);
  if (!minute || *minute > 59 || !in.take(':')) return std::nullopt;
  const auto second = in.number(2);
  if (!second || *second > 59) return std::nullopt;
  return core::Seconds(*hour * 3600 + *minute * 60 + *second);
}

}  // namespace

core::Result<std::vector<std::string>> parse_array(std::string_view text) {
  Cursor in(text);
  std::vector<std::string> out;
  if (!in.take('{')) return no("array", text);
  if (in.take('}'))
    return in.done() ? core::Result<std::vector<std::string>>(out) : no("array", text);
  for (;;) {
    if (out.size() == kMaxElements) return no("array of at most 10,000 elements", text);
    std::string element;
    if (in.take('"')) {
      if (!take_quoted(in, element)) return no("array", text);
      out.push_back(std::move(element));
    } else {
      const std::size_t end = in.rest().find_first_of(",{}\"\\");
      if (end == std::string_view::npos || end == 0) return no("array", text);
      const std::string_view plain = in.rest().substr(0, end);
      if (!core::iequals(plain, "NULL")) out.emplace_back(plain);
      in.skip(end);
    }
    if (in.take('}')) break;
    if (!in.take(',')) return no("array", text);
  }
  if (!in.done()) return no("array", text);
  return out;
}

core::Result<core::WallTime> parse_timestamp(std::string_view text) {
  Cursor in(text);
  const auto date = take_date(in);
  if (!date || (!in.take(' ') && !in.take('T'))) return no("time", text);
  const auto clock = take_clock(in);
  if (!clock) return no("time", text);
  const auto fraction = take_fraction(in);
  if (!fraction) return no("time", text);
  const auto zone = take_zone(in);
  if (!zone) return no("time", text);
  return core::WallTime(core::Nanos(date->time_since_epoch()) + core::Nanos(*clock) + *fraction -
                        core::Nanos(core::Seconds(*zone)));
}

core::Result<bool> parse_boolean(std::string_view text) {
  if (text == "t" || text == "true") return true;
  if (text == "f" || text == "false") return false;
  return no("boolean", text);
}

}  // namespace gatehouse::app::import
