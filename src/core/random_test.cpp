#include "gatehouse/core/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "gatehouse/core/text.hpp"

namespace gatehouse::core {
namespace {

TEST(Random, SeededSequenceIsSplitMix64) {
  SeededRandom random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317u);
  EXPECT_EQ(random.next(), 3203168211198807973u);
  EXPECT_EQ(random.next(), 9817491932198370423u);
}

TEST(Random, SystemSequencesDiffer) {
  SystemRandom a;
  SystemRandom b;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    seen.insert(a.next());
    seen.insert(b.next());
  }
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(Random, BelowIsInRangeAndFair) {
  SeededRandom random(1);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70'000; ++i) {
    const std::uint64_t value = random.below(counts.size());
    ASSERT_LT(value, counts.size());
    ++counts[value];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
  EXPECT_EQ(random.below(1), 0u);
  for (int i = 0; i < 100; ++i) EXPECT_LT(random.below(~std::uint64_t{0}), ~std::uint64_t{0});
}

bool is_uuid(std::string_view text, char version) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : std::string_view("0123456789abcdef").find(text[i]) > 15) {
      return false;
    }
  }
  return text[14] == version && std::string_view("89ab").find(text[19]) < 4;
}

TEST(Ids, AreUuidsOfVersion7) {
  ManualClock clock;
  SeededRandom random(1);
  SystemIdSource ids(clock, random);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = ids.uuid();
    ASSERT_TRUE(is_uuid(id, '7')) << id;
    seen.insert(id);
  }
  EXPECT_EQ(seen.size(), 1000u);
}

TEST(Ids, CarryTheTimeInOrder) {
  ManualClock clock;
  SeededRandom random(1);
  SystemIdSource ids(clock, random);
  // 2026-01-01T00:00:00Z is 0x019b76daa800 milliseconds after the epoch.
  EXPECT_EQ(ids.uuid().substr(0, 13), "019b76da-a800");
  std::string last;
  for (int i = 0; i < 100; ++i) {
    clock.advance(Millis(1));
    const std::string id = ids.uuid();
    ASSERT_LT(last, id);
    last = id;
  }
}

TEST(Ids, CountInTests) {
  CountingIdSource ids;
  EXPECT_EQ(ids.uuid(), "00000000-0000-7000-8000-000000000001");
  EXPECT_EQ(ids.uuid(), "00000000-0000-7000-8000-000000000002");
  EXPECT_TRUE(is_uuid(ids.uuid(), '7'));
}

}  // namespace
}  // namespace gatehouse::core
