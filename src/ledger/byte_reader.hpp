#pragma once
/// Takes numbers and texts out of bytes that may be anything.

#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatehouse::ledger {

/// After the first thing that does not fit, failed() is true and everything reads as zero or empty.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool failed() const noexcept { return failed_; }
  bool at_end() const noexcept { return rest_.empty(); }
  void fail() noexcept {
    failed_ = true;
    rest_ = {};
  }

  std::uint8_t u8() noexcept { return fixed<std::uint8_t>(); }
  std::int64_t i64() noexcept { return fixed<std::int64_t>(); }
  std::uint64_t number() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      if (shift == 63 && byte > 1) break;  // beyond 64 bits
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return failed_ ? 0 : value;
    }
    fail();
    return 0;
  }
  /// A number of at most `limit`.
  std::uint64_t number(std::uint64_t limit) noexcept {
    const std::uint64_t value = number();
    if (value > limit) fail();
    return failed_ ? 0 : value;
  }
  std::string_view text() noexcept {
    const std::uint64_t size = number();
    if (size > rest_.size()) fail();
    if (failed_) return {};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }

 private:
  template <class T>
  T fixed() noexcept {
    if (rest_.size() < sizeof(T)) {
      fail();
      return 0;
    }
    T value = 0;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace gatehouse::ledger
