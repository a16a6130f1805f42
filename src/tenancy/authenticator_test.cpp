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

/// One key that is in memory, one that is not.
class FakeDirectory final : public Directory {
 public:
  std::uint64_t generation() const noexcept override { return 1; }
  Lookup find_key(const crypto::Sha256& hash) const override {
    if (hash == crypto::sha256("sk-absent")) return {};
    if (hash == crypto::sha256("sk-known-key-1234")) return {Lookup::State::found, principal};
    return {Lookup::State::unknown, {}};
  }
  SubjectLookup find_end_user(std::string_view) const override { return {}; }
  SubjectLookup find_tag(std::string_view) const override { return {}; }
  std::vector<std::shared_ptr<const Principal>> warm_principals(
      std::size_t, const std::function<bool(const Principal&)>&) const override {
    return {};
  }
  core::Result<void> load_key(const crypto::Sha256&) override { return {}; }
  core::Result<void> load_end_user(std::string_view) override { return {}; }
  core::Result<void> load_tag(std::string_view) override { return {}; }
  std::shared_ptr<Principal> principal = std::make_shared<Principal>();
};

class VirtualKeyTest : public testing::Test {
 protected:
  VirtualKeyTest() {
    key.token = crypto::sha256_hex("sk-known-key-1234");
    key.key_name = "sk-...1234";
  }
  Authenticator::Outcome with(std::string_view text, std::string_view changed_by = "me") {
    const std::vector<net::HeaderField> fields{{"x-litellm-api-key", text},
                                               {"x-litellm-changed-by", changed_by}};
    return authenticator.begin(net::HeaderList(fields), now);
  }
  /// "status type param: message" of a refusal, "" when the key is good.
  std::string refusal() {
    directory.principal->key = std::make_shared<const KeyRecord>(key);
    const auto outcome = with("sk-known-key-1234");
    const auto* failed = std::get_if<AuthenticationFailure>(&outcome);
    return failed ? std::to_string(failed->status) + " " + failed->type + " " + failed->param +
                        ": " + failed->message
                  : "";
  }
  core::WallTime now{core::Seconds(1'767'225'600)};
  KeyRecord key;
  FakeDirectory directory;
  Authenticator authenticator{core::Secret("sk-master"), {}, &directory};
};

TEST_F(VirtualKeyTest, FindsTheCallerOfAKey) {
  key.user_id = "u";
  auto organization = std::make_shared<OrganizationRecord>();
  organization->organization_id = "tenant";
  directory.principal->organization = organization;
  EXPECT_EQ(refusal(), "");
  const auto outcome = with("sk-known-key-1234", "me\nyou");
  const Caller& caller = std::get<Caller>(outcome);
  EXPECT_EQ(caller.role, CallerRole::internal_user);
  EXPECT_EQ(caller.tenant.view(), "tenant");
  EXPECT_EQ(caller.user_id(), "u");
  EXPECT_EQ(caller.token(), key.token);
  EXPECT_EQ(caller.changed_by.find('\n'), std::string::npos);
  EXPECT_FALSE(caller.master());
  auto user = std::make_shared<UserRecord>();
  user->role = UserRole::proxy_admin_viewer;
  directory.principal->user = user;
  EXPECT_EQ(std::get<Caller>(with("sk-known-key-1234")).role, CallerRole::proxy_admin_viewer);
}

TEST_F(VirtualKeyTest, SaysWhatHasToBeLoaded) {
  EXPECT_EQ(std::get<KeyToLoad>(with("sk-absent")).hash, crypto::sha256("sk-absent"));
  EXPECT_TRUE(std::get<Caller>(with("sk-master")).master());
}

TEST_F(VirtualKeyTest, NeverTakesAHash) {
  for (const std::string& text : {key.token, "sk-" + key.token}) {
    EXPECT_TRUE(std::holds_alternative<AuthenticationFailure>(with(text))) << text;
  }
}

TEST_F(VirtualKeyTest, RefusesInTheOrderOfTheContract) {
  EXPECT_EQ(std::get<AuthenticationFailure>(with("sk-unknown-key-9999")).message,
            "Authentication Error, Invalid proxy server token passed. Received API Key = "
            "sk-...9999, Key Hash (Token) = " +
                crypto::sha256_hex("sk-unknown-key-9999") + ". Unable to find token.");
  auto organization = std::make_shared<OrganizationRecord>();
  organization->organization_id = "o";
  organization->blocked = true;
  directory.principal->organization = organization;
  EXPECT_EQ(refusal(), "401 auth_error None: Authentication Error, Organization=o is blocked.");
  auto team = std::make_shared<TeamRecord>();
  team->team_id = "t";
  team->blocked = true;
  directory.principal->team = team;
  EXPECT_EQ(refusal(),
            "401 auth_error None: Authentication Error, Team=t is blocked. Update via "
            "`/team/unblock` if you're an admin.");
  key.expires = now;
  EXPECT_EQ(refusal(),
            "400 expired_key sk-...1234: Authentication Error - Expired Key. Key Expiry time "
            "2026-01-01T00:00:00.000Z and current time 2026-01-01T00:00:00.000Z");
  key.blocked = true;
  EXPECT_EQ(refusal(),
            "401 auth_error None: Authentication Error, Key is blocked. Update via `/key/unblock` "
            "if you're an admin.");
  key.replaced_by = "new";
  EXPECT_TRUE(refusal().starts_with("401 token_not_found_in_db key:")) << "its grace is over";
}

TEST(Authenticator, WithoutMasterKeyRefusesEverything) {
  const Authenticator closed{core::Secret()};
  const std::vector<net::HeaderField> fields{{"authorization", "Bearer "}};
  EXPECT_FALSE(closed.authenticate(net::HeaderList(fields)));
  EXPECT_FALSE(closed.authenticate(net::HeaderList()));
}

}  // namespace
}  // namespace gatehouse::tenancy
