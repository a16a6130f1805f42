#include "posix_rule.hpp"

#include <algorithm>
#include <chrono>

namespace gatehouse::limits {
namespace {

/// Reads from the front of a text; once something is missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool good() const { return good_; }
  bool done() const { return rest_.empty(); }
  void refuse() { good_ = false; }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(char c) {
    if (!take(c)) good_ = false;
  }
  std::int64_t number(std::int64_t least, std::int64_t most) {
    std::int64_t value = 0;
    std::size_t digits = 0;
    for (; !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' && digits < 4; ++digits) {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    if (digits == 0 || value < least || value > most) good_ = false;
    return value;
  }
  /// "CET" or "<+0330>".
  void name() {
    const bool quoted = take('<');
    std::size_t length = 0;
    while (length < rest_.size() && is_name_char(rest_[length], quoted)) ++length;
    if (length < 3) good_ = false;
    rest_.remove_prefix(length);
    if (quoted) need('>');
  }
  /// [+-]h[h[h]][:mm[:ss]] in seconds.
  std::int64_t time(std::int64_t most_hours) {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t seconds = number(0, most_hours) * 3600;
    if (take(':')) seconds += number(0, 59) * 60;
    if (take(':')) seconds += number(0, 59);
    return negative ? -seconds : seconds;
  }

 private:
  static bool is_name_char(char c, bool quoted) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (quoted && ((c >= '0' && c <= '9') || c == '+' || c == '-'));
  }

  std::string_view rest_;
  bool good_ = true;
};

YearlyDay read_day(Reader& in) {
  YearlyDay day;
  if (in.take('M')) {
    day.month = static_cast<unsigned>(in.number(1, 12));
    in.need('.');
    day.week = static_cast<unsigned>(in.number(1, 5));
    in.need('.');
    day.day = static_cast<unsigned>(in.number(0, 6));
  } else if (in.take('J')) {
    day.kind = YearlyDay::Kind::day_without_leap;
    day.day = static_cast<unsigned>(in.number(1, 365));
  } else {
    day.kind = YearlyDay::Kind::day_of_year;
    day.day = static_cast<unsigned>(in.number(0, 365));
  }
  if (in.take('/')) day.time = in.time(167);
  return day;
}

}  // namespace

std::int64_t YearlyDay::local_in(int year_number) const {
  namespace chr = std::chrono;
  const chr::year year(year_number);
  chr::sys_days date = year / chr::January / 1;
  switch (kind) {
    case Kind::weekday_of_month: {
      const chr::year_month within = year / chr::month(month);
      const chr::weekday weekday(day);
      date = week == 5 ? chr::sys_days(within / weekday[chr::last])
                       : chr::sys_days(within / weekday[week]);
      break;
    }
    case Kind::day_without_leap:
      date += chr::days(day - 1 + (year.is_leap() && day >= 60 ? 1 : 0));
      break;
    case Kind::day_of_year:
      date += chr::days(day);
      break;
  }
  return chr::seconds(date.time_since_epoch()).count() + time;
}

core::Result<PosixRule> parse_posix_rule(std::string_view text) {
  Reader in(text);
  PosixRule rule;
  in.name();
  rule.offset = -in.time(24);  // POSIX counts west of Greenwich
  if (in.good() && !in.done()) {
    PosixRule::Summer summer{rule.offset + 3600, {}, {}};
    in.name();
    if (!in.take(',')) {
      summer.offset = -in.time(24);
      in.need(',');
    }
    summer.begin = read_day(in);
    in.need(',');
    summer.end = read_day(in);
    rule.summer = summer;
  }
  if (!in.good() || !in.done()) {
    return core::fail(core::Errc::invalid_argument, "the time zone's last rule is malformed");
  }
  return rule;
}

}  // namespace gatehouse::limits
