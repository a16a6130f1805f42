#include "gatehouse/gateway/pipeline.hpp"

#include <utility>

#include "call.hpp"
#include "deployment_check.hpp"
#include "deployment_tries.hpp"
#include "durable.hpp"
#include "idempotency.hpp"

namespace gatehouse::gateway {

struct Pipeline::State {
  State(PipelineTools tools, PipelineLimits limits, std::shared_ptr<const Snapshot> first)
      : worker(tools, limits), snapshot(std::move(first)) {}

  Worker worker;
  std::shared_ptr<const Snapshot> snapshot;
};

Pipeline::Pipeline(PipelineTools tools, PipelineLimits limits,
                   std::shared_ptr<const Snapshot> snapshot)
    : state_(std::make_unique<State>(tools, limits, std::move(snapshot))) {}

Pipeline::~Pipeline() = default;

void Pipeline::replace_snapshot(std::shared_ptr<const Snapshot> snapshot) {
  state_->snapshot = std::move(snapshot);
  state_->worker.charges.clear();
}

std::shared_ptr<const Snapshot> Pipeline::snapshot() const {
  return state_->snapshot;
}

core::Task<CheckOutcome> Pipeline::check(std::shared_ptr<const Snapshot> snapshot,
                                         const models::Deployment& deployment,
                                         core::Cancellation& cancellation) {
  return check_deployment(state_->worker, std::move(snapshot), deployment, cancellation);
}

namespace {

/// A token count that the provider cannot give is estimated here.
bool counts_locally(const Call& call) {
  if (call.inbound.format != providers::WireFormat::anthropic_count_tokens) return false;
  for (const models::Deployment* deployment : call.match.group->deployments) {
    if (call.snapshot->upstream_of(*deployment).provider->speaks(call.inbound.format)) return false;
  }
  return true;
}

core::Task<void> count_tokens(Call& call, ReplySink& sink) {
  const std::string body = "{\"input_tokens\":" + std::to_string(call.estimate_prompt()) + "}";
  settle(call, Outcome::answered, 200);
  co_await Durable(call);
  net::HeaderBlock headers;
  add_answer_headers(call, headers);
  const std::string_view piece = body;
  (void)co_await sink.respond(headers, std::span(&piece, 1));
}

/// From a call that is understood to its answer.
core::Task<void> answer(Call& call, ReplySink& sink) {
  if (counts_locally(call)) {
    co_await count_tokens(call, sink);
    co_return;
  }
  std::optional<Refusal> refusal = co_await admit(call);
  if (refusal) {
    co_await refuse(call, *refusal, Outcome::refused, sink);
    co_return;
  }
  co_await ask_deployments(call, sink);
}

core::Task<void> serve(Call& call, ReplySink& sink) {
  std::optional<Refusal> refusal = authenticate(call);
  if (call.key_to_load) refusal = co_await load_key(call);
  if (!refusal) refusal = read_request(call);
  if (!refusal) refusal = find_model(call);
  if (refusal) {
    co_await refuse(call, *refusal, Outcome::refused, sink);
    co_return;
  }
  const auto key = call.inbound.headers.find("idempotency-key");
  if (!key || call.worker.tools.accounting.idempotency == nullptr) {
    co_await answer(call, sink);
    co_return;
  }
  IdempotentCall once(call, sink, *key);
  const std::optional<Outcome> known = co_await once.begin();
  if (known) co_return;
  co_await answer(call, once);
  co_await once.finish();
}

}  // namespace

core::Task<void> Pipeline::run(Inbound inbound, ReplySink& sink) {
  state_->worker.tools.observer.call_started();
  Call call(state_->worker, inbound, state_->snapshot);
  co_await serve(call, sink);
  if (call.reservation.due) co_await Durable(call);
}

}  // namespace gatehouse::gateway
