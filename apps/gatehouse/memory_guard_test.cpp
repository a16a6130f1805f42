#include "memory_guard.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

namespace gatehouse::app {
namespace {

using net::MemoryPressure;

TEST(MemoryGuardTest, RisesAtItsBoundsAndFallsBelowThem) {
  constexpr std::uint64_t kLimit = 1'000'000;
  const auto at = [](std::uint64_t used, MemoryPressure before) {
    return pressure_of(used, kLimit, before);
  };
  EXPECT_EQ(at(790'000, MemoryPressure::none), MemoryPressure::none);
  EXPECT_EQ(at(810'000, MemoryPressure::none), MemoryPressure::high);
  EXPECT_EQ(at(960'000, MemoryPressure::none), MemoryPressure::critical);
  EXPECT_EQ(at(920'000, MemoryPressure::critical), MemoryPressure::critical);
  EXPECT_EQ(at(890'000, MemoryPressure::critical), MemoryPressure::high);
  EXPECT_EQ(at(770'000, MemoryPressure::high), MemoryPressure::high);
  EXPECT_EQ(at(740'000, MemoryPressure::high), MemoryPressure::none);
  EXPECT_EQ(at(5'000'000, MemoryPressure::none), MemoryPressure::critical);
  EXPECT_EQ(pressure_of(5, 0, MemoryPressure::none), MemoryPressure::none);
}

TEST(MemoryGuardTest, CountsWhatIsWrittenTo) {
  const std::uint64_t before = anonymous_memory();
  ASSERT_GT(before, 0U);
  const std::vector<char> block(std::size_t{64} << 20, 'x');
  EXPECT_GE(anonymous_memory(), before + (std::uint64_t{60} << 20)) << block.size();
}

TEST(MemoryGuardTest, TellsOfAChange) {
  std::promise<MemoryPressure> told;
  MemoryGuard guard(1, [&](MemoryPressure now, std::uint64_t) { told.set_value(now); });
  EXPECT_EQ(told.get_future().get(), MemoryPressure::critical);
  EXPECT_EQ(guard.flag().load(), MemoryPressure::critical);
}

}  // namespace
}  // namespace gatehouse::app
