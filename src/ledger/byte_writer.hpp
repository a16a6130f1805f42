#pragma once
/// Puts numbers and texts into memory of a fixed size.

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace gatehouse::ledger {

static_assert(std::endian::native == std::endian::little, "journals are little-endian");

/// Writes nothing behind the end; overflowed() tells that something was left out.
class ByteWriter {
 public:
  explicit ByteWriter(std::span<char> room)
      : begin_(room.data()), at_(begin_), end_(begin_ + room.size()) {}

  std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  bool overflowed() const noexcept { return overflowed_; }

  void u8(std::uint8_t value) noexcept { fixed(value); }
  void i64(std::int64_t value) noexcept { fixed(value); }
  /// LEB128: 1 byte up to 127, at most 10.
  void number(std::uint64_t value) noexcept {
    if (!fits(10)) return;
    while (value >= 0x80) {
      *at_++ = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    *at_++ = static_cast<char>(value);
  }
  void text(std::string_view bytes) noexcept {
    number(bytes.size());
    if (!fits(bytes.size())) return;
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

 private:
  template <class T>
  void fixed(T value) noexcept {
    if (!fits(sizeof(value))) return;
    std::memcpy(at_, &value, sizeof(value));
    at_ += sizeof(value);
  }
  bool fits(std::size_t bytes) noexcept {
    if (static_cast<std::size_t>(end_ - at_) >= bytes) return true;
    overflowed_ = true;
    return false;
  }

  char* begin_;
  char* at_;
  char* end_;
  bool overflowed_ = false;
};

}  // namespace gatehouse::ledger
