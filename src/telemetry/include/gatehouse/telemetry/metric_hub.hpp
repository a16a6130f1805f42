#pragma once
/// All threads' metrics together, as text for a scraper.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gatehouse/telemetry/exposition.hpp"
#include "gatehouse/telemetry/metric_bank.hpp"
#include "gatehouse/telemetry/metric_catalog.hpp"

namespace gatehouse::telemetry {

/// Owns the banks and merges them when asked. Thread-safe.
class MetricHub {
 public:
  /// Adds metrics that are read where they are kept, at scrape time, on the scraping thread.
  using Collector = std::function<void(Exposition&)>;

  explicit MetricHub(MetricCatalog catalog) : catalog_(std::move(catalog)) {}

  /// A new bank for the calling thread; lives as long as the hub, so that what a finished thread
  /// counted stays counted.
  MetricBank& make_bank();
  /// `collector` must be callable for the rest of the hub's life.
  void add_collector(Collector collector);

  /// Prometheus text format 0.0.4. Sums over threads are consistent per cell, not between cells.
  std::string expose() const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  const MetricCatalog catalog_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<MetricBank>> banks_;
  std::vector<Collector> collectors_;
};

}  // namespace gatehouse::telemetry
