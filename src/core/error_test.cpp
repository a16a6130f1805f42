#include "gatehouse/core/error.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gatehouse::core {
namespace {

TEST(Error, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    const std::string_view name = name_of(static_cast<Errc>(code));
    EXPECT_NE(name, "unknown");
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

Result<int> failing() {
  return fail(Errc::rate_limited, "slow down", "bucket 7");
}

Result<void> passing() {
  Result<int> failed = failing();
  return pass(failed);
}

TEST(Error, TravelsFromOneResultToAnother) {
  const Result<void> result = passing();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::rate_limited);
  EXPECT_EQ(result.error().public_message, "slow down");
  EXPECT_EQ(result.error().internal_detail, "bucket 7");
  EXPECT_FALSE(result.error().retryable);
  EXPECT_STREQ(result.error().where.function_name(), failing().error().where.function_name());
  EXPECT_FALSE(Result<void>(pass(failing())));
}

TEST(Error, AResultHoldsItsValue) {
  const Result<std::string> result = std::string("value");
  ASSERT_TRUE(result);
  EXPECT_EQ(*result, "value");
  EXPECT_TRUE(Result<void>{});
}

}  // namespace
}  // namespace gatehouse::core
