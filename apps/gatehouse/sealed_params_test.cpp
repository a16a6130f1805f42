#include "sealed_params.hpp"

#include <gtest/gtest.h>

#include "gatehouse/api/control_plane.hpp"

namespace gatehouse::app {
namespace {

crypto::SealingKey key_of(const char* text) {
  return crypto::SealingKey::from_text(core::Secret(text)).value();
}

class SealedParamsTest : public testing::Test {
 protected:
  SealedParamsTest() {
    both.add_previous(key_of("the first key of all"));
    model.model_id = "m-1";
  }

  std::string sealed(const crypto::KeyRing& keys, const char* secret, const char* name) {
    return std::string(api::kSealedPrefix) +
           keys.seal(core::Secret(secret), api::stored_model_place("m-1", name), random).value();
  }
  /// As the server wrote it before keys had ids.
  std::string sealed_long_ago(const char* secret, const char* name) {
    return std::string(api::kSealedPrefix) +
           key_of("the first key of all")
               .seal(core::Secret(secret), api::stored_model_place("m-1", name), random)
               .value();
  }
  static std::string params(const std::string& api_key, const std::string& headers) {
    return R"({"model":"openai/x","api_key":")" + api_key + R"(","rpm":5,"extra_headers":")" +
           headers + R"("})";
  }
  SealedValues counted(const crypto::KeyRing& keys) {
    SealedValues found;
    EXPECT_TRUE(count_sealed(model, keys, found));
    return found;
  }

  crypto::SystemRandomBytes random;
  crypto::KeyRing first{key_of("the first key of all")};
  crypto::KeyRing second{key_of("the second key of all")};
  crypto::KeyRing both{key_of("the second key of all")};
  tenancy::StoredModel model;
  const std::string plain =
      R"({"model":"openai/x","api_key":"sk-\"1","rpm":5,"extra_headers":{"x":"y"}})";
};

TEST_F(SealedParamsTest, SealsAnewWhatOlderKeysHaveSealed) {
  model.litellm_params =
      params(sealed_long_ago("sk-\"1", "api_key"), sealed(first, R"({"x":"y"})", "extra_headers"));
  EXPECT_EQ(opened_params(model, both).value(), plain);
  EXPECT_EQ(counted(both).by_key,
            (std::map<std::string, std::size_t>{{"", 1}, {first.current_id(), 1}}));
  const auto anew = resealed_params(model, both, random);
  ASSERT_TRUE(anew && *anew);
  model.litellm_params = **anew;
  EXPECT_EQ(opened_params(model, second).value(), plain);  // without the old key
  EXPECT_FALSE(opened_params(model, first));
  EXPECT_EQ(counted(both).by_key, (std::map<std::string, std::size_t>{{second.current_id(), 2}}));
}

TEST_F(SealedParamsTest, WhatTheKeyHasSealedStaysAsItIs) {
  model.litellm_params =
      params(sealed(second, "sk-1", "api_key"), sealed(second, "{}", "extra_headers"));
  EXPECT_FALSE(resealed_params(model, both, random).value().has_value());
  model.litellm_params = R"({"model":"openai/x","api_key":"os.environ/KEY"})";
  EXPECT_FALSE(resealed_params(model, both, random).value().has_value());
  EXPECT_TRUE(counted(both).by_key.empty());
}

TEST_F(SealedParamsTest, WhatNoKeyOpensIsToldAndStays) {
  const std::string lost = sealed(crypto::KeyRing(key_of("a key that was lost")), "s", "api_key");
  model.litellm_params = params(lost, sealed(first, "{}", "extra_headers"));
  EXPECT_EQ(counted(both).unopened, std::vector<std::string>{"m-1/api_key"});
  const auto anew = resealed_params(model, both, random);
  ASSERT_TRUE(anew && *anew);
  EXPECT_NE((*anew)->find(lost), std::string::npos);
  model.litellm_params = **anew;
  EXPECT_EQ(counted(both).by_key.at(second.current_id()), 1U);
}

TEST_F(SealedParamsTest, AnotherModelsValueDoesNotOpen) {
  model.litellm_params =
      params(sealed(first, "s", "api_key"), sealed(first, "{}", "extra_headers"));
  model.model_id = "m-2";
  EXPECT_FALSE(opened_params(model, both));
  EXPECT_EQ(counted(both).unopened.size(), 2U);
}

TEST_F(SealedParamsTest, BrokenJsonIsAnError) {
  model.litellm_params = "{";
  EXPECT_FALSE(resealed_params(model, both, random));
  SealedValues found;
  EXPECT_FALSE(count_sealed(model, both, found));
}

}  // namespace
}  // namespace gatehouse::app
