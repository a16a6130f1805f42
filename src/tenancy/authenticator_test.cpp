#include "gatehouse/tenancy/authenticator.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::tenancy {
namespace {

class AuthenticatorTest : public testing::Test {
 protected:
  std::expected<Caller, AuthenticationFailure> with(std::string_view header) {
    const std::vector<net::HeaderField> fields{{"authorization", header}};
    return authenticator.authenticate(net::HeaderList(fields));
  }
  Authenticator authenticator{core::Secret("sk-master-0123456789abcdef")};
};

TEST_F(AuthenticatorTest, AcceptsTheMasterKey) {
  const auto caller = with("Bearer sk-master-0123456789abcdef");
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->role, CallerRole::proxy_admin);
  EXPECT_EQ(caller->tenant.view(), "default");
}

TEST_F(AuthenticatorTest, RefusesInTheContractsWords) {
  const auto missing = authenticator.authenticate(net::HeaderList());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "Authentication Error, No api key passed in.");
  EXPECT_EQ(missing.error().type, "auth_error");

  const auto malformed = with("sk-master-0123456789abcdef");
  ASSERT_FALSE(malformed);
  EXPECT_NE(malformed.error().message.find("Malformed API Key"), std::string::npos);

  const auto foreign = with("Bearer abcdefghijklmnopq");
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message.find("expected to start with 'sk-'"), std::string::npos);

  const auto unknown = with("Bearer sk-unknown-key-0000");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().type, "token_not_found_in_db");
  EXPECT_EQ(unknown.error().param, "key");
}

TEST_F(AuthenticatorTest, NeverRepeatsTheKey) {
  const auto unknown = with("Bearer sk-secret-secret-secret-tail");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message.find("secret"), std::string::npos);
}

TEST(Authenticator, WithoutMasterKeyRefusesEverything) {
  const Authenticator closed{core::Secret()};
  const std::vector<net::HeaderField> fields{{"authorization", "Bearer "}};
  EXPECT_FALSE(closed.authenticate(net::HeaderList(fields)));
  EXPECT_FALSE(closed.authenticate(net::HeaderList()));
}

}  // namespace
}  // namespace gatehouse::tenancy
