#pragma once
/// The bytes of one connection that were received and not used up yet.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace gatehouse::net {

/// Contiguous and growing; at least kPadding bytes behind the content are readable. Growing and
/// shrinking move the content.
class ReceiveBuffer {
 public:
  static constexpr std::size_t kInitial = 8 * 1024;
  static constexpr std::size_t kPadding = 64;

  ReceiveBuffer() { allocate(kInitial); }

  std::string_view view() const noexcept { return {memory_.get(), size_}; }
  char* data() noexcept { return memory_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }

  /// Where the next bytes may be received; empty when full.
  std::span<char> free_space() noexcept { return {memory_.get() + size_, capacity_ - size_}; }
  /// Counts `bytes` of the free space as content.
  void commit(std::size_t bytes) noexcept { size_ += bytes; }
  void truncate(std::size_t size) noexcept { size_ = size; }

  /// Makes room for at least one more byte: doubles, or quadruples while the need is known to be
  /// far larger, but never beyond `need` bytes (which must be more than the capacity).
  void grow(std::size_t need);
  /// Drops the first `bytes` and returns memory that a large message needed.
  void consume(std::size_t bytes);

 private:
  void allocate(std::size_t capacity);
  void move_to(std::size_t capacity);

  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace gatehouse::net
