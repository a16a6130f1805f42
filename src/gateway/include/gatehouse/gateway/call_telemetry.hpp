#pragma once
/// Calls as metrics and log lines.

#include <memory>
#include <string>
#include <unordered_map>

#include "gatehouse/gateway/call_record.hpp"
#include "gatehouse/telemetry/log.hpp"
#include "gatehouse/telemetry/metric_bank.hpp"
#include "gatehouse/telemetry/metric_catalog.hpp"

namespace gatehouse::gateway {

/// The metrics of calls: LiteLLM's names (litellm-contract.md 2), so that its dashboards work, and
/// those of OpenTelemetry's GenAI conventions.
struct CallFamilies {
  telemetry::CounterFamily proxy_requests;
  telemetry::CounterFamily proxy_failures;
  telemetry::CounterFamily requests;
  telemetry::CounterFamily spend;
  telemetry::CounterFamily input_tokens;
  telemetry::CounterFamily output_tokens;
  telemetry::CounterFamily total_tokens;
  telemetry::CounterFamily estimated;
  telemetry::CounterFamily clamped;
  telemetry::CounterFamily thresholds;
  telemetry::CounterFamily unrecorded;
  telemetry::CounterFamily deployment_requests;
  telemetry::CounterFamily deployment_successes;
  telemetry::CounterFamily deployment_failures;
  telemetry::CounterFamily deployment_cooldowns;
  telemetry::CounterFamily fallback_successes;
  telemetry::CounterFamily fallback_failures;
  telemetry::GaugeFamily in_flight;
  telemetry::HistogramFamily total_latency;
  telemetry::HistogramFamily api_latency;
  telemetry::HistogramFamily overhead_latency;
  telemetry::HistogramFamily first_token;
  telemetry::HistogramFamily token_latency;
  telemetry::HistogramFamily genai_duration;
  telemetry::HistogramFamily genai_tokens;
  telemetry::HistogramFamily genai_first_token;

  static CallFamilies declare(telemetry::MetricCatalog& catalog);
};

/// Counts and logs the calls of one thread. All references outlive it.
class CallTelemetry final : public CallObserver {
 public:
  CallTelemetry(const CallFamilies& families, telemetry::MetricBank& bank,
                telemetry::Logger& logger);
  ~CallTelemetry() override;

  void call_started() override;
  void call_settled(const CallRecord& record) override;
  void attempt_failed(const FailedTry& failed) override;
  void threshold_reached(const limits::Threshold& threshold, const CallerFacts& caller) override;
  /// The call's own record tells of it.
  void budget_refused(const limits::Denial&, const CallerFacts&) override {}
  void unrecorded() override;

 private:
  struct Series;
  Series& series_of(const CallRecord& record);
  Series& make_series(const CallRecord& record);
  void count_rare(const CallRecord& record, std::string_view requested);
  void log(const CallRecord& record);

  const CallFamilies families_;
  telemetry::MetricBank& bank_;
  telemetry::Logger& logger_;
  telemetry::Gauge in_flight_;
  std::string key_;
  std::unordered_map<std::string, std::unique_ptr<Series>> series_;
};

}  // namespace gatehouse::gateway
