#include "gatehouse/telemetry/metric_hub.hpp"

#include <map>

namespace gatehouse::telemetry {

namespace {
using Merged = std::map<std::vector<std::string>, std::vector<std::uint64_t>>;

void merge(Merged& merged, const MetricBank& bank, std::uint32_t family) {
  for (auto* series = bank.series(family); series != nullptr; series = series->next) {
    auto& sums = merged[series->labels];
    sums.resize(series->cells.size());
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += series->cells[i].get();
  }
}

void write(Exposition& out, const MetricCatalog::Entry& entry, const Merged& merged) {
  const MetricSpec& spec = entry.spec;
  out.begin(spec.name, spec.help, entry.type);
  std::vector<Label> labels(spec.labels.size());
  for (const auto& [values, cells] : merged) {
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = {spec.labels[i], values[i]};
    if (entry.type == MetricType::histogram) {
      const std::span<const std::uint64_t> counts(cells.data(), cells.size() - 1);
      out.histogram(labels, spec.buckets, counts, cells.back(), spec.scale);
    } else {
      out.sample(labels, static_cast<std::int64_t>(cells[0]), spec.scale);
    }
  }
}
}  // namespace

MetricBank& MetricHub::make_bank() {
  const std::scoped_lock lock(mutex_);
  return *banks_.emplace_back(std::make_unique<MetricBank>(catalog_));
}

void MetricHub::add_collector(Collector collector) {
  const std::scoped_lock lock(mutex_);
  collectors_.push_back(std::move(collector));
}

std::string MetricHub::expose() const {
  const std::scoped_lock lock(mutex_);
  Exposition out;
  for (std::uint32_t family = 0; family < catalog_.entries().size(); ++family) {
    Merged merged;
    for (const auto& bank : banks_) merge(merged, *bank, family);
    write(out, catalog_.entries()[family], merged);
  }
  for (const Collector& collect : collectors_) collect(out);
  return out.take();
}

}  // namespace gatehouse::telemetry
