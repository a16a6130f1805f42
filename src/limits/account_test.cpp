#include "gatehouse/limits/account.hpp"

#include <gtest/gtest.h>

#include "id_hash.hpp"
#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::BudgetLimit;
using core::LimitSet;
using core::Money;
using core::Scope;
using test::account;
using test::call;
using test::tick;
using test::usd;
using test::utc;

TEST(Account, StartsFromTheLedgersCounters) {
  const auto key = account(
      Scope::key, "k",
      {{"", {}, usd(70)}, {"1d", utc(2026, 7, 15), usd(3)}, {"1mo", utc(2026, 6, 1), usd(9)}});
  const auto at = utc(2026, 7, 15, 12);
  EXPECT_EQ(key->balance({}, at).spent, usd(70));
  EXPECT_EQ(key->balance({.max = {}, .duration = "1d"}, at).spent, usd(3));
  EXPECT_EQ(key->balance({.max = {}, .duration = "1d"}, utc(2026, 7, 16)).spent, Money{});
  EXPECT_EQ(key->balance({.max = {}, .duration = "1mo"}, at).spent, Money{});  // June is over
  EXPECT_EQ(key->balance({.max = {}, .duration = "7d"}, at).spent, Money{});
}

TEST(Account, KeepsASpendThatItsAnchorHoldsInForce) {
  const BudgetLimit anchored{.max = usd(5), .duration = "30d", .anchor = utc(2026, 6, 20, 10, 30)};
  const auto key = account(Scope::key, "k", {{"30d", utc(2026, 6, 20, 10, 30), usd(4)}});
  EXPECT_EQ(key->balance(anchored, utc(2026, 7, 15)).spent, usd(4));
  EXPECT_EQ(key->balance(anchored, utc(2026, 7, 20, 10, 30)).spent, Money{});
}

TEST(Account, TakesCorrections) {
  const BudgetLimit day{.max = usd(5), .duration = "1d"};
  const auto key = account(Scope::key, "k", {{"1d", utc(2026, 7, 15), usd(4)}});
  key->adjust(day, utc(2026, 7, 15, 3), usd(-4));
  EXPECT_EQ(key->balance(day, utc(2026, 7, 15, 4)).spent, Money{});
  key->adjust({}, utc(2026, 7, 15), usd(2));
  EXPECT_EQ(key->balance({}, utc(2026, 7, 15)).spent, usd(2));
  key->adjust(day, utc(2026, 7, 16), usd(1));  // begins the next day
  EXPECT_EQ(key->balance(day, utc(2026, 7, 16)).spent, usd(1));
  key->adjust(day, utc(2026, 7, 15), usd(7));  // of a day that is over
  EXPECT_EQ(key->balance(day, utc(2026, 7, 16)).spent, usd(1));
  key->adjust({}, utc(2026, 7, 15), Money::max());
  EXPECT_EQ(key->balance({}, utc(2026, 7, 15)).spent, Money::max());
}

TEST(AccountBook, HoldsOneAccountForAName) {
  AccountBook book(7);
  EXPECT_EQ(book.find(Scope::key, "a"), nullptr);
  const std::vector<CounterState> settled{{"", {}, usd(1)}};
  const auto first = book.add(Scope::key, "a", settled);
  EXPECT_EQ(book.add(Scope::key, "a", {}), first);
  EXPECT_EQ(book.find(Scope::key, "a"), first);
  EXPECT_EQ(book.find(Scope::team, "a"), nullptr);
  EXPECT_NE(book.add(Scope::team, "a", {}), first);
  EXPECT_EQ(book.size(), 2U);
  EXPECT_EQ(first->balance({}, utc(2026, 1, 1)).spent, usd(1));
}

TEST(AccountBook, FindsEachOfMany) {
  AccountBook book;
  std::vector<std::shared_ptr<Account>> all;
  for (int i = 0; i < 5'000; ++i) all.push_back(book.add(Scope::key, std::to_string(i), {}));
  EXPECT_EQ(book.size(), 5'000U);
  for (int i = 0; i < 5'000; ++i) {
    ASSERT_EQ(book.find(Scope::key, std::to_string(i)), all[static_cast<std::size_t>(i)]);
  }
}

TEST(AccountBook, ForgetsOnlyWhatNobodyUses) {
  AccountBook book;
  const LimitSet none;
  const auto use = [&](const char* id, core::MonotonicTime now) {
    return Admission::admit({{book.add(Scope::end_user, id, {}), &none}}, call(usd(1), 0, now), {});
  };
  auto open = use("open", tick(10));
  {
    use("old", tick(10))->settle(usd(1), 0, tick(20));
  }
  {
    use("late", tick(10))->settle(usd(1), 0, tick(30));
  }
  const auto held = book.add(Scope::end_user, "held", {});
  EXPECT_EQ(book.drop_idle(tick(20)), 0U);
  EXPECT_EQ(book.drop_idle(tick(21)), 1U);
  EXPECT_EQ(book.find(Scope::end_user, "old"), nullptr);
  EXPECT_NE(book.find(Scope::end_user, "open"), nullptr);
  EXPECT_NE(book.find(Scope::end_user, "late"), nullptr);
  EXPECT_EQ(book.find(Scope::end_user, "held"), held);
  open->settle(usd(1), 0, tick(40));
  EXPECT_EQ(book.drop_idle(tick(100)), 1U);  // "late"; `open` and `held` still hold theirs
}

TEST(IdHash, IsSipHash) {
  std::string text;
  for (char c = 0; c < 15; ++c) text += c;
  // The example of the paper, appendix A.
  EXPECT_EQ((sip_hash<2, 4>(0x0706050403020100U, 0x0f0e0d0c0b0a0908U, text)), 0xa129ca6149be45e5U);
  EXPECT_NE(hash_id(1, 5, text), hash_id(2, 5, text));
  EXPECT_NE(hash_id(1, 5, text), hash_id(1, 6, text));
}

}  // namespace
}  // namespace gatehouse::limits
