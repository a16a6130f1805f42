#include "gatehouse/gateway/call_telemetry.hpp"

#include <array>

#include "gatehouse/core/text.hpp"

namespace gatehouse::gateway {
namespace {

using telemetry::Scale;

/// Handles kept per deployment, model and outcome; above it label sets are looked up under
/// "other", so that clients cannot fill the memory with invented names.
constexpr std::size_t kMaxSeries = 1000;

/// Whose call it was, as LiteLLM's dashboards group it. End users are no label: there are too many.
constexpr std::array<std::string_view, 5> kCallerLabels{"hashed_api_key", "api_key_alias", "team",
                                                        "team_alias", "user"};

std::vector<std::string> caller_labels(std::initializer_list<const char*> further) {
  std::vector<std::string> labels(kCallerLabels.begin(), kCallerLabels.end());
  labels.insert(labels.end(), further.begin(), further.end());
  return labels;
}

std::vector<std::string> model_labels() {
  return {"model", "requested_model", "api_provider", "model_id"};
}

telemetry::MetricSpec counter(std::string name, std::string help, Scale scale = Scale::one) {
  return {.name = std::move(name),
          .help = std::move(help),
          .labels = caller_labels({"model", "requested_model", "api_provider", "model_id"}),
          .scale = scale};
}

telemetry::MetricSpec latency(std::string name, std::string help) {
  return {.name = std::move(name),
          .help = std::move(help),
          .labels = model_labels(),
          .scale = Scale::nano,
          .buckets = telemetry::latency_buckets()};
}

/// A histogram of OpenTelemetry's GenAI conventions.
telemetry::MetricSpec genai(std::string name, std::string help, Scale scale,
                            std::vector<std::uint64_t> buckets) {
  return {.name = std::move(name),
          .help = std::move(help),
          .labels = {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"},
          .scale = scale,
          .buckets = std::move(buckets)};
}

std::string_view operation_of(providers::WireFormat format) {
  switch (format) {
    case providers::WireFormat::openai_chat:
    case providers::WireFormat::anthropic_messages:
      return "chat";
    case providers::WireFormat::openai_completions:
      return "text_completion";
    case providers::WireFormat::openai_embeddings:
      return "embeddings";
    case providers::WireFormat::anthropic_count_tokens:
      return "count_tokens";
  }
  return "unknown";
}

std::uint64_t nanos(core::Nanos duration) {
  return duration.count() > 0 ? static_cast<std::uint64_t>(duration.count()) : 0;
}

}  // namespace

CallFamilies CallFamilies::declare(telemetry::MetricCatalog& c) {
  telemetry::MetricSpec tokens = genai("gen_ai_client_token_usage", "Tokens per call by type",
                                       Scale::one, telemetry::genai_token_buckets());
  tokens.labels.emplace_back("gen_ai_token_type");
  const std::vector<std::string> deployment{"model_id", "api_provider"};
  return {
      .proxy_requests =
          c.counter({.name = "litellm_proxy_total_requests_metric_total",
                     .help = "Calls by the client's model name, route and status",
                     .labels = caller_labels({"requested_model", "route", "status_code"})}),
      .proxy_failures = c.counter({.name = "litellm_proxy_failed_requests_metric_total",
                                   .help = "Calls that were not answered",
                                   .labels = caller_labels({"requested_model", "route",
                                                            "status_code", "exception_class"})}),
      .requests = c.counter(counter("litellm_requests_metric_total", "Calls answered by a model")),
      .spend = c.counter(counter("litellm_spend_metric_total", "Cost in USD", Scale::nano)),
      .input_tokens = c.counter(counter("litellm_input_tokens_metric_total", "Prompt tokens")),
      .output_tokens =
          c.counter(counter("litellm_output_tokens_metric_total", "Completion tokens")),
      .total_tokens = c.counter(counter("litellm_total_tokens_metric_total", "All tokens")),
      .estimated = c.counter(counter("gatehouse_usage_estimated_total",
                                     "Calls whose usage the provider did not report")),
      .clamped = c.counter(counter("gatehouse_usage_clamped_total",
                                   "Calls whose provider reported more than they could use")),
      .thresholds = c.counter({.name = "gatehouse_budget_thresholds_total",
                               .help = "Budgets that reached a share of their amount",
                               .labels = {"scope", "percent"}}),
      .unrecorded = c.counter({.name = "gatehouse_calls_unrecorded_total",
                               .help = "Refused calls that the journal had no room for"}),
      .deployment_requests = c.counter({.name = "litellm_deployment_total_requests_total",
                                        .help = "Tries by deployment",
                                        .labels = deployment}),
      .deployment_successes = c.counter({.name = "litellm_deployment_success_responses_total",
                                         .help = "Answers by deployment",
                                         .labels = deployment}),
      .deployment_failures = c.counter({.name = "litellm_deployment_failure_responses_total",
                                        .help = "Failed tries by deployment and kind",
                                        .labels = {"model_id", "api_provider", "exception_class"}}),
      .deployment_cooldowns = c.counter({.name = "litellm_deployment_cooled_down_total",
                                         .help = "Failed tries that left a deployment cooling",
                                         .labels = deployment}),
      .fallback_successes = c.counter({.name = "litellm_deployment_successful_fallbacks_total",
                                       .help = "Calls answered by a fallback",
                                       .labels = {"requested_model", "fallback_model"}}),
      .fallback_failures = c.counter({.name = "litellm_deployment_failed_fallbacks_total",
                                      .help = "Calls that no fallback answered",
                                      .labels = {"requested_model", "fallback_model"}}),
      .in_flight = c.gauge({.name = "litellm_in_flight_requests", .help = "Calls under way"}),
      .total_latency = c.histogram(
          latency("litellm_request_total_latency_metric", "Seconds from request to last byte")),
      .api_latency = c.histogram(
          latency("litellm_llm_api_latency_metric", "Seconds spent waiting for the provider")),
      .overhead_latency = c.histogram(
          latency("litellm_overhead_latency_metric", "Seconds spent in the gateway itself")),
      .first_token = c.histogram(latency("litellm_llm_api_time_to_first_token_metric",
                                         "Seconds to the first streamed token")),
      .token_latency = c.histogram(latency("litellm_deployment_latency_per_output_token",
                                           "Seconds from request to last byte per output token")),
      .genai_duration =
          c.histogram(genai("gen_ai_client_operation_duration_seconds", "Duration of model calls",
                            Scale::nano, telemetry::genai_duration_buckets())),
      .genai_tokens = c.histogram(std::move(tokens)),
      .genai_first_token = c.histogram(genai("gen_ai_server_time_to_first_token_seconds",
                                             "Time to the first streamed token", Scale::nano,
                                             telemetry::genai_first_token_buckets())),
  };
}

/// Handles of one combination of labels, looked up once.
struct CallTelemetry::Series {
  Series(const CallFamilies& f, telemetry::MetricBank& b, const CallRecord& r,
         std::string_view requested)
      : Series(f, b, r, requested, std::to_string(r.status)) {}

  void answered(const CallRecord& record) {
    requests.add();
    spend.add(static_cast<std::uint64_t>(record.cost.nano_usd()));
    input_tokens.add(record.usage.prompt);
    output_tokens.add(record.usage.completion);
    total_tokens.add(record.usage.total());
    if (record.usage_source == core::UsageSource::estimated) estimated.add();
    total_latency.observe(nanos(record.duration));
    api_latency.observe(nanos(record.upstream_duration));
    overhead_latency.observe(nanos(record.duration - record.upstream_duration));
    genai_duration.observe(nanos(record.duration));
    genai_input.observe(record.usage.prompt);
    genai_output.observe(record.usage.completion);
    if (record.outcome == Outcome::answered) {
      deployment_successes.add();
      deployment_requests.add();
    }
    if (record.usage.completion != 0) {
      token_latency.observe(nanos(record.duration) / record.usage.completion);
    }
    if (record.time_to_first_token) {
      first_token.observe(nanos(*record.time_to_first_token));
      genai_first_token.observe(nanos(*record.time_to_first_token));
    }
  }

  telemetry::Counter proxy_requests, requests, spend, input_tokens, output_tokens, total_tokens,
      estimated, deployment_requests, deployment_successes;
  telemetry::Histogram total_latency, api_latency, overhead_latency, first_token, token_latency,
      genai_duration, genai_input, genai_output, genai_first_token;

 private:
  Series(const CallFamilies& f, telemetry::MetricBank& b, const CallRecord& r,
         std::string_view requested, const std::string& status)
      : proxy_requests(
            b.counter(f.proxy_requests, {r.api_key, r.key_alias, r.team_id, r.team_alias, r.user_id,
                                         requested, providers::name_of(r.format), status})),
        requests(of(b, f.requests, r, requested)),
        spend(of(b, f.spend, r, requested)),
        input_tokens(of(b, f.input_tokens, r, requested)),
        output_tokens(of(b, f.output_tokens, r, requested)),
        total_tokens(of(b, f.total_tokens, r, requested)),
        estimated(of(b, f.estimated, r, requested)),
        deployment_requests(b.counter(f.deployment_requests, {r.deployment, r.provider})),
        deployment_successes(b.counter(f.deployment_successes, {r.deployment, r.provider})),
        total_latency(of(b, f.total_latency, r, requested)),
        api_latency(of(b, f.api_latency, r, requested)),
        overhead_latency(of(b, f.overhead_latency, r, requested)),
        first_token(of(b, f.first_token, r, requested)),
        token_latency(of(b, f.token_latency, r, requested)),
        genai_duration(genai(b, f.genai_duration, r, requested)),
        genai_input(tokens(b, f.genai_tokens, r, requested, "input")),
        genai_output(tokens(b, f.genai_tokens, r, requested, "output")),
        genai_first_token(genai(b, f.genai_first_token, r, requested)) {}

  static telemetry::Counter of(telemetry::MetricBank& b, telemetry::CounterFamily family,
                               const CallRecord& r, std::string_view requested) {
    return b.counter(family, {r.api_key, r.key_alias, r.team_id, r.team_alias, r.user_id,
                              r.upstream_model, requested, r.provider, r.deployment});
  }
  static telemetry::Histogram of(telemetry::MetricBank& b, telemetry::HistogramFamily family,
                                 const CallRecord& r, std::string_view requested) {
    return b.histogram(family, {r.upstream_model, requested, r.provider, r.deployment});
  }
  static telemetry::Histogram genai(telemetry::MetricBank& b, telemetry::HistogramFamily family,
                                    const CallRecord& r, std::string_view requested) {
    return b.histogram(family, {operation_of(r.format), r.provider, requested});
  }
  static telemetry::Histogram tokens(telemetry::MetricBank& b, telemetry::HistogramFamily family,
                                     const CallRecord& r, std::string_view requested,
                                     std::string_view type) {
    return b.histogram(family, {operation_of(r.format), r.provider, requested, type});
  }
};

CallTelemetry::CallTelemetry(const CallFamilies& families, telemetry::MetricBank& bank,
                             telemetry::Logger& logger)
    : families_(families),
      bank_(bank),
      logger_(logger),
      in_flight_(bank.gauge(families.in_flight)) {}

CallTelemetry::~CallTelemetry() = default;

void CallTelemetry::call_started() {
  in_flight_.add(1);
}

CallTelemetry::Series& CallTelemetry::series_of(const CallRecord& record) {
  key_.clear();
  core::append_number(key_, static_cast<std::uint64_t>(record.status));
  key_ += static_cast<char>('a' + static_cast<int>(record.format));
  for (const std::string_view part : {record.deployment, record.requested_model, record.api_key}) {
    key_ += part;
    key_ += '\n';
  }
  if (const auto found = series_.find(key_); found != series_.end()) return *found->second;
  return make_series(record);
}

/// Labels that clients or a million keys could make endless end in "other".
CallTelemetry::Series& CallTelemetry::make_series(const CallRecord& record) {
  CallRecord labels = record;
  // A name that matched nothing is the client's invention.
  if (record.group.empty()) labels.requested_model = "other";
  if (series_.size() >= kMaxSeries) {
    labels.requested_model = labels.api_key = labels.key_alias = labels.user_id = "other";
    labels.team_id = labels.team_alias = "other";
  }
  key_.clear();
  core::append_number(key_, static_cast<std::uint64_t>(labels.status));
  key_ += static_cast<char>('a' + static_cast<int>(labels.format));
  for (const std::string_view part : {labels.deployment, labels.requested_model, labels.api_key}) {
    key_ += part;
    key_ += '\n';
  }
  if (const auto found = series_.find(key_); found != series_.end()) return *found->second;
  auto made = std::make_unique<Series>(families_, bank_, labels, labels.requested_model);
  return *series_.emplace(key_, std::move(made)).first->second;
}

void CallTelemetry::call_settled(const CallRecord& record) {
  in_flight_.add(-1);
  Series& series = series_of(record);
  series.proxy_requests.add();
  if (record.usage_source != core::UsageSource::none || record.outcome == Outcome::answered) {
    series.answered(record);
  }
  count_rare(record, record.group.empty() ? "other" : record.requested_model);
  log(record);
}

/// What most calls are not: their series are looked up each time.
void CallTelemetry::count_rare(const CallRecord& record, std::string_view requested) {
  const bool answered = record.outcome == Outcome::answered;
  if (!answered) {
    bank_
        .counter(families_.proxy_failures,
                 {series_.size() >= kMaxSeries ? "other" : record.api_key, "", record.team_id,
                  record.team_alias, record.user_id, requested, providers::name_of(record.format),
                  std::to_string(record.status), record.error_class})
        .add();
  }
  if (record.fallbacks != 0) {
    bank_
        .counter(answered ? families_.fallback_successes : families_.fallback_failures,
                 {requested, record.group})
        .add();
  }
  if (record.usage_clamped) {
    bank_
        .counter(families_.clamped, {record.api_key, record.key_alias, record.team_id,
                                     record.team_alias, record.user_id, record.upstream_model,
                                     requested, record.provider, record.deployment})
        .add();
    logger_.warning("usage_clamped", {{"call_id", record.call_id},
                                      {"deployment", record.deployment},
                                      {"provider", record.provider},
                                      {"completion_tokens", record.usage.completion}});
  }
}

void CallTelemetry::attempt_failed(const FailedTry& failed) {
  const std::string_view deployment = failed.deployment;
  const std::string_view provider = failed.provider;
  const std::string_view failure = failed.failure;
  bank_.counter(families_.deployment_requests, {deployment, provider}).add();
  bank_.counter(families_.deployment_failures, {deployment, provider, failure}).add();
  if (failed.cooling.count() == 0) return;
  bank_.counter(families_.deployment_cooldowns, {deployment, provider}).add();
  logger_.warning("deployment_cooling",
                  {{"deployment", deployment}, {"provider", provider}, {"failure", failure}});
}

void CallTelemetry::threshold_reached(const limits::Threshold& threshold, const CallerFacts&) {
  if (threshold.known) return;  // counted when it was reached
  const std::string_view scope = core::name_of(threshold.scope);
  const std::string percent = threshold.soft ? "soft" : std::to_string(threshold.percent);
  bank_.counter(families_.thresholds, {scope, percent}).add();
  logger_.warning("budget_threshold", {{"scope", scope},
                                       {"id", core::printable(threshold.id)},
                                       {"duration", threshold.duration},
                                       {"percent", percent},
                                       {"spent_usd", threshold.spent},
                                       {"max_usd", threshold.max}});
}

void CallTelemetry::unrecorded() {
  bank_.counter(families_.unrecorded, {}).add();
}

void CallTelemetry::log(const CallRecord& record) {
  const bool well = record.outcome == Outcome::answered;
  const auto level = well                   ? telemetry::LogLevel::debug
                     : record.status >= 500 ? telemetry::LogLevel::warning
                                            : telemetry::LogLevel::info;
  if (!logger_.enabled(level)) return;
  const auto write = [&](auto method) {
    (logger_.*method)("call_settled", {{"call_id", record.call_id},
                                       {"outcome", name_of(record.outcome)},
                                       {"status", record.status},
                                       {"format", providers::name_of(record.format)},
                                       {"stream", record.stream},
                                       {"model", record.requested_model},
                                       {"deployment", record.deployment},
                                       {"prompt_tokens", record.usage.prompt},
                                       {"completion_tokens", record.usage.completion},
                                       {"usd", record.cost},
                                       {"seconds", record.duration},
                                       {"retries", record.retries},
                                       {"error_class", record.error_class},
                                       {"error", record.error_message}});
  };
  switch (level) {
    case telemetry::LogLevel::debug:
      write(&telemetry::Logger::debug);
      break;
    case telemetry::LogLevel::info:
      write(&telemetry::Logger::info);
      break;
    default:
      write(&telemetry::Logger::warning);
      break;
  }
}

}  // namespace gatehouse::gateway
