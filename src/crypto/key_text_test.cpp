#include "gatehouse/crypto/key_text.hpp"

#include <gtest/gtest.h>

#include <set>

#include "gatehouse/crypto/base64url.hpp"

namespace gatehouse::crypto {
namespace {

class NoRandomBytes final : public RandomBytes {
 public:
  core::Result<std::string> get(std::size_t) override {
    return core::fail(core::Errc::unavailable, "none");
  }
};

class FewRandomBytes final : public RandomBytes {
 public:
  core::Result<std::string> get(std::size_t) override { return std::string("short"); }
};

class FixedBytes final : public RandomBytes {
 public:
  core::Result<std::string> get(std::size_t count) override { return std::string(count, '\0'); }
};

TEST(KeyText, IsPrefixAndThirtyTwoBytes) {
  FixedBytes random;
  EXPECT_EQ(new_key(random)->reveal(), "sk-" + std::string(43, 'A'));
}

TEST(KeyText, KeysDiffer) {
  SystemRandomBytes random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto key = new_key(random);
    ASSERT_TRUE(key);
    EXPECT_EQ(key->reveal().size(), 46u);
    EXPECT_EQ(from_base64url(key->reveal().substr(3))->size(), 32u);
    seen.emplace(key->reveal());
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(KeyText, IsRefusedWithoutRandomBytes) {
  NoRandomBytes none;
  EXPECT_EQ(new_key(none).error().code, core::Errc::unavailable);
  FewRandomBytes few;
  EXPECT_EQ(new_key(few).error().code, core::Errc::unavailable);
}

TEST(RandomBytes, GivesTheCountAndHasALimit) {
  SystemRandomBytes random;
  EXPECT_EQ(random.get(0)->size(), 0u);
  EXPECT_EQ(random.get(1024)->size(), 1024u);
  EXPECT_NE(*random.get(32), *random.get(32));
  EXPECT_FALSE(random.get(1025));
}

}  // namespace
}  // namespace gatehouse::crypto
