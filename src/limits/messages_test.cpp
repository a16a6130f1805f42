#include "gatehouse/limits/messages.hpp"

#include <gtest/gtest.h>

#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::Errc;
using core::Nanos;
using core::Scope;
using core::Seconds;
using test::nano;
using test::usd;
using test::utc;
using Reason = Denial::Reason;

Denial budget(Scope scope, std::string id) {
  Denial denial;
  denial.scope = scope;
  denial.id = std::move(id);
  denial.spent = nano(20'000'000);
  denial.max = nano(10'000'000);
  return denial;
}

Denial rate(Reason reason, Scope scope, std::string id) {
  Denial denial;
  denial.reason = reason;
  denial.scope = scope;
  denial.id = std::move(id);
  denial.limit = 3;
  denial.resets_at = utc(2026, 8, 1, 12);
  denial.retry_after = Seconds(60);
  return denial;
}

TEST(Messages, OfBudgetsAreTheContracts) {
  const auto text = [](Scope scope, std::string id) {
    return denial_message(budget(scope, std::move(id)), "my-key");
  };
  const std::string cost = "Current cost: 0.02, Max budget: 0.01";
  EXPECT_EQ(text(Scope::key, "5feceb"), "Budget has been exceeded! " + cost);
  EXPECT_EQ(text(Scope::global, ""), "Budget has been exceeded! " + cost);
  EXPECT_EQ(text(Scope::team, "t1"), "Budget has been exceeded! Team=t1 " + cost);
  EXPECT_EQ(text(Scope::tag, "blue"), "Budget has been exceeded! Tag=blue " + cost);
  EXPECT_EQ(text(Scope::organization, "o1"), "Budget has been exceeded! Organization=o1 " + cost);
  EXPECT_EQ(text(Scope::model, "gpt"), "Budget has been exceeded! Model=gpt " + cost);
  EXPECT_EQ(text(Scope::team_member, core::pair_id("t1", "u1")),
            "Budget has been exceeded! User=u1 in Team=t1 " + cost);
  EXPECT_EQ(text(Scope::user, "u1"),
            "ExceededBudget: User=u1 over budget. Spend=0.02, Budget=0.01");
  EXPECT_EQ(text(Scope::end_user, "e1"),
            "ExceededBudget: End User=e1 over budget. Spend=0.02, Budget=0.01");
  EXPECT_EQ(text(Scope::key_model, core::pair_id("5feceb", "gpt")),
            "LiteLLM Virtual Key: 5feceb, key_alias: my-key, exceeded budget for model=gpt");
  EXPECT_EQ(text(Scope::team_model, core::pair_id("t1", "gpt")),
            "LiteLLM Team: t1, exceeded budget for model=gpt");
  EXPECT_EQ(text(Scope::provider, "openai"), "No deployments available - crossed budget");
  EXPECT_EQ(text(Scope::deployment, "d1"), "No deployments available - crossed budget");
  EXPECT_EQ(denial_message(budget(Scope::key_model, core::pair_id("5f", "gpt"))),
            "LiteLLM Virtual Key: 5f, key_alias: None, exceeded budget for model=gpt");
}

TEST(Messages, SayWhenABudgetIsNotSpentYet) {
  Denial denial = budget(Scope::key, "k");
  denial.spent = usd(1);
  denial.reserved = nano(500'000'000);
  denial.max = usd(2);
  EXPECT_EQ(denial_message(denial),
            "Budget has been exceeded! Current cost: 1, Max budget: 2. The call does not fit "
            "beside 0.5 reserved by calls under way");
}

TEST(Messages, OfRatesAreTheContracts) {
  EXPECT_EQ(denial_message(rate(Reason::requests, Scope::key, "5feceb")),
            "Rate limit exceeded for api_key: 5feceb. Limit type: requests. Current limit: 3, "
            "Remaining: 0. Limit resets at: 2026-08-01 12:00:00 UTC");
  EXPECT_EQ(denial_message(rate(Reason::tokens, Scope::key_model, core::pair_id("5f", "gpt"))),
            "Rate limit exceeded for model_per_key: 5f:gpt. Limit type: tokens. Current limit: 3, "
            "Remaining: 0. Limit resets at: 2026-08-01 12:00:00 UTC");
  Denial parallel = rate(Reason::parallel, Scope::team_member, core::pair_id("t1", "u1"));
  parallel.resets_at.reset();
  EXPECT_EQ(denial_message(parallel),
            "Rate limit exceeded for team_member: t1:u1. Limit type: max_parallel_requests. "
            "Current limit: 3, Remaining: 0");
}

TEST(Messages, ShowHostileIdsOnOneLine) {
  const std::string text = denial_message(budget(Scope::end_user, "a\r\nb\x1b[2J"));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_LT(denial_message(budget(Scope::tag, std::string(100'000, 'x'))).size(), 400U);
}

TEST(Headers, OfARefusalByPace) {
  EXPECT_EQ(denial_headers(rate(Reason::requests, Scope::key, "k")),
            (std::vector<Header>{{"retry-after", "60"},
                                 {"rate_limit_type", "requests"},
                                 {"reset_at", "2026-08-01 12:00:00 UTC"}}));
  Denial soon = rate(Reason::tokens, Scope::key, "k");
  soon.retry_after = Nanos(1);
  *soon.resets_at += Nanos(1);
  EXPECT_EQ(denial_headers(soon), (std::vector<Header>{{"retry-after", "1"},
                                                       {"rate_limit_type", "tokens"},
                                                       {"reset_at", "2026-08-01 12:00:01 UTC"}}));
  Denial parallel = rate(Reason::parallel, Scope::key, "k");
  parallel.retry_after.reset();
  parallel.resets_at.reset();
  EXPECT_EQ(
      denial_headers(parallel),
      (std::vector<Header>{{"retry-after", "60"}, {"rate_limit_type", "max_parallel_requests"}}));
}

TEST(Headers, OfARefusalByBudget) {
  EXPECT_EQ(denial_headers(budget(Scope::key, "k")),
            (std::vector<Header>{{"x-should-retry", "false"}}));
  EXPECT_EQ(denial_headers(budget(Scope::provider, "openai")),
            (std::vector<Header>{{"retry-after", "60"}}));
}

TEST(Headers, OfAnAdmittedCall) {
  const RateState states[] = {{Scope::key, 5, 4, 1000, 900},
                              {Scope::tag, 9, 8, {}, {}},
                              {Scope::tag, 7, 1, 10, 3},
                              {Scope::team, {}, {}, 100, 0}};
  EXPECT_EQ(rate_headers(states),
            (std::vector<Header>{{"x-ratelimit-api_key-limit-requests", "5"},
                                 {"x-ratelimit-api_key-remaining-requests", "4"},
                                 {"x-ratelimit-api_key-limit-tokens", "1000"},
                                 {"x-ratelimit-api_key-remaining-tokens", "900"},
                                 {"x-ratelimit-tag-limit-requests", "7"},
                                 {"x-ratelimit-tag-remaining-requests", "1"},
                                 {"x-ratelimit-tag-limit-tokens", "10"},
                                 {"x-ratelimit-tag-remaining-tokens", "3"},
                                 {"x-ratelimit-team-limit-tokens", "100"},
                                 {"x-ratelimit-team-remaining-tokens", "0"}}));
  EXPECT_EQ(key_model_headers({Scope::key_model, 5, 4, {}, {}}, "openai/gpt:free"),
            (std::vector<Header>{{"x-litellm-key-remaining-requests-openai-gpt-free", "4"}}));
}

TEST(Codes, TellBudgetsFromPace) {
  EXPECT_EQ(code_of(budget(Scope::key, "k")), Errc::budget_exceeded);
  EXPECT_EQ(code_of(budget(Scope::deployment, "d")), Errc::rate_limited);
  EXPECT_EQ(code_of(rate(Reason::parallel, Scope::key, "k")), Errc::rate_limited);
  Denial amount;
  amount.reason = Reason::amount;
  EXPECT_EQ(code_of(amount), Errc::internal);
  EXPECT_TRUE(denial_headers(amount).empty());
}

}  // namespace
}  // namespace gatehouse::limits
