#include "gatehouse/telemetry/metric_bank.hpp"

#include <algorithm>
#include <stdexcept>
#include <unordered_map>

namespace gatehouse::telemetry {

namespace {
constexpr std::size_t kLongestLabel = 128;
constexpr std::string_view kOverflow = "other";

/// At most kLongestLabel bytes, not cut inside a UTF-8 sequence.
std::string_view bounded(std::string_view label) {
  if (label.size() <= kLongestLabel) return label;
  std::size_t end = kLongestLabel;
  while (end > 0 && (static_cast<unsigned char>(label[end]) & 0xc0) == 0x80) --end;
  return label.substr(0, end);
}

struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view key) const noexcept {
    return std::hash<std::string_view>{}(key);
  }
};
}  // namespace

struct MetricBank::Family {
  std::unordered_map<std::string, Series*, KeyHash, std::equal_to<>> by_key;  // owner thread only
  std::atomic<Series*> newest{nullptr};
  std::size_t cells = 1;

  ~Family() {
    for (Series* series = newest.load(); series != nullptr;) {
      Series* const next = series->next;
      delete series;
      series = next;
    }
  }
};

MetricBank::MetricBank(const MetricCatalog& catalog) : catalog_(catalog) {
  for (const MetricCatalog::Entry& entry : catalog_.entries()) {
    auto family = std::make_unique<Family>();
    if (entry.type == MetricType::histogram) family->cells = entry.spec.buckets.size() + 2;
    families_.push_back(std::move(family));
    const auto index = static_cast<std::uint32_t>(families_.size() - 1);
    if (entry.spec.labels.empty()) find(index, {});  // exported as zero from the start
  }
}

MetricBank::~MetricBank() = default;

MetricBank::Series& MetricBank::find(std::uint32_t index, Labels labels) {
  Family& family = *families_.at(index);
  key_.clear();
  for (const std::string_view label : labels) {
    const std::string_view cut = bounded(label);
    key_ += static_cast<char>(cut.size());  // the length keeps ("ab","c") and ("a","bc") apart
    key_ += cut;
  }
  const auto found = family.by_key.find(std::string_view(key_));
  return found != family.by_key.end() ? *found->second : create(family, index, labels);
}

MetricBank::Series& MetricBank::create(Family& family, std::uint32_t index, Labels labels) {
  const MetricSpec& spec = catalog_.entries()[index].spec;
  if (labels.size() != spec.labels.size()) {
    throw std::logic_error("metric " + spec.name + ": wrong number of label values");
  }
  std::vector<std::string> values;
  if (family.by_key.size() >= spec.max_series) {
    const std::vector<std::string_view> overflow(labels.size(), kOverflow);
    const bool is_overflow = std::ranges::equal(labels, overflow);
    // One series beyond the limit takes everything that finds no room.
    if (!is_overflow) return find(index, overflow);
  }
  for (const std::string_view label : labels) values.emplace_back(bounded(label));
  auto* const series = new Series(std::move(values), family.cells);
  series->next = family.newest.load(std::memory_order_relaxed);
  family.newest.store(series, std::memory_order_release);
  family.by_key.emplace(key_, series);
  return *series;
}

const MetricBank::Series* MetricBank::series(std::uint32_t family) const noexcept {
  return families_[family]->newest.load(std::memory_order_acquire);
}

Counter MetricBank::counter(CounterFamily family, Labels labels) {
  return Counter(find(family.index, labels).cells.data());
}

Gauge MetricBank::gauge(GaugeFamily family, Labels labels) {
  return Gauge(find(family.index, labels).cells.data());
}

Histogram MetricBank::histogram(HistogramFamily family, Labels labels) {
  return Histogram(find(family.index, labels).cells.data(),
                   catalog_.entries()[family.index].spec.buckets);
}

void Histogram::observe(std::uint64_t value) noexcept {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  cells_[bound - bounds_.begin()].add(1);
  cells_[bounds_.size() + 1].add(value);
}

}  // namespace gatehouse::telemetry
