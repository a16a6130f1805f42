#include "call.hpp"

#include <algorithm>
#include <utility>

#include "gatehouse/models/price.hpp"
#include "gatehouse/providers/token_estimate.hpp"

namespace gatehouse::gateway {

Call::Call(Worker& its_worker, const Inbound& its_inbound,
           std::shared_ptr<const Snapshot> its_snapshot)
    : worker(its_worker),
      inbound(its_inbound),
      snapshot(std::move(its_snapshot)),
      id(worker.tools.ids.uuid()),
      started_at(worker.tools.loop.clock().wall()),
      deadline(inbound.received_at + settings().timeout) {}

const json::Outline& Call::outline() {
  if (!fresh_outline) {
    // The text was accepted once, so scanning it again cannot fail.
    fresh_outline = worker.requests.scan(inbound.body).value();
  }
  return *fresh_outline;
}

std::uint64_t Call::estimate_prompt() {
  return providers::estimate_prompt_tokens(inbound.format, outline());
}

namespace {

/// The client allowed so much and the provider was told so: nobody pays for more (faults.md E6,
/// E10).
void clamp_output(Call& call) {
  if (!call.wishes.max_output || call.usage.completion <= *call.wishes.max_output) return;
  call.usage_clamped = true;
  call.usage.completion = *call.wishes.max_output;
  call.usage.reasoning = std::min(call.usage.reasoning, call.usage.completion);
  call.usage.audio_completion = std::min(call.usage.audio_completion, call.usage.completion);
}

}  // namespace

void take_usage(Call& call, const std::optional<core::TokenUsage>& reported,
                std::uint64_t generated_bytes) {
  if (reported) {
    call.usage = *reported;
    call.usage_source = core::UsageSource::reported;
  } else {
    call.usage = {};
    call.usage.prompt = call.estimate_prompt();
    call.usage.completion = (generated_bytes + 3) / 4;
    call.usage_source = core::UsageSource::estimated;
  }
  clamp_output(call);
  if (call.prices == nullptr) {
    call.cost = {};
    call.cost_known = false;
    return;
  }
  const auto cost = models::cost_of(*call.prices, call.usage);
  call.cost_known = cost.has_value();
  call.cost = cost ? *cost : core::Money();
}

void set_aside_usage(Call& call) {
  call.failed_usage += std::exchange(call.usage, {});
  call.failed_cost = call.failed_cost.plus(call.cost).value_or(core::Money::max());
  call.cost = {};
}

}  // namespace gatehouse::gateway
