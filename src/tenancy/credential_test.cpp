#include "gatehouse/tenancy/credential.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::tenancy {
namespace {

using Form = Credential::Form;

Credential find(std::vector<net::HeaderField> fields, std::string_view key_header = {}) {
  return find_credential(net::HeaderList(fields), key_header);
}

TEST(Credential, ReadsEveryHeaderOfTheContract) {
  for (const std::string_view name : {"x-litellm-api-key", "API-Key", "X-Api-Key", "x-goog-api-key",
                                      "Ocp-Apim-Subscription-Key"}) {
    const Credential found = find({{name, "sk-1"}});
    EXPECT_EQ(found.form, Form::key) << name;
    EXPECT_EQ(found.key, "sk-1") << name;
  }
  EXPECT_EQ(find({{"Authorization", "Bearer sk-1"}}).key, "sk-1");
  EXPECT_EQ(find({{"authorization", "bearer  sk-1 "}}).key, "sk-1");
  EXPECT_EQ(find({{"authorization", "Basic sk-1"}}).key, "sk-1");
}

TEST(Credential, OwnHeaderWinsOverAuthorization) {
  EXPECT_EQ(find({{"Authorization", "Bearer sk-a"}, {"x-litellm-api-key", "Bearer sk-b"}}).key,
            "sk-b");
  EXPECT_EQ(find({{"x-api-key", "sk-c"}, {"Authorization", "Bearer sk-a"}}).key, "sk-a");
}

TEST(Credential, TellsMissingFromMalformed) {
  EXPECT_EQ(find({}).form, Form::none);
  EXPECT_EQ(find({{"Authorization", "sk-1"}}).form, Form::malformed);
  EXPECT_EQ(find({{"Authorization", "Bearer "}}).form, Form::malformed);
}

TEST(Credential, ConfiguredHeaderReplacesAllOthers) {
  EXPECT_EQ(find({{"Authorization", "Bearer sk-a"}}, "x-school-key").form, Form::none);
  EXPECT_EQ(find({{"X-School-Key", "sk-b"}}, "x-school-key").key, "sk-b");
}

}  // namespace
}  // namespace gatehouse::tenancy
