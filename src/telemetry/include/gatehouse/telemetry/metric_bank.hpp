#pragma once
/// One thread's metrics: written without locks or atomic read-modify-write, read by the scraper.

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/telemetry/metric_catalog.hpp"

namespace gatehouse::telemetry {

/// A number with one writing thread and any number of readers.
class Cell {
 public:
  void add(std::uint64_t by) noexcept { set(get() + by); }
  void set(std::uint64_t to) noexcept { value_.store(to, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Counter {
 public:
  void add(std::uint64_t by = 1) noexcept { cell_->add(by); }

 private:
  friend class MetricBank;
  explicit Counter(Cell* cell) : cell_(cell) {}
  Cell* cell_;
};

/// Exported as the sum over all threads, so each thread counts its own part.
class Gauge {
 public:
  void add(std::int64_t by) noexcept { cell_->add(static_cast<std::uint64_t>(by)); }
  void set(std::int64_t to) noexcept { cell_->set(static_cast<std::uint64_t>(to)); }

 private:
  friend class MetricBank;
  explicit Gauge(Cell* cell) : cell_(cell) {}
  Cell* cell_;
};

class Histogram {
 public:
  void observe(std::uint64_t value) noexcept;

 private:
  friend class MetricBank;
  Histogram(Cell* cells, std::span<const std::uint64_t> bounds) : cells_(cells), bounds_(bounds) {}
  Cell* cells_;  // one per bound, then +Inf, then the sum
  std::span<const std::uint64_t> bounds_;
};

/// The metrics of one thread. Every method belongs to that thread but for_each_series, which any
/// thread may call. The catalog must be complete before the first bank and outlive it.
///
/// Handles are small, may be copied and kept, and live as long as the bank. Looking a label set up
/// costs a hash; keep the handle where the labels are constant. Label values are cut at 128 bytes.
class MetricBank {
 public:
  explicit MetricBank(const MetricCatalog& catalog);
  ~MetricBank();
  MetricBank(const MetricBank&) = delete;
  MetricBank& operator=(const MetricBank&) = delete;

  using Labels = std::span<const std::string_view>;

  /// As many values as the family has labels; anything else is a bug (std::logic_error).
  Counter counter(CounterFamily family, Labels labels = {});
  Gauge gauge(GaugeFamily family, Labels labels = {});
  Histogram histogram(HistogramFamily family, Labels labels = {});

  Counter counter(CounterFamily family, std::initializer_list<std::string_view> labels) {
    return counter(family, Labels(labels.begin(), labels.size()));
  }
  Gauge gauge(GaugeFamily family, std::initializer_list<std::string_view> labels) {
    return gauge(family, Labels(labels.begin(), labels.size()));
  }
  Histogram histogram(HistogramFamily family, std::initializer_list<std::string_view> labels) {
    return histogram(family, Labels(labels.begin(), labels.size()));
  }

  /// One label set with its cells (one, or a histogram's buckets and sum).
  struct Series {
    std::vector<std::string> labels;
    std::vector<Cell> cells;
    Series* next = nullptr;  // set before the series is published

    Series(std::vector<std::string> values, std::size_t count)
        : labels(std::move(values)), cells(count) {}
  };

  /// The newest series of a family; follow `next`. Any thread.
  const Series* series(std::uint32_t family) const noexcept;

 private:
  struct Family;
  Series& find(std::uint32_t family, Labels labels);
  Series& create(Family& family, std::uint32_t index, Labels labels);

  const MetricCatalog& catalog_;
  std::vector<std::unique_ptr<Family>> families_;
  std::string key_;  // scratch of find()
};

}  // namespace gatehouse::telemetry
