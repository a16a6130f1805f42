#include "delivery.hpp"

#include <gtest/gtest.h>

namespace gatehouse::alerts {
namespace {

TEST(DeliveryTest, SignsAsTheExampleOfStandardWebhooks) {
  const core::Secret key = read_webhook_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
  const Message message{"msg_p5jXN8AQM9LWM0D4loKWxJek", R"({"test": 2432232314})"};
  EXPECT_EQ(webhook_signature(key, message, "1614265330"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_NE(webhook_signature(key, message, "1614265331"),
            webhook_signature(key, message, "1614265330"));
}

}  // namespace
}  // namespace gatehouse::alerts
