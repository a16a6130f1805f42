#include "gatehouse/models/retry.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::models {
namespace {

using namespace std::chrono_literals;

constexpr FailureKind kAllKinds[] = {
    FailureKind::bad_request,    FailureKind::authentication, FailureKind::not_found,
    FailureKind::rate_limited,   FailureKind::timeout,        FailureKind::overloaded,
    FailureKind::server_error,   FailureKind::connection,     FailureKind::garbage,
    FailureKind::content_policy, FailureKind::context_window};

class Retry : public testing::Test {
 protected:
  RetryPlan plan(RequestRetryOptions options = {}) {
    return RetryPlan(settings, "main", budget, options);
  }
  static AttemptState alone(core::Nanos left = 600s) { return {.time_left = left}; }
  static AttemptState others(core::Nanos left = 600s) {
    return {.other_candidates = true, .time_left = left};
  }
  void drain() {
    while (budget.take()) {
    }
  }

  RouterSettings settings;
  RetryBudget budget;
  core::SeededRandom random{5};
};

TEST_F(Retry, AnotherDeploymentIsTriedAtOnce) {
  for (const FailureKind kind : kAllKinds) {
    if (is_client_mistake(kind)) continue;
    RetryPlan p = plan();
    const Decision decision = p.after({.kind = kind}, others(), random);
    EXPECT_EQ(decision.step, NextStep::next_deployment) << name_of(kind);
    EXPECT_EQ(decision.delay, 0s);
    EXPECT_EQ(p.retries(), 1u);
  }
}

TEST_F(Retry, TheSameDeploymentIsTriedAfterAPause) {
  RetryPlan p = plan({.num_retries = 10});
  core::Nanos longest = 500ms;
  for (int i = 0; i < 10; ++i) {
    for (int earned = 0; earned < 5; ++earned) budget.request();
    const Decision decision = p.after({.kind = FailureKind::server_error}, alone(), random);
    ASSERT_EQ(decision.step, NextStep::retry_same);
    EXPECT_LE(decision.delay, longest);
    EXPECT_GE(decision.delay, longest / 2);
    longest = std::min<core::Nanos>(longest * 2, 8s);
  }
}

TEST_F(Retry, PausesDiffer) {
  RetryPlan a = plan(), b = plan();
  const Failure failure{.kind = FailureKind::server_error};
  EXPECT_NE(a.after(failure, alone(), random).delay, b.after(failure, alone(), random).delay);
}

TEST_F(Retry, GivesUpAfterTheNumberOfRetries) {
  RetryPlan p = plan();
  const Failure failure{.kind = FailureKind::server_error};
  EXPECT_EQ(p.after(failure, alone(), random).step, NextStep::retry_same);
  EXPECT_EQ(p.after(failure, others(), random).step, NextStep::next_deployment);
  EXPECT_EQ(p.after(failure, others(), random).step, NextStep::give_up);
  EXPECT_EQ(p.retries(), 2u);
  EXPECT_EQ(p.max_retries(), 2u);
}

TEST_F(Retry, AClientsMistakeIsNotRetried) {
  for (const FailureKind kind :
       {FailureKind::bad_request, FailureKind::content_policy, FailureKind::context_window}) {
    RetryPlan p = plan({.num_retries = 5});
    EXPECT_EQ(p.after({.kind = kind}, others(), random).step, NextStep::give_up);
  }
  EXPECT_EQ(budget.left(), RetryBudget::kReserve);
}

TEST_F(Retry, ABadRequestDoesNotFallBackEither) {
  settings.fallbacks = {{"main", {"backup"}}};
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::bad_request}, others(), random).step, NextStep::give_up);
}

TEST_F(Retry, AWrongCredentialIsNotTriedTwice) {
  for (const FailureKind kind : {FailureKind::authentication, FailureKind::not_found}) {
    RetryPlan p = plan();
    EXPECT_EQ(p.after({.kind = kind}, alone(), random).step, NextStep::give_up);
  }
}

TEST_F(Retry, NothingIsRepeatedOnceTheAnswerHasBegun) {
  settings.default_fallbacks = {"backup"};
  for (const FailureKind kind : kAllKinds) {
    RetryPlan p = plan();
    AttemptState state = others();
    state.answer_started = true;
    EXPECT_EQ(p.after({.kind = kind}, state, random).step, NextStep::give_up);
    EXPECT_EQ(p.no_deployment(state).step, NextStep::give_up);
  }
}

TEST_F(Retry, NothingIsRepeatedAfterTheDeadline) {
  settings.default_fallbacks = {"backup"};
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::timeout}, others(0s), random).step, NextStep::give_up);
  EXPECT_EQ(p.no_deployment(others(-1s)).step, NextStep::give_up);
}

TEST_F(Retry, APauseThatOutlastsTheDeadlineIsNotBegun) {
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::server_error}, alone(200ms), random).step,
            NextStep::give_up);
  EXPECT_EQ(
      p.after({.kind = FailureKind::rate_limited, .retry_after = 20s}, alone(20s), random).step,
      NextStep::give_up);
  EXPECT_EQ(p.retries(), 0u);
  EXPECT_EQ(budget.left(), RetryBudget::kReserve);
}

// E11: seconds, past, 1e9, -1, absent.
TEST_F(Retry, RetryAfterIsObeyedUpToAMinute) {
  const struct {
    std::optional<core::Nanos> header;
    core::Nanos least, most;
  } cases[] = {
      {1s, 1s, 2s},
      {30s, 30s, 31s},
      {60s, 60s, 61s},
      {1'000'000'000s, 60s, 61s},
      {-1s, 250ms, 500ms},
      {0s, 250ms, 500ms},
      {std::nullopt, 250ms, 500ms},
  };
  for (const auto& [header, least, most] : cases) {
    RetryPlan p = plan();
    const Decision decision =
        p.after({.kind = FailureKind::rate_limited, .retry_after = header}, alone(), random);
    EXPECT_EQ(decision.step, NextStep::retry_same);
    EXPECT_GE(decision.delay, least);
    EXPECT_LE(decision.delay, most);
  }
}

TEST_F(Retry, AnotherGroupIsBetterThanWaiting) {
  settings.fallbacks = {{"main", {"backup"}}};
  RetryPlan p = plan();
  const Decision decision =
      p.after({.kind = FailureKind::rate_limited, .retry_after = 20s}, alone(), random);
  EXPECT_EQ(decision.step, NextStep::fallback_group);
  EXPECT_EQ(decision.group, "backup");
  EXPECT_EQ(p.retries(), 0u);
}

TEST_F(Retry, TheConfiguredWaitIsTheShortest) {
  settings.retry_after = 3s;
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::server_error}, alone(), random).delay, 3s);
}

TEST_F(Retry, RetriesByKindOverrideTheNumber) {
  settings.num_retries = 1;
  settings.retry_policy[static_cast<std::size_t>(FailureKind::timeout)] = 3;
  settings.retry_policy[static_cast<std::size_t>(FailureKind::rate_limited)] = 0;
  settings.retry_policy[static_cast<std::size_t>(FailureKind::bad_request)] = 1;
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::rate_limited}, others(), random).step, NextStep::give_up);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(p.after({.kind = FailureKind::timeout}, others(), random).step,
              NextStep::next_deployment);
  }
  EXPECT_EQ(p.after({.kind = FailureKind::timeout}, others(), random).step, NextStep::give_up);
  RetryPlan q = plan();
  EXPECT_EQ(q.after({.kind = FailureKind::bad_request}, alone(), random).step,
            NextStep::retry_same);
  EXPECT_EQ(q.after({.kind = FailureKind::bad_request}, alone(), random).step, NextStep::give_up);
}

TEST_F(Retry, TheRequestsOwnNumberCountsWithinBounds) {
  RetryPlan none = plan({.num_retries = 0});
  EXPECT_EQ(none.after({.kind = FailureKind::timeout}, others(), random).step, NextStep::give_up);
  RetryPlan many = plan({.num_retries = 1'000'000});
  EXPECT_EQ(many.max_retries(), kMaxRetries);
  std::uint32_t retries = 0;
  while (
      many.after({.kind = FailureKind::connection, .maybe_sent = false}, others(), random).step ==
      NextStep::next_deployment) {
    ASSERT_LE(++retries, kMaxRetries);
  }
  EXPECT_EQ(retries, kMaxRetries);
}

TEST_F(Retry, TheDeploymentsNumberCountsToo) {
  AttemptState state = others();
  state.deployment_max_retries = 0;
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::server_error}, state, random).step, NextStep::give_up);
}

TEST_F(Retry, AnEmptyBudgetForbidsWhatTheUpstreamWouldSee) {
  drain();
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::server_error}, others(), random).step, NextStep::give_up);
  // A refused connection costs the upstream nothing.
  EXPECT_EQ(p.after({.kind = FailureKind::connection, .maybe_sent = false}, others(), random).step,
            NextStep::next_deployment);
}

// E12: an upstream that fails every call for a minute.
TEST_F(Retry, AFailingUpstreamSeesAtMostAFifthMore) {
  constexpr std::uint32_t kRequests = 300;
  std::uint32_t calls = 0;
  for (std::uint32_t i = 0; i < kRequests; ++i) {
    RetryPlan p = plan({.num_retries = 3});
    do {
      ++calls;
    } while (p.after({.kind = FailureKind::server_error}, alone(), random).step !=
             NextStep::give_up);
  }
  // The reserve is part of the fifth.
  EXPECT_LE(calls, kRequests + kRequests / 5);
  EXPECT_GE(calls, kRequests + kRequests / 6);
}

TEST_F(Retry, FallbacksFollowInOrderAndOnce) {
  settings.num_retries = 0;
  settings.fallbacks = {{"other", {"x"}}, {"main", {"b", "main", "c", "b"}}};
  RetryBudget b, c;
  RetryPlan p = plan();
  const Failure failure{.kind = FailureKind::server_error};
  EXPECT_EQ(p.after(failure, alone(), random).group, "b");
  p.enter_group(b);
  EXPECT_EQ(p.after(failure, alone(), random).group, "c");
  p.enter_group(c);
  EXPECT_EQ(p.after(failure, alone(), random).step, NextStep::give_up);
  EXPECT_EQ(p.fallbacks(), 2u);
}

TEST_F(Retry, EachGroupHasItsOwnRetriesAndBudget) {
  settings.num_retries = 1;
  settings.fallbacks = {{"main", {"b"}}};
  RetryBudget b;
  drain();
  RetryPlan p = plan();
  const Failure failure{.kind = FailureKind::server_error};
  EXPECT_EQ(p.after(failure, others(), random).step, NextStep::fallback_group);
  p.enter_group(b);
  EXPECT_EQ(p.after(failure, others(), random).step, NextStep::next_deployment);
  EXPECT_EQ(p.after(failure, others(), random).step, NextStep::give_up);
  EXPECT_EQ(b.left(), RetryBudget::kReserve - 1);
}

TEST_F(Retry, ALongPromptGoesToItsOwnFallbacksFirst) {
  settings.fallbacks = {{"main", {"general"}}};
  settings.context_window_fallbacks = {{"main", {"large"}}};
  settings.content_policy_fallbacks = {{"*", {"lenient"}}};
  RetryBudget b;
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::context_window}, others(), random).group, "large");
  p.enter_group(b);
  EXPECT_EQ(p.after({.kind = FailureKind::context_window}, others(), random).group, "general");
  RetryPlan q = plan();
  EXPECT_EQ(q.after({.kind = FailureKind::content_policy}, others(), random).group, "lenient");
}

TEST_F(Retry, DefaultFallbacksServeGroupsWithoutARule) {
  settings.num_retries = 0;
  settings.fallbacks = {{"other", {"x"}}};
  settings.default_fallbacks = {"main", "y"};
  RetryPlan p = plan();
  EXPECT_EQ(p.after({.kind = FailureKind::timeout}, alone(), random).group, "y");
  settings.fallbacks.push_back({"*", {"z"}});
  RetryPlan q = plan();
  EXPECT_EQ(q.after({.kind = FailureKind::timeout}, alone(), random).group, "z");
}

TEST_F(Retry, TheRequestsOwnFallbacksReplaceTheConfiguredOnes) {
  settings.num_retries = 0;
  settings.fallbacks = {{"main", {"b"}}};
  const std::vector<std::string> own = {"mine"};
  RetryBudget b;
  RetryPlan p = plan({.fallbacks = own});
  EXPECT_EQ(p.after({.kind = FailureKind::timeout}, alone(), random).group, "mine");
  p.enter_group(b);
  EXPECT_EQ(p.after({.kind = FailureKind::timeout}, alone(), random).step, NextStep::give_up);
  RetryPlan q = plan({.fallbacks = own, .disable_fallbacks = true});
  EXPECT_EQ(q.after({.kind = FailureKind::timeout}, alone(), random).step, NextStep::give_up);
}

TEST_F(Retry, MaxFallbacksIsTheMost) {
  settings.num_retries = 0;
  settings.max_fallbacks = 2;
  settings.default_fallbacks = {"a", "b", "c", "d"};
  RetryPlan p = plan();
  EXPECT_EQ(p.no_deployment(alone()).group, "a");
  EXPECT_EQ(p.no_deployment(alone()).group, "b");
  EXPECT_EQ(p.no_deployment(alone()).step, NextStep::give_up);
  settings.max_fallbacks = 1000;
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("g" + std::to_string(i));
  settings.default_fallbacks = names;
  RetryPlan q = plan();
  int taken = 0;
  while (q.no_deployment(alone()).step == NextStep::fallback_group) ++taken;
  EXPECT_EQ(taken, 15);
}

// Any sequence of failures ends, within the bounds that the settings give.
TEST_F(Retry, EverySequenceOfFailuresEnds) {
  core::SeededRandom dice(17);
  for (int round = 0; round < 5000; ++round) {
    settings.num_retries = static_cast<std::uint32_t>(dice.below(5));
    settings.max_fallbacks = static_cast<std::uint32_t>(dice.below(4));
    settings.fallbacks = {{"main", {"b", "c"}}};
    settings.context_window_fallbacks = {{"main", {"d", "b"}}};
    RetryBudget plenty[8];
    RetryPlan p(settings, "main", plenty[0]);
    std::uint32_t attempts = 1, groups = 0;
    for (;;) {
      const AttemptState state{.other_candidates = dice.below(2) == 0, .time_left = 600s};
      const auto step = p.after({.kind = kAllKinds[dice.below(kFailureKinds)]}, state, random).step;
      if (step == NextStep::give_up) break;
      ++attempts;
      if (step == NextStep::fallback_group) p.enter_group(plenty[++groups]);
    }
    ASSERT_LE(groups, settings.max_fallbacks);
    ASSERT_LE(attempts, (settings.num_retries + 1) * (groups + 1));
    ASSERT_EQ(p.fallbacks(), groups);
    ASSERT_EQ(p.retries() + groups + 1, attempts);
  }
}

}  // namespace
}  // namespace gatehouse::models
