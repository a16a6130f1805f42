#include "receive_buffer.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace gatehouse::net {
namespace {

void put(ReceiveBuffer& buffer, std::string_view text) {
  ASSERT_GE(buffer.free_space().size(), text.size());
  std::memcpy(buffer.free_space().data(), text.data(), text.size());
  buffer.commit(text.size());
}

TEST(ReceiveBuffer, KeepsItsContentWhileItGrows) {
  ReceiveBuffer buffer;
  const std::string text(ReceiveBuffer::kInitial, 'x');
  put(buffer, text);
  EXPECT_TRUE(buffer.free_space().empty());
  buffer.grow(10 * ReceiveBuffer::kInitial);
  EXPECT_EQ(buffer.view(), text);
  EXPECT_EQ(buffer.capacity(), 4 * ReceiveBuffer::kInitial);
}

TEST(ReceiveBuffer, GrowsWithTheDataAndNeverBeyondTheNeed) {
  ReceiveBuffer buffer;
  buffer.grow(std::size_t{1} << 40);
  EXPECT_EQ(buffer.capacity(), 4 * ReceiveBuffer::kInitial);
  buffer.grow(buffer.capacity() + 100);
  EXPECT_EQ(buffer.capacity(), 4 * ReceiveBuffer::kInitial + 100);
  buffer.grow(0);
  EXPECT_EQ(buffer.capacity(), 4 * ReceiveBuffer::kInitial + 101);
}

TEST(ReceiveBuffer, PaddingIsReadableAtEveryFill) {
  ReceiveBuffer buffer;
  put(buffer, std::string(buffer.capacity(), 'x'));
  unsigned sum = 0;
  for (std::size_t i = 0; i < ReceiveBuffer::kPadding; ++i) {
    sum += static_cast<unsigned char>(buffer.data()[buffer.size() + i]);
  }
  EXPECT_EQ(sum, 0U);
}

TEST(ReceiveBuffer, GivesMemoryBackAfterALargeMessage) {
  ReceiveBuffer buffer;
  while (buffer.capacity() < 1'000'000) buffer.grow(1'000'000);
  put(buffer, std::string(900'000, 'a') + "next");
  buffer.consume(900'000);
  EXPECT_EQ(buffer.view(), "next");
  EXPECT_EQ(buffer.capacity(), ReceiveBuffer::kInitial);
}

TEST(ReceiveBuffer, KeepsWhatFollowsTheMessage) {
  ReceiveBuffer buffer;
  put(buffer, "one two");
  buffer.consume(4);
  EXPECT_EQ(buffer.view(), "two");
  put(buffer, "!");
  buffer.consume(4);
  EXPECT_TRUE(buffer.empty());
}

}  // namespace
}  // namespace gatehouse::net
