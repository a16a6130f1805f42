#include "litellm/check_json.hpp"

#include <utility>

namespace gatehouse::api::litellm {
namespace {

using gateway::CheckOutcome;

/// Milliseconds with three digits of fraction.
std::string milliseconds(core::Nanos duration) {
  const std::int64_t micros = duration.count() / 1'000;
  std::string fraction = std::to_string(1'000 + micros % 1'000);
  fraction[0] = '.';
  return std::to_string(micros / 1'000) + fraction;
}

std::size_t write_list(admin::JsonWriter& out, const std::vector<CheckOutcome>& outcomes,
                       bool healthy, bool details) {
  std::size_t count = 0;
  out.begin_array();
  for (const CheckOutcome& outcome : outcomes) {
    if (outcome.cut_off || outcome.healthy != healthy) continue;
    write_endpoint(out, outcome, details);
    ++count;
  }
  out.end_array();
  return count;
}

}  // namespace

void write_endpoint(admin::JsonWriter& out, const CheckOutcome& outcome, bool details) {
  out.begin_object().member("model", outcome.model);
  if (details) {
    if (!outcome.api_base.empty()) out.member("api_base", outcome.api_base);
    out.member("model_name", outcome.model_group)
        .member("model_id", outcome.model_id)
        .member("mode", outcome.mode)
        .member_raw("response_time_ms", milliseconds(outcome.duration))
        .member("checked_at", outcome.checked_at)
        .member("response_cost", outcome.cost);
    if (!outcome.healthy) out.member("error", outcome.error).member("status_code", outcome.status);
  }
  out.end_object();
}

std::string endpoints_json(const std::vector<CheckOutcome>& outcomes, bool details) {
  admin::JsonWriter out;
  out.begin_object().key("healthy_endpoints");
  const std::size_t healthy = write_list(out, outcomes, true, details);
  out.key("unhealthy_endpoints");
  const std::size_t unhealthy = write_list(out, outcomes, false, details);
  out.member("healthy_count", healthy).member("unhealthy_count", unhealthy).end_object();
  return std::move(out).take();
}

void write_check(admin::JsonWriter& out, const gateway::CheckHistory::Entry& entry) {
  const CheckOutcome& outcome = entry.outcome;
  out.begin_object()
      .member("health_check_id", std::to_string(entry.number))
      .member("model_name", outcome.model_group)
      .member("model_id", outcome.model_id)
      .member("status", outcome.healthy ? "healthy" : "unhealthy")
      .member("healthy_count", outcome.healthy ? 1 : 0)
      .member("unhealthy_count", outcome.healthy ? 0 : 1);
  if (outcome.healthy) {
    out.member_null("error_message");
  } else {
    out.member("error_message", outcome.error);
  }
  out.member_raw("response_time_ms", milliseconds(outcome.duration));
  out.key("details");
  write_endpoint(out, outcome, true);
  out.member("checked_by", entry.checked_by)
      .member("checked_at", outcome.checked_at)
      .member("created_at", outcome.checked_at)
      .end_object();
}

}  // namespace gatehouse::api::litellm
