// Compiled zone files: RFC 9636. Only what a calendar needs: times, offsets and the last rule.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>

#include "gatehouse/limits/time_zone.hpp"
#include "posix_rule.hpp"

namespace gatehouse::limits {
namespace {

using core::Errc;
using core::fail;

constexpr std::size_t kHeaderBytes = 44;
constexpr std::uint64_t kMostCount = 10'000;  // the largest zone has about 240 transitions
constexpr std::int64_t kMostOffset = 26 * 3600;
constexpr std::int64_t kFarthest = std::int64_t{1} << 60;
constexpr int kLastYear = 2262;  // of core::WallTime

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

struct Header {
  char version = 0;
  std::uint64_t is_utc = 0, is_standard = 0, leaps = 0, times = 0, types = 0, chars = 0;

  std::size_t data_bytes(std::size_t time_bytes) const {
    return times * (time_bytes + 1) + types * 6 + chars + leaps * (time_bytes + 4) + is_standard +
           is_utc;
  }
};

std::optional<Header> read_header(std::string_view file) {
  if (file.size() < kHeaderBytes || !file.starts_with("TZif")) return {};
  Header header;
  header.version = file[4];
  std::size_t at = 20;
  for (std::uint64_t* count : {&header.is_utc, &header.is_standard, &header.leaps, &header.times,
                               &header.types, &header.chars}) {
    *count = big_endian(file.substr(at, 4));
    if (*count > kMostCount) return {};
    at += 4;
  }
  return header;
}

std::unexpected<core::Error> broken() {
  return fail(Errc::invalid_argument, "the file of the time zone is broken");
}

}  // namespace

class TzifReader {
 public:
  static core::Result<TimeZone> read(std::string_view file) {
    const auto old = read_header(file);
    if (!old || old->version < '2') return broken();
    const std::size_t skipped = kHeaderBytes + old->data_bytes(4);
    if (file.size() < skipped) return broken();
    file.remove_prefix(skipped);
    const auto header = read_header(file);
    if (!header || header->types == 0) return broken();
    file.remove_prefix(kHeaderBytes);
    const std::size_t bytes = header->data_bytes(8);
    if (file.size() < bytes + 2) return broken();

    TimeZone zone;
    if (!read_table(file.substr(0, bytes), *header, zone)) return broken();
    const std::string_view footer = file.substr(bytes);
    if (footer.front() != '\n' || footer.back() != '\n') return broken();
    if (footer.size() == 2) return zone;
    auto rule = parse_posix_rule(footer.substr(1, footer.size() - 2));
    if (!rule) return core::pass(rule);
    unroll(*rule, zone);
    return zone;
  }

 private:
  static bool read_table(std::string_view data, const Header& header, TimeZone& zone) {
    const std::string_view indices = data.substr(header.times * 8);
    const std::string_view types = indices.substr(header.times);
    const auto offset_of_type = [&](std::size_t type) {
      return std::int64_t{static_cast<std::int32_t>(big_endian(types.substr(type * 6, 4)))};
    };
    for (std::size_t type = 0; type < header.types; ++type) {
      if (std::abs(offset_of_type(type)) > kMostOffset) return false;
    }
    zone.initial_ = offset_of_type(0);
    zone.transitions_.reserve(header.times);
    for (std::size_t i = 0; i < header.times; ++i) {
      const auto at = static_cast<std::int64_t>(big_endian(data.substr(i * 8, 8)));
      const auto type = static_cast<unsigned char>(indices[i]);
      const bool ascends = zone.transitions_.empty() || zone.transitions_.back().at < at;
      if (!ascends || at < -kFarthest || at > kFarthest || type >= header.types) return false;
      zone.transitions_.push_back({at, offset_of_type(type)});
    }
    return true;
  }

  /// The rule's changes after the table's last one, as rows of the table.
  static void unroll(const PosixRule& rule, TimeZone& zone) {
    auto& rows = zone.transitions_;
    if (!rule.summer) {
      if (rows.empty()) zone.initial_ = rule.offset;
      return;
    }
    namespace chr = std::chrono;
    const std::int64_t known = rows.empty() ? -kFarthest : rows.back().at;
    const chr::sys_days last{
        chr::floor<chr::days>(chr::sys_seconds(chr::seconds(std::max<std::int64_t>(known, 0))))};
    const int first_year = static_cast<int>(chr::year_month_day(last).year());
    const std::size_t table = rows.size();
    for (int year = std::min(first_year, kLastYear); year <= kLastYear; ++year) {
      rows.push_back({rule.summer->begin.local_in(year) - rule.offset, rule.summer->offset});
      rows.push_back({rule.summer->end.local_in(year) - rule.summer->offset, rule.offset});
    }
    const auto added = rows.begin() + static_cast<std::ptrdiff_t>(table);
    std::ranges::sort(added, rows.end(), {}, &TimeZone::Transition::at);
    rows.erase(added,
               std::ranges::upper_bound(added, rows.end(), known, {}, &TimeZone::Transition::at));
  }
};

core::Result<TimeZone> TimeZone::parse(std::string_view file) {
  return TzifReader::read(file);
}

}  // namespace gatehouse::limits
