#include "rate_limit_headers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::gateway {
namespace {

void note(models::DeploymentHealth& health, std::vector<net::HeaderField> fields) {
  note_rate_limits(net::HeaderList(fields), health);
}

TEST(RateLimitHeaders, AreReadInTheNamesOfBothVendors) {
  models::DeploymentHealth openai;
  EXPECT_FALSE(openai.remaining_requests());
  note(openai, {{"Content-Type", "application/json"},
                {"X-RateLimit-Remaining-Requests", "4999"},
                {"x-ratelimit-remaining-tokens", "0"}});
  EXPECT_EQ(openai.remaining_requests(), 4999u);
  EXPECT_EQ(openai.remaining_tokens(), 0u);
  models::DeploymentHealth anthropic;
  note(anthropic, {{"anthropic-ratelimit-requests-remaining", "7"},
                   {"anthropic-ratelimit-tokens-remaining", "80000"}});
  EXPECT_EQ(anthropic.remaining_requests(), 7u);
  EXPECT_EQ(anthropic.remaining_tokens(), 80'000u);
}

TEST(RateLimitHeaders, KeepsWhatWasToldWhenAReplyDoesNotSay) {
  models::DeploymentHealth health;
  note(health, {{"x-ratelimit-remaining-requests", "12"}});
  note(health, {{"x-ratelimit-remaining-requests", "-1"},
                {"x-ratelimit-remaining-tokens", "many"},
                {"x-ratelimit-limit-requests", "99"}});
  EXPECT_EQ(health.remaining_requests(), 12u);
  EXPECT_FALSE(health.remaining_tokens());
}

}  // namespace
}  // namespace gatehouse::gateway
