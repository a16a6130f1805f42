#pragma once
/// One file of a journal: a header and frames. A position in a journal is the segment's number in
/// the upper 32 bits and the offset in its file in the lower.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "disk.hpp"
#include "gatehouse/ledger/entry.hpp"

namespace gatehouse::ledger {

using Position = std::uint64_t;

inline constexpr std::size_t kHeaderBytes = 512;  // a sector, written whole or not at all
inline constexpr std::size_t kFrameHead = 8;      // length and checksum

constexpr Position position_of(std::uint32_t sequence, std::size_t offset) noexcept {
  return Position{sequence} << 32 | offset;
}
constexpr std::uint32_t sequence_of(Position position) noexcept {
  return static_cast<std::uint32_t>(position >> 32);
}
constexpr std::size_t offset_of(Position position) noexcept {
  return position & 0xFFFF'FFFF;
}

/// Bytes that a frame with a payload of `size` bytes takes: frames start at multiples of 8.
constexpr std::size_t frame_bytes(std::size_t size) noexcept {
  return (kFrameHead + size + 7) & ~std::size_t{7};
}
inline constexpr std::size_t kMaxFrame = frame_bytes(kMaxEntry);

class Segment {
 public:
  struct Name {
    std::uint32_t writer = 0;
    std::uint32_t sequence = 0;
  };
  static std::string file_name(Name name);
  /// Nothing for a file that is no segment.
  static std::optional<Name> parse_name(std::string_view file);

  /// A new file, on the disk with its header when this returns. `salt` differs between segments, so
  /// that no bytes of one are a frame of another.
  static core::Result<std::unique_ptr<Segment>> create(Disk& disk, Name name, std::uint64_t bytes,
                                                       std::uint64_t salt);
  /// Null when the header is not whole: nothing was acknowledged that is in it.
  static core::Result<std::unique_ptr<Segment>> open(Disk& disk, Name name);

  Name name() const noexcept { return name_; }
  std::size_t size() const noexcept { return size_; }
  SegmentFile& file() const noexcept { return *file_; }

  /// Where the payload of a frame at `offset` goes. There are kMaxFrame bytes left.
  std::span<char> payload_room(std::size_t offset) const noexcept {
    return {data_ + offset + kFrameHead, kMaxEntry};
  }
  /// Makes the frame at `offset`, whose payload is in place, an entry: a reader sees all or
  /// nothing.
  void publish(std::size_t offset, std::size_t payload) noexcept;

  /// The payload of the frame at `offset`; nothing where none is, or a damaged one.
  std::optional<std::string_view> frame(std::size_t offset) const noexcept;
  /// The next offset at or after `offset` with a valid frame; size() when there is none.
  std::size_t find_frame(std::size_t offset) const noexcept;

 private:
  Segment(std::unique_ptr<SegmentFile> file, Name name, std::uint64_t salt);
  std::uint32_t checksum(std::size_t offset, std::string_view payload) const noexcept;

  std::unique_ptr<SegmentFile> file_;
  Name name_;
  std::uint64_t salt_;
  char* data_;
  std::size_t size_;
};

}  // namespace gatehouse::ledger
