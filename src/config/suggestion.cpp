#include "suggestion.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace gatehouse::config {

namespace {
/// Levenshtein distance, one row at a time.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row.back();
}
}  // namespace

std::optional<std::string> closest(std::string_view key, std::span<const std::string> known) {
  constexpr std::size_t kLongestKey = 64;
  if (key.size() > kLongestKey) return {};
  std::size_t best = key.size() >= 4 ? 3 : 2;
  std::optional<std::string> found;
  for (const std::string& candidate : known) {
    if (candidate.size() > kLongestKey) continue;
    const std::size_t edits = distance(key, candidate);
    if (edits >= best) continue;
    best = edits;
    found = candidate;
  }
  return found;
}

}  // namespace gatehouse::config
