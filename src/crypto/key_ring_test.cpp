#include "gatehouse/crypto/key_ring.hpp"

#include <gtest/gtest.h>

namespace gatehouse::crypto {
namespace {

class KeyRingTest : public testing::Test {
 protected:
  static SealingKey key(const char* text) {
    return SealingKey::from_text(core::Secret(text)).value();
  }

  SystemRandomBytes random;
  KeyRing first{key("the first key of all")};
};

TEST_F(KeyRingTest, NamesTheKeyThatSealed) {
  const std::string sealed = first.seal(core::Secret("s"), "p", random).value();
  EXPECT_EQ(KeyRing::id_in(sealed), first.current_id());
  EXPECT_EQ(first.current_id(), key("the first key of all").id());
  EXPECT_EQ(first.open(sealed, "p").value().reveal(), "s");
  EXPECT_EQ(first.open(sealed, "q").error().code, core::Errc::invalid_argument);
}

TEST_F(KeyRingTest, OpensWhatAnEarlierKeySealedAndSealsWithTheNewOne) {
  const std::string old = first.seal(core::Secret("s"), "p", random).value();
  KeyRing second(key("the second key of all"));
  EXPECT_EQ(second.open(old, "p").error().code, core::Errc::not_found);
  second.add_previous(key("the first key of all"));
  EXPECT_EQ(second.open(old, "p").value().reveal(), "s");
  const std::string fresh = second.seal(core::Secret("s"), "p", random).value();
  EXPECT_EQ(KeyRing::id_in(fresh), second.current_id());
  EXPECT_NE(second.current_id(), first.current_id());
  EXPECT_EQ(first.open(fresh, "p").error().code, core::Errc::not_found);
}

TEST_F(KeyRingTest, OpensTextsOfBeforeKeysHadNames) {
  const std::string old = key("the first key of all").seal(core::Secret("s"), "p", random).value();
  EXPECT_EQ(KeyRing::id_in(old), "");
  EXPECT_EQ(first.open(old, "p").value().reveal(), "s");
  KeyRing second(key("the second key of all"));
  EXPECT_EQ(second.open(old, "p").error().code, core::Errc::invalid_argument);
  second.add_previous(key("a key in between"));
  second.add_previous(key("the first key of all"));
  EXPECT_EQ(second.open(old, "p").value().reveal(), "s");
}

TEST_F(KeyRingTest, ANameIsNoWayAroundTheCheck) {
  KeyRing second(key("the second key of all"));
  second.add_previous(key("the first key of all"));
  const std::string old = first.seal(core::Secret("s"), "p", random).value();
  const std::string renamed = second.current_id() + old.substr(SealingKey::kIdLength);
  EXPECT_EQ(second.open(renamed, "p").error().code, core::Errc::invalid_argument);
  for (const char* text : {"", ":", "12345678:", "123456789:ab", "zz"}) {
    EXPECT_FALSE(second.open(text, "p")) << text;
  }
}

TEST_F(KeyRingTest, ADoubledKeyIsOne) {
  first.add_previous(key("the first key of all"));
  const std::string sealed = first.seal(core::Secret("s"), "p", random).value();
  EXPECT_EQ(first.open(sealed, "p").value().reveal(), "s");
}

}  // namespace
}  // namespace gatehouse::crypto
