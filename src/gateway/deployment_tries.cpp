#include "deployment_tries.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "attempt.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/models/retry.hpp"
#include "gatehouse/models/selection.hpp"
#include "gatehouse/models/tag_filter.hpp"

namespace gatehouse::gateway {
namespace {

Refusal no_deployment(const Call& call) {
  const core::Nanos left = models::earliest_return(*call.match.group, call.now());
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<core::Seconds>(left).count());
  std::string cooling;
  for (const models::Deployment* deployment : call.match.group->deployments) {
    if (!deployment->health->cooling(call.now())) continue;
    cooling += (cooling.empty() ? "'" : ", '") + deployment->id.text() + "'";
  }
  Refusal refusal;
  refusal.status = 429;
  refusal.message = "No deployments available for selected model, Try again in " +
                    std::to_string(seconds) +
                    " seconds. Passed model=" + core::printable(call.wishes.model) +
                    ". cooldown_list=[" + cooling + "]";
  refusal.retry_after = core::Seconds(seconds);
  return refusal;
}

Refusal none_for_tags(const Call& call) {
  std::string tags;
  for (const std::string& tag : call.wishes.tags) {
    tags += (tags.empty() ? "'" : ", '") + core::printable(tag) + "'";
  }
  return bad_request("Not allowed to access model due to tags configuration. Passed model=" +
                     core::printable(call.wishes.model) + " and tags=[" + tags + "]");
}

/// The group's name and what else was configured, as LiteLLM's clients expect in the message.
void name_group(const Call& call, Refusal& refusal) {
  std::string fallbacks;
  for (const models::FallbackRule& rule : call.settings().fallbacks) {
    if (rule.group != call.match.group->name) continue;
    for (const std::string& target : rule.targets) {
      fallbacks += (fallbacks.empty() ? "" : ", ") + target;
    }
  }
  refusal.message +=
      ". Received Model Group=" + core::printable(call.wishes.model) +
      "\nAvailable Model Group Fallbacks=" + (fallbacks.empty() ? "None" : fallbacks);
}

/// Tries deployments until one answers or the plan gives up.
class Dispatch {
 public:
  Dispatch(Call& call, ReplySink& sink)
      : call_(call),
        sink_(sink),
        plan_(call.settings(), call.match.name, *call.match.group->retry_budget,
              {.num_retries = call.wishes.num_retries, .fallbacks = call.wishes.fallbacks}) {
    call_.max_retries = plan_.max_retries();
    enter(call.match);
  }

  core::Task<void> run() {
    for (;;) {
      if (next_ < candidates_.size()) {
        const Tried tried = co_await try_next();
        if (tried == Tried::answered) co_return;
        if (tried == Tried::left_out) continue;
        if (last_ && last_->final_) break;
      }
      const models::Decision decision = decide();
      call_.retries = plan_.retries();
      call_.fallbacks = plan_.fallbacks();
      if (decision.step == models::NextStep::give_up && take_less()) continue;
      const bool go_on = co_await follow(decision);
      if (!go_on) break;
    }
    co_await give_up();
  }

 private:
  enum class Tried : std::uint8_t {
    answered,
    failed,    ///< or nothing is left to try
    left_out,  ///< go on with the candidate that stands at its place now
  };

  void enter(const models::ModelMatch& match) {
    call_.match = match;
    choose();
    last_.reset();
  }

  /// The candidates of the group: with the call's tags, but for those that are left out.
  void choose() {
    const models::ModelGroup& group = *call_.match.group;
    const models::TagFilter tags(group, call_.settings(), call_.wishes.tags);
    closed_ = tags.closed();
    next_ = 0;
    core::Random& random = call_.worker.tools.random;
    if (tags.open() && left_out_.empty()) {
      models::select(group, call_.settings().strategy, call_.now(), random, candidates_);
      return;
    }
    const auto allowed = [this, &tags](const models::Deployment& each) {
      return tags.allows(each) && std::ranges::find(left_out_, &each) == left_out_.end();
    };
    models::select(group, call_.settings().strategy, call_.now(), random, allowed, candidates_);
  }

  /// What comes after a failure, or when nothing is left to try.
  models::Decision decide() {
    if (last_ && next_ < candidates_.size()) {
      return plan_.after(last_->failure, state(), call_.worker.tools.random);
    }
    if (!last_ && !passed_over_) {
      last_refusal_ = closed_ ? none_for_tags(call_) : no_deployment(call_);
    }
    return plan_.no_deployment(state());
  }

  /// Bounds of the candidate are reached: it is left out as if it were not there.
  Tried leave_out(AttemptFailure failed) {
    const models::Deployment* deployment = candidates_.begin()[next_];
    if (call_.reservation.fits_with_less && smaller_.deployment == nullptr) {
      smaller_ = {call_.match, deployment};
    }
    left_out_.push_back(deployment);
    candidates_.erase(next_);
    passed_over_ = true;
    if (next_ < candidates_.size()) return Tried::left_out;
    if (last_) {
      --next_;  // one that failed is still there: it may be asked once more
      return Tried::failed;
    }
    last_refusal_ = std::move(failed.refusal);
    choose();  // there may be more of them than candidates
    return candidates_.empty() ? Tried::failed : Tried::left_out;
  }

  /// No deployment and no fallback takes the whole call: less output is better than none.
  bool take_less() {
    if (last_ || smaller_.deployment == nullptr || call_.reservation.take_less) return false;
    call_.reservation.take_less = true;
    call_.match = smaller_.match;
    candidates_.clear();
    candidates_.push(smaller_.deployment);
    next_ = 0;
    return true;
  }

  models::AttemptState state() const {
    models::AttemptState state;
    state.other_candidates = next_ + 1 < candidates_.size();
    state.time_left = call_.deadline - call_.now();
    if (call_.deployment != nullptr) state.deployment_max_retries = call_.deployment->max_retries;
    return state;
  }

  core::Task<Tried> try_next() {
    const models::Deployment& deployment = *candidates_.begin()[next_];
    Attempt attempt(call_, deployment);
    auto failed = co_await run_attempt(attempt, sink_);
    if (!failed) co_return Tried::answered;
    if (call_.inbound.cancellation.reason() == core::Cancellation::Reason::client_left) {
      // An abandoned call is finished, but not tried again.
      failed->final_ = true;
      failed->refusal = {499, "The client closed the connection", "None", "None", {}};
    }
    if (failed->passed_over && !failed->final_) co_return leave_out(std::move(*failed));
    if (failed->worked && call_.inbound.format != providers::WireFormat::anthropic_count_tokens) {
      take_usage(call_, failed->usage, failed->generated_bytes);
      set_aside_usage(call_);
    }
    if (failed->counts) {
      report_failure(attempt, *failed);
    }
    last_refusal_ = failed->refusal;
    last_ = std::move(failed);
    co_return Tried::failed;
  }

  /// False when there is nothing more to try.
  core::Task<bool> follow(const models::Decision& decision) {
    if (decision.step == models::NextStep::give_up) co_return false;
    if (decision.delay.count() > 0) {
      auto slept = co_await call_.worker.tools.loop.sleep_until(call_.now() + decision.delay,
                                                                call_.inbound.cancellation);
      call_.fresh_outline.reset();
      if (!slept) {
        last_refusal_ = {499, "The client closed the connection", "None", "None", {}};
        co_return false;
      }
    }
    switch (decision.step) {
      case models::NextStep::next_deployment:
        ++next_;
        break;
      case models::NextStep::fallback_group: {
        const models::ModelMatch match = call_.snapshot->table->resolve(decision.group);
        if (match.group == nullptr) {
          candidates_.clear();
          break;
        }
        plan_.enter_group(*match.group->retry_budget);
        enter(match);
        break;
      }
      default:
        break;
    }
    // Another group may be dearer, and a failed try may have cost something.
    if (decision.step != models::NextStep::fallback_group && call_.failed_cost <= core::Money()) {
      co_return true;
    }
    if (candidates_.empty()) co_return true;
    auto refusal = co_await extend_reservation(call_);
    if (!refusal) co_return true;
    last_refusal_ = std::move(*refusal);
    co_return false;
  }

  core::Task<void> give_up() {
    Outcome outcome = Outcome::failed;
    const bool own = last_ ? last_->translated : passed_over_ || closed_;
    if (own) outcome = Outcome::refused;
    if (last_refusal_.status == 499) {
      settle_interrupted(call_);
      outcome = Outcome::interrupted;
    } else if (last_ && !last_->translated) {
      name_group(call_, last_refusal_);
    }
    co_await refuse(call_, last_refusal_, outcome, sink_);
  }

  Call& call_;
  ReplySink& sink_;
  models::RetryPlan plan_;
  models::Candidates candidates_;
  std::size_t next_ = 0;
  /// Deployments whose own bounds are reached, and the first of them that would take less.
  std::vector<const models::Deployment*> left_out_;
  struct {
    models::ModelMatch match;
    const models::Deployment* deployment = nullptr;
  } smaller_;
  bool passed_over_ = false;
  bool closed_ = false;  ///< to the call's tags
  std::optional<AttemptFailure> last_;
  Refusal last_refusal_;
};

}  // namespace

core::Task<void> ask_deployments(Call& call, ReplySink& sink) {
  Dispatch dispatch(call, sink);
  co_await dispatch.run();
}

}  // namespace gatehouse::gateway
