#include "gatehouse/limits/time_zone.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "gatehouse/core/text.hpp"

namespace gatehouse::limits {
namespace {

using core::Errc;
using core::fail;

constexpr std::int64_t kWidestOffset = 27 * 3600;  // TZif allows less than 26 hours
constexpr std::size_t kMostNameBytes = 64;
constexpr std::size_t kMostFileBytes = 64 * 1024;

/// A relative path of plain names, so that no setting can name another file.
bool is_zone_name(std::string_view name) {
  if (name.empty() || name.size() > kMostNameBytes) return false;
  for (const std::string_view part : core::split(name, '/')) {
    if (part.empty()) return false;
    for (const char c : part) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
      if (!plain) return false;
    }
  }
  return true;
}

}  // namespace

const TimeZone& TimeZone::utc() noexcept {
  static const TimeZone zone;
  return zone;
}

TimeZone TimeZone::fixed(core::Seconds offset) {
  TimeZone zone;
  zone.initial_ = offset.count();
  return zone;
}

core::Result<TimeZone> TimeZone::load(std::string_view name, const std::string& folder) {
  if (name == "UTC") return TimeZone();
  if (!is_zone_name(name)) return fail(Errc::invalid_argument, "not the name of a time zone");
  std::ifstream file(folder + "/" + std::string(name), std::ios::binary);
  if (!file) return fail(Errc::not_found, "no such time zone: " + std::string(name));
  std::string content(kMostFileBytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (content.size() > kMostFileBytes) {
    return fail(Errc::invalid_argument, "the file of the time zone is too large");
  }
  return parse(content);
}

std::ptrdiff_t TimeZone::index_at(std::int64_t utc) const noexcept {
  const auto after = std::ranges::upper_bound(transitions_, utc, {}, &Transition::at);
  return after - transitions_.begin() - 1;
}

std::int64_t TimeZone::offset_of(std::ptrdiff_t index) const noexcept {
  return index < 0 ? initial_ : transitions_[static_cast<std::size_t>(index)].offset;
}

std::int64_t TimeZone::offset_at(std::int64_t utc) const noexcept {
  return offset_of(index_at(utc));
}

std::int64_t TimeZone::reached(std::int64_t utc) const noexcept {
  std::ptrdiff_t index = index_at(utc);
  std::int64_t latest = utc + offset_of(index);
  // What the clock showed in the second before it was set back.
  for (; index >= 0; --index) {
    const std::int64_t at = transitions_[static_cast<std::size_t>(index)].at;
    if (at < utc - 2 * kWidestOffset) break;
    latest = std::max(latest, at - 1 + offset_of(index - 1));
  }
  return latest;
}

std::int64_t TimeZone::first(std::int64_t local) const noexcept {
  const auto count = static_cast<std::ptrdiff_t>(transitions_.size());
  for (std::ptrdiff_t index = index_at(local - kWidestOffset);; ++index) {
    std::int64_t moment = local - offset_of(index);
    if (index >= 0) moment = std::max(moment, transitions_[static_cast<std::size_t>(index)].at);
    if (index + 1 >= count || moment < transitions_[static_cast<std::size_t>(index + 1)].at) {
      return moment;
    }
  }
}

}  // namespace gatehouse::limits
