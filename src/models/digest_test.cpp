#include "digest.hpp"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace gatehouse::models {
namespace {

std::string digest(std::string_view text) {
  return Digest().add(text).hex();
}

// Records name these identifiers, so they must not change between versions and machines.
TEST(Digest, IsTheSameForever) {
  EXPECT_EQ(digest(""), "3550007bfaecb520ae695fc2174b1a7d");
  EXPECT_EQ(digest("gatehouse"), "7aaaae7fb07c2cda9c4d1ad4590e656c");
  EXPECT_EQ(Digest().add("a").add("b").hex(), "9a1ffc21fb20b4dfbb70c653a3ee432b");
}

TEST(Digest, TellsPartsApart) {
  EXPECT_NE(Digest().add("ab").add("c").hex(), Digest().add("a").add("bc").hex());
  EXPECT_NE(Digest().add("a").add("").hex(), digest("a"));
  EXPECT_NE(digest(std::string("a\0", 2)), digest("a"));
}

TEST(Digest, EveryBitOfTheTextCounts) {
  const std::string text = "the quick brown fox jumps over the lazy dog, twice";
  std::unordered_set<std::string> seen = {digest(text)};
  for (std::size_t byte = 0; byte < text.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = text;
      changed[byte] = static_cast<char>(changed[byte] ^ (1 << bit));
      EXPECT_TRUE(seen.insert(digest(changed)).second);
    }
  }
  for (int i = 0; i < 20'000; ++i) EXPECT_TRUE(seen.insert(digest(std::to_string(i))).second);
}

}  // namespace
}  // namespace gatehouse::models
