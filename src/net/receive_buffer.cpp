#include "receive_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gatehouse::net {

void ReceiveBuffer::allocate(std::size_t capacity) {
  memory_ = std::make_unique_for_overwrite<char[]>(capacity + kPadding);
  std::memset(memory_.get() + capacity, 0, kPadding);
  capacity_ = capacity;
}

void ReceiveBuffer::move_to(std::size_t capacity) {
  const auto old = std::exchange(memory_, nullptr);
  allocate(capacity);
  std::memcpy(memory_.get(), old.get(), size_);
}

void ReceiveBuffer::grow(std::size_t need) {
  move_to(std::min(std::max(need, capacity_ + 1), capacity_ * (need > 8 * capacity_ ? 4 : 2)));
}

void ReceiveBuffer::consume(std::size_t bytes) {
  size_ -= bytes;
  if (size_ != 0) std::memmove(memory_.get(), memory_.get() + bytes, size_);
  if (capacity_ > 2 * std::max(kInitial, size_)) move_to(std::max(kInitial, size_));
}

}  // namespace gatehouse::net
