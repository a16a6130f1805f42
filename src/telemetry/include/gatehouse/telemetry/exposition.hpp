#pragma once
/// Writer of the Prometheus text format, version 0.0.4.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/telemetry/metric_catalog.hpp"

namespace gatehouse::telemetry {

/// A name and a value.
using Label = std::pair<std::string_view, std::string_view>;

/// Builds one exposition. All samples of a metric must follow its begin(). Help texts and label
/// values may hold anything: they are escaped, and bytes that are not UTF-8 become U+FFFD.
class Exposition {
 public:
  /// Starts a metric: its HELP and TYPE lines.
  void begin(std::string_view name, std::string_view help, MetricType type);
  /// A sample of a counter or gauge; `value` in cell units.
  void sample(std::span<const Label> labels, std::int64_t value, Scale scale = Scale::one);
  void sample(std::initializer_list<Label> labels, std::int64_t value, Scale scale = Scale::one) {
    sample(std::span<const Label>(labels.begin(), labels.size()), value, scale);
  }
  /// `counts` has one entry per bound and a last one for +Inf, not cumulated.
  void histogram(std::span<const Label> labels, std::span<const std::uint64_t> bounds,
                 std::span<const std::uint64_t> counts, std::uint64_t sum, Scale scale);

  std::string take() { return std::move(out_); }

 private:
  void open(std::string_view suffix, std::span<const Label> labels, std::string_view bound);

  std::string out_;
  std::string name_;
};

}  // namespace gatehouse::telemetry
