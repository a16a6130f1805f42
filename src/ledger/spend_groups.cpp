#include "spend_groups.hpp"

#include <algorithm>
#include <functional>
#include <string_view>
#include <utility>

#include "spend_sums.hpp"

namespace gatehouse::ledger {

UsageSums read_sums(const database::Row& row, int first, SumColumns columns) {
  if (columns == SumColumns::all) return read_sums(row, first);
  UsageSums sums;
  sums.spend = core::Money::nano_usd(row.integer(first));
  if (columns == SumColumns::spend) {
    sums.requests = row.integer(first + 1);
    return sums;
  }
  sums.prompt_tokens = row.integer(first + 1);
  sums.completion_tokens = row.integer(first + 2);
  sums.requests = row.integer(first + 3);
  return sums;
}

void Groups::add(const database::Row& row) {
  for (int i = 0; i < names_; ++i) now_[static_cast<std::size_t>(i)] = row.text(i);
  if (by_day_ && groups_.size() > day_ && groups_[day_].names[0] != now_[0]) close_day();
  group_of_row().sums += read_sums(row, names_, columns_);
}

UsageGroup& Groups::group_of_row() {
  std::size_t hash = 0;
  for (const std::string_view name : now_) {
    hash = hash * 0x9e3779b97f4a7c15 + std::hash<std::string_view>()(name);
  }
  hash ^= hash >> 32;
  const std::size_t mask = places_.size() - 1;
  std::size_t at = hash & mask;
  for (; places_[at].group != 0; at = (at + 1) & mask) {
    if (places_[at].hash != hash) continue;
    UsageGroup& found = groups_[places_[at].group - 1];
    if (std::ranges::equal(found.names, now_)) return found;
  }
  UsageGroup& group = groups_.emplace_back();
  std::ranges::copy(now_, group.names.begin());
  places_[at] = {hash, groups_.size()};
  if (2 * (groups_.size() - day_) > places_.size()) make_room();
  return groups_.back();
}

void Groups::make_room() {
  std::vector<Place> old(2 * places_.size());
  old.swap(places_);
  const std::size_t mask = places_.size() - 1;
  for (const Place& place : old) {
    if (place.group == 0) continue;
    std::size_t at = place.hash & mask;
    while (places_[at].group != 0) at = (at + 1) & mask;
    places_[at] = place;
  }
}

std::vector<UsageGroup> Groups::take(std::uint64_t limit) && {
  close_day();
  if (groups_.size() > limit) groups_.resize(limit);
  return std::move(groups_);
}

/// Greatest spend first.
void Groups::close_day() {
  // Their places are sorted, because the groups themselves are large.
  std::vector<std::size_t> order(groups_.size() - day_);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = day_ + i;
  std::ranges::sort(order, [this](std::size_t left, std::size_t right) {
    const UsageGroup& a = groups_[left];
    const UsageGroup& b = groups_[right];
    if (a.sums.spend != b.sums.spend) return a.sums.spend > b.sums.spend;
    return a.names < b.names;
  });
  std::vector<UsageGroup> sorted;
  sorted.reserve(order.size());
  for (const std::size_t place : order) sorted.push_back(std::move(groups_[place]));
  std::ranges::move(sorted, groups_.begin() + static_cast<std::ptrdiff_t>(day_));
  day_ = groups_.size();
  std::ranges::fill(places_, Place{});
}

}  // namespace gatehouse::ledger
