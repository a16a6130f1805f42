#pragma once
/// The metrics that exist: declared once at wiring, then read-only for all threads.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::telemetry {

enum class MetricType : std::uint8_t { counter, gauge, histogram };

/// Cells hold integers. With `nano`, one is 1e-9 of the exported unit: nanoseconds are exported
/// as seconds and nano-USD as USD, so sums stay exact.
enum class Scale : std::uint8_t { one, nano };

/// What is declared of a metric.
struct MetricSpec {
  std::string name;  ///< as exported: a counter's "_total" is part of it
  std::string help;
  std::vector<std::string> labels = {};  ///< names, in the order of the values given later
  Scale scale = Scale::one;
  /// Upper bounds of a histogram's buckets, inclusive, ascending, in cell units; +Inf is implied.
  std::vector<std::uint64_t> buckets = {};
  /// Label sets that one thread may create; the following ones are counted under "other".
  std::size_t max_series = 1000;
};

/// Names a declared metric; valid for the catalog that made it.
struct CounterFamily {
  std::uint32_t index = 0;
};
struct GaugeFamily {
  std::uint32_t index = 0;
};
struct HistogramFamily {
  std::uint32_t index = 0;
};

/// Declares metrics. Names and labels that are not legal in Prometheus, doubled names, and
/// buckets out of order are bugs: std::invalid_argument, at start-up.
class MetricCatalog {
 public:
  struct Entry {
    MetricType type;
    MetricSpec spec;
  };

  CounterFamily counter(MetricSpec spec) { return {add(MetricType::counter, std::move(spec))}; }
  GaugeFamily gauge(MetricSpec spec) { return {add(MetricType::gauge, std::move(spec))}; }
  HistogramFamily histogram(MetricSpec spec) {
    return {add(MetricType::histogram, std::move(spec))};
  }

  std::span<const Entry> entries() const noexcept { return entries_; }

 private:
  std::uint32_t add(MetricType type, MetricSpec spec);
  std::vector<Entry> entries_;
};

/// 5 ms to 300 s in nanoseconds, as in the metrics of a LiteLLM proxy (36 buckets with +Inf).
std::vector<std::uint64_t> latency_buckets();
/// gen_ai.client.operation.duration and gen_ai.server.request.duration (OpenTelemetry GenAI
/// semantic conventions), in nanoseconds.
std::vector<std::uint64_t> genai_duration_buckets();
/// gen_ai.server.time_to_first_token, in nanoseconds.
std::vector<std::uint64_t> genai_first_token_buckets();
/// gen_ai.server.time_per_output_token, in nanoseconds.
std::vector<std::uint64_t> genai_per_token_buckets();
/// gen_ai.client.token.usage, in tokens.
std::vector<std::uint64_t> genai_token_buckets();

}  // namespace gatehouse::telemetry
