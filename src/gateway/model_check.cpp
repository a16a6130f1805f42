/// One small call to one deployment, on the way of every other call but for what chooses, repeats
/// and refuses.

#include "gatehouse/gateway/model_check.hpp"

#include <algorithm>
#include <utility>

#include "attempt.hpp"
#include "call.hpp"
#include "deployment_check.hpp"
#include "durable.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::gateway {
namespace {

using models::ModelMode;
using providers::WireFormat;

constexpr std::size_t kAtATime = 8;
/// Enough for models that refuse a smaller bound.
constexpr std::uint64_t kCheckOutput = 16;
constexpr core::Seconds kCheckTimeout{60};
constexpr std::uint64_t kLongestCheck = 600;  // seconds
constexpr std::size_t kMostError = 2'000;

/// The answer is of no interest, only that there is one.
class NoSink final : public ReplySink {
 public:
  core::Task<core::Result<void>> respond(const net::HeaderBlock&,
                                         std::span<const std::string_view>) override {
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> refuse(const net::HeaderBlock&, const Refusal&) override {
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> begin_stream(const net::HeaderBlock&) override {
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> write(std::string_view) override {
    co_return core::Result<void>();
  }
  core::Task<core::Result<void>> end_stream() override { co_return core::Result<void>(); }
  core::Task<core::Result<void>> replay(const net::HeaderBlock&, const KeptAnswer&) override {
    co_return core::Result<void>();
  }
};

/// What model_info says about checks.
struct CheckWishes {
  std::string model;  ///< health_check_model
  core::Nanos timeout = kCheckTimeout;
  std::string mode;
};

CheckWishes wishes_of(const models::Deployment& deployment) {
  CheckWishes wishes;
  wishes.mode = models::name_of(deployment.mode);
  json::Scanner scanner;
  const auto info = scanner.scan_copy(deployment.model_info_json);
  if (!info) return wishes;
  if (const json::Member* model = info->find("health_check_model")) {
    wishes.model = json::as_string(*model).value_or("");
  }
  if (const json::Member* timeout = info->find("health_check_timeout")) {
    const auto seconds = json::as_uint(*timeout);
    if (seconds && *seconds > 0 && *seconds <= kLongestCheck) {
      wishes.timeout = core::Seconds(static_cast<std::int64_t>(*seconds));
    }
  }
  return wishes;
}

/// A copy that is checked in place of the deployment: its health is its own, so that a check
/// neither cools the deployment down nor counts for its choice.
models::Deployment copy_to_check(const models::Deployment& deployment, const CheckWishes& wishes) {
  models::Deployment copy = deployment;
  copy.health = std::make_shared<models::DeploymentHealth>();
  copy.timeout = wishes.timeout;
  if (wishes.model.empty()) return copy;
  std::string_view name = wishes.model;
  const std::string prefix = deployment.provider + "/";
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  copy.upstream_model = name;
  return copy;
}

struct Question {
  WireFormat format = WireFormat::openai_chat;
  std::string_view route;
  std::string_view members;
};

/// Nothing for kinds of models that the gateway cannot call.
std::optional<Question> question_for(ModelMode mode) {
  switch (mode) {
    case ModelMode::unknown:
    case ModelMode::chat:
    case ModelMode::responses:
      return Question{WireFormat::openai_chat, "/chat/completions",
                      R"("messages":[{"role":"user","content":"Hello"}])"};
    case ModelMode::completion:
      return Question{WireFormat::openai_completions, "/completions", R"("prompt":"Hello")"};
    case ModelMode::embedding:
      return Question{WireFormat::openai_embeddings, "/embeddings", R"("input":"Hello")"};
    default:
      return {};
  }
}

void fail(CheckOutcome& outcome, int status, std::string_view error) {
  outcome.healthy = false;
  outcome.status = status;
  outcome.error = core::printable(error, kMostError);
}

/// From admission to the record.
core::Task<void> run_check(Call& call, const models::Deployment& deployment,
                           CheckOutcome& outcome) {
  std::optional<Refusal> refusal = co_await admit(call);
  if (refusal) {
    settle(call, Outcome::refused, refusal->status, refusal->type, refusal->message);
    fail(outcome, refusal->status, refusal->message);
    co_return;
  }
  NoSink sink;
  Attempt attempt(call, deployment);
  auto failed = co_await run_attempt(attempt, sink);
  if (!failed) {
    outcome.healthy = true;
    co_return;
  }
  if (failed->worked) {
    take_usage(call, failed->usage, failed->generated_bytes);
    set_aside_usage(call);
  }
  const Refusal& told = failed->refusal;
  const Outcome how = told.status == 499   ? Outcome::interrupted
                      : failed->translated ? Outcome::refused
                                           : Outcome::failed;
  settle(call, how, told.status, told.type, told.message);
  fail(outcome, told.status, told.message);
}

}  // namespace

core::Task<CheckOutcome> check_deployment(Worker& worker, std::shared_ptr<const Snapshot> snapshot,
                                          const models::Deployment& deployment,
                                          core::Cancellation& cancellation) {
  const net::EventLoop& loop = worker.tools.loop;
  const CheckWishes wishes = wishes_of(deployment);
  const models::Deployment checked = copy_to_check(deployment, wishes);
  CheckOutcome outcome;
  outcome.model_id = deployment.id.text();
  outcome.model_group = deployment.group;
  outcome.model = deployment.provider + "/" + checked.upstream_model;
  outcome.api_base = deployment.api_base;
  outcome.mode = deployment.mode == ModelMode::unknown ? "chat" : wishes.mode;
  outcome.checked_at = loop.clock().wall();
  if (checked.wildcard()) {
    fail(outcome, 400,
         "a wildcard is checked with model_info.health_check_model, which is missing");
    co_return outcome;
  }
  const auto question = question_for(deployment.mode);
  if (!question) {
    fail(outcome, 400, "models of mode " + wishes.mode + " are not served, so not checked");
    co_return outcome;
  }
  std::string body =
      R"({"model":)" + json::quoted(deployment.group) + "," + std::string(question->members) + "}";
  const std::size_t size = body.size();
  body.resize(size + json::kPadding);
  const net::HeaderList no_headers;
  const Inbound inbound{.format = question->format,
                        .route = question->route,
                        .body = std::string_view(body).substr(0, size),
                        .path_model = {},
                        .headers = no_headers,
                        .peer = {},
                        .received_at = loop.now(),
                        .cancellation = cancellation};
  worker.tools.observer.call_started();
  Call call(worker, inbound, std::move(snapshot));
  models::ModelGroup group;
  group.name = deployment.group;
  group.deployments.push_back(&checked);
  call.authenticated = true;
  call.checks = true;
  call.wishes.model = deployment.group;
  call.match = {.group = &group, .name = group.name};
  if (question->format != WireFormat::openai_embeddings) {
    call.wishes.max_output = kCheckOutput;
    call.reservation.output_limit = kCheckOutput;
  }
  co_await run_check(call, checked, outcome);
  if (call.reservation.due) co_await Durable(call);
  outcome.duration = loop.clock().monotonic() - inbound.received_at;
  outcome.cost = call.cost.plus(call.failed_cost).value_or(core::Money::max());
  outcome.cut_off = cancellation.requested();
  co_return outcome;
}

namespace {

/// What the calls of one check_models() share.
struct Round {
  Pipeline& pipeline;
  std::shared_ptr<const Snapshot> snapshot;
  std::vector<const models::Deployment*> deployments;
  core::Cancellation& cancellation;
  std::vector<CheckOutcome> outcomes;
  std::size_t next = 0;
};

core::Task<void> take_turns(Round* round) {
  while (round->next < round->deployments.size() && !round->cancellation.requested()) {
    const std::size_t own = round->next++;
    auto outcome = co_await round->pipeline.check(round->snapshot, *round->deployments[own],
                                                  round->cancellation);
    round->outcomes[own] = std::move(outcome);
  }
}

}  // namespace

core::Task<std::vector<CheckOutcome>> check_models(
    Pipeline& pipeline, std::shared_ptr<const Snapshot> snapshot,
    std::vector<const models::Deployment*> deployments, core::Cancellation& cancellation) {
  Round round{pipeline, std::move(snapshot), std::move(deployments), cancellation, {}};
  CheckOutcome never_reached;
  never_reached.cut_off = true;
  round.outcomes.assign(round.deployments.size(), never_reached);
  core::TaskGroup turns;
  for (std::size_t i = 0; i < std::min(kAtATime, round.deployments.size()); ++i) {
    turns.spawn(take_turns(&round));
  }
  co_await turns.join();
  co_return std::move(round.outcomes);
}

}  // namespace gatehouse::gateway
