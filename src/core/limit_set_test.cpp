#include "gatehouse/core/limit_set.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gatehouse::core {
namespace {

TEST(Scope, NamesAreDistinctAndReversible) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kScopes; ++i) {
    const auto scope = static_cast<Scope>(i);
    EXPECT_TRUE(names.insert(name_of(scope)).second) << name_of(scope);
    EXPECT_EQ(scope_named(name_of(scope)), scope);
  }
  EXPECT_EQ(name_of(Scope::key), "api_key");
  EXPECT_FALSE(scope_named("nobody"));
}

TEST(Scope, PairsDoNotCollide) {
  EXPECT_NE(pair_id("a", "bc"), pair_id("ab", "c"));
  EXPECT_NE(pair_id("a/b", "c"), pair_id("a", "b/c"));
}

TEST(LimitSet, IsEmptyOnlyWithoutAnyBound) {
  LimitSet limits;
  EXPECT_TRUE(limits.empty());
  limits.rate.parallel_requests = 1;
  EXPECT_FALSE(limits.empty());
  limits = {};
  limits.budgets.push_back({Money::nano_usd(0)});
  EXPECT_FALSE(limits.empty());
}

}  // namespace
}  // namespace gatehouse::core
