#include "gatehouse/telemetry/metric_catalog.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string_view>

namespace gatehouse::telemetry {

namespace {
/// [a-zA-Z_:][a-zA-Z0-9_:]* for metrics; labels have no colon.
bool is_name(std::string_view name, bool colon) {
  const auto letter = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colon && c == ':');
  };
  const auto rest = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && letter(name.front()) && std::ranges::all_of(name, rest);
}

void require(bool holds, const std::string& metric, std::string_view rule) {
  if (!holds) throw std::invalid_argument("metric " + metric + ": " + std::string(rule));
}
}  // namespace

std::uint32_t MetricCatalog::add(MetricType type, MetricSpec spec) {
  require(is_name(spec.name, true), spec.name, "illegal name");
  for (const Entry& entry : entries_) require(entry.spec.name != spec.name, spec.name, "doubled");
  for (const std::string& label : spec.labels) {
    const bool reserved =
        label.starts_with("__") || (type == MetricType::histogram && label == "le");
    require(is_name(label, false) && !reserved, spec.name, "illegal label");
    require(std::ranges::count(spec.labels, label) == 1, spec.name, "doubled label");
  }
  require(spec.buckets.empty() == (type != MetricType::histogram), spec.name,
          "buckets are for histograms");
  require(std::ranges::adjacent_find(spec.buckets, std::greater_equal<>()) == spec.buckets.end(),
          spec.name, "buckets must ascend");
  require(spec.max_series > 0, spec.name, "max_series must be positive");
  entries_.push_back({type, std::move(spec)});
  return static_cast<std::uint32_t>(entries_.size() - 1);
}

}  // namespace gatehouse::telemetry
