#include <gtest/gtest.h>

#include "gatehouse/limits/admission.hpp"
#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::LimitSet;
using core::Money;
using core::Nanos;
using core::Scope;
using test::account;
using test::budgets;
using test::call;
using test::nano;
using test::tick;
using test::usd;
using test::utc;
using Reason = Denial::Reason;

const Rules kStrict;
const core::WallTime kAt = utc(2026, 7, 15, 12);

Money reserved(const std::shared_ptr<Account>& of, const LimitSet& limits) {
  return of->balance(limits.budgets.at(0), kAt).reserved;
}

TEST(Extend, RaisesTheReservation) {
  LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  limits.rate.tokens_per_minute = 100;
  const auto key = account();
  auto admission = Admission::admit({{key, &limits}}, call(usd(4), 40), kStrict);
  ASSERT_TRUE(admission->extend({}, call(usd(9), 90), kStrict));
  EXPECT_EQ(admission->reserved(), usd(9));
  EXPECT_EQ(reserved(key, limits), usd(9));
  EXPECT_EQ(admission->rates(tick(0)).at(0).remaining_tokens, 10U);
  EXPECT_EQ(key->parallel_requests(), 1U);
  ASSERT_TRUE(admission->extend({}, call(usd(2), 20), kStrict));  // never lowers
  EXPECT_EQ(reserved(key, limits), usd(9));
  admission->settle(usd(5), 50, tick(1));
  EXPECT_EQ(key->balance(limits.budgets[0], kAt).spent, usd(5));
  EXPECT_EQ(reserved(key, limits), Money{});
  EXPECT_EQ(admission->rates(tick(1)).at(0).remaining_tokens, 50U);
  EXPECT_EQ(admission->extend({}, call(usd(1)), kStrict).error().reason, Reason::amount);
}

TEST(Extend, LowersOnDemandOnly) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const LimitSet provider = budgets({{.max = usd(6)}});
  const auto key = account();
  const auto openai = account(Scope::provider, "openai");
  auto admission = Admission::admit({{key, &limits}}, call(usd(8), 40), kStrict);
  const auto dear = admission->extend({{openai, &provider}}, call(usd(8)), kStrict);
  ASSERT_FALSE(dear);
  EXPECT_EQ(dear.error().affordable_output, usd(6));
  {
    const Room room = admission->lower(usd(6));
    EXPECT_EQ(admission->reserved(), usd(6));
    EXPECT_EQ(reserved(key, limits), usd(8)) << "the rest is not for others yet";
  }
  EXPECT_EQ(reserved(key, limits), usd(6));
  ASSERT_TRUE(admission->extend({{openai, &provider}}, call(usd(6)), kStrict));
  EXPECT_EQ(reserved(openai, provider), usd(6));
  EXPECT_TRUE(admission->lower(usd(7)).empty());
  EXPECT_EQ(admission->reserved(), usd(6)) << "never raises";
  admission->settle(usd(5), 50, tick(1));
  EXPECT_EQ(reserved(key, limits), Money{});
  EXPECT_EQ(openai->balance(provider.budgets[0], kAt).spent, usd(5));
}

TEST(Extend, KeepsWhatItHasWhenItFails) {
  LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  limits.rate.tokens_per_minute = 100;
  LimitSet provider = budgets({{.max = usd(6)}});
  provider.rate = {.requests_per_minute = 9, .tokens_per_minute = 1000};
  const auto key = account();
  const auto openai = account(Scope::provider, "openai");
  auto admission = Admission::admit({{key, &limits}}, call(usd(4), 40), kStrict);

  EXPECT_EQ(admission->extend({}, call(usd(4), 101), kStrict).error().reason, Reason::tokens);
  const auto dear = admission->extend({{openai, &provider}}, call(usd(8), 90), kStrict);
  ASSERT_FALSE(dear);
  EXPECT_EQ(dear.error().scope, Scope::provider);
  EXPECT_EQ(dear.error().affordable_output, usd(6));  // its own 4 do not stand in its way
  EXPECT_EQ(reserved(key, limits), usd(4));
  EXPECT_EQ(admission->reserved(), usd(4));
  EXPECT_EQ(admission->periods().size(), 2U);
  EXPECT_EQ(admission->rates(tick(0)).at(0).remaining_tokens, 60U);
  EXPECT_EQ(openai->parallel_requests(), 0U);
  EXPECT_EQ(openai->balance({}, kAt).reserved, Money{});

  ASSERT_TRUE(admission->extend({{openai, &provider}}, call(usd(6), 90), kStrict));
  EXPECT_EQ(reserved(key, limits), usd(6));
  EXPECT_EQ(openai->balance({}, kAt).reserved, usd(6));
  EXPECT_EQ(admission->rates(tick(0)).at(1).remaining_requests, 8U);
  EXPECT_EQ(admission->periods().size(), 3U);
  EXPECT_EQ(admission->extend({}, call(usd(11)), kStrict).error().affordable_output, usd(6));
}

TEST(Extend, ChargesAnAccountOnce) {
  const auto key = account();
  const auto tag = account(Scope::tag, "a");
  auto admission =
      Admission::admit({{key, nullptr}, {tag, nullptr}, {tag, nullptr}, {}}, call(usd(1)), kStrict);
  ASSERT_TRUE(admission->extend({{tag, nullptr}, {key, nullptr}, {}}, call(usd(1)), kStrict));
  EXPECT_EQ(admission->periods().size(), 2U);
  admission->settle(usd(1), 0, tick(0));
  EXPECT_EQ(tag->balance({}, kAt).spent, usd(1));
  EXPECT_EQ(tag->parallel_requests(), 0U);
}

TEST(Extend, InAPeriodThatHasEndedCountsThere) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const auto key = account();
  const auto midnight = utc(2026, 7, 16);
  auto old = Admission::admit({{key, &limits}}, call(usd(4), 0, tick(0), kAt), kStrict);
  auto late = Admission::admit({{key, &limits}}, call(usd(10), 0, tick(0), midnight), kStrict);
  ASSERT_TRUE(late);
  EXPECT_FALSE(old->extend({}, call(usd(11), 0, tick(0), midnight), kStrict));
  EXPECT_TRUE(old->extend({}, call(usd(10), 0, tick(0), midnight), kStrict));
  EXPECT_EQ(key->balance(limits.budgets[0], midnight).reserved, usd(10));
  EXPECT_EQ(old->periods()[1].period_start, utc(2026, 7, 15));
}

TEST(Drop, RoomOutlivesTheSettlement) {
  const LimitSet limits = budgets({{.max = usd(10), .duration = "1d"}});
  const auto first = account(Scope::deployment, "d1");
  const auto model = account(Scope::model, "m");
  const auto key = account();
  auto admission =
      Admission::admit({{first, &limits}, {key, nullptr}, {model, &limits}}, call(usd(4)), kStrict);
  {
    const Room room = admission->drop({Scope::deployment, Scope::model});
    EXPECT_TRUE(admission->drop({Scope::deployment}).empty());
    admission->settle(usd(3), 0, tick(1));
    EXPECT_EQ(reserved(first, limits), usd(4));
    EXPECT_EQ(reserved(model, limits), usd(4));
  }
  EXPECT_EQ(reserved(first, limits), Money{});
  EXPECT_EQ(reserved(model, limits), Money{});
  EXPECT_EQ(model->balance({}, kAt).spent, Money{});
  EXPECT_EQ(key->balance({}, kAt).spent, usd(3));
}

TEST(Drop, ForgetsTheChargesOfAScope) {
  LimitSet deployment = budgets({{.max = usd(10), .duration = "1d"}});
  deployment.rate = {.requests_per_minute = 5, .tokens_per_minute = 100, .parallel_requests = 3};
  const auto key = account();
  const auto first = account(Scope::deployment, "d1");
  const auto second = account(Scope::deployment, "d2");
  auto admission =
      Admission::admit({{first, &deployment}, {key, nullptr}}, call(usd(4), 40), kStrict);
  {
    const Room room = admission->drop({Scope::deployment, Scope::provider});
    EXPECT_EQ(first->parallel_requests(), 0U);
    EXPECT_EQ(reserved(first, deployment), usd(4)) << "it is not for others yet";
    const auto other = Admission::admit({{first, &deployment}}, call(usd(7)), kStrict);
    EXPECT_EQ(other.error().affordable_output, usd(6));
  }
  EXPECT_EQ(reserved(first, deployment), Money{});
  ASSERT_EQ(admission->periods().size(), 1U);
  EXPECT_EQ(admission->periods()[0].scope, Scope::key);
  ASSERT_TRUE(admission->extend({{second, &deployment}}, call(usd(4), 40), kStrict));
  admission->settle(usd(3), 30, tick(1));
  EXPECT_EQ(first->balance({}, kAt).spent, Money{});
  EXPECT_EQ(second->balance({}, kAt).spent, usd(3));
  EXPECT_EQ(key->balance({}, kAt).spent, usd(3));
}

}  // namespace
}  // namespace gatehouse::limits
