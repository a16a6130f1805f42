#include "segment.hpp"

#include <atomic>
#include <charconv>
#include <cstring>

#include "crc32c.hpp"

namespace gatehouse::ledger {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr char kMagic[8] = {'G', 'H', 'J', 'R', 'N', 'L', '\r', '\n'};

struct Header {
  char magic[8];
  std::uint32_t version;
  std::uint32_t writer;
  std::uint32_t sequence;
  std::uint32_t reserved;
  std::uint64_t base;
  std::uint64_t size;
  std::uint64_t salt;
  std::uint32_t unused;
  std::uint32_t checksum;  // of what is before
};
static_assert(sizeof(Header) == 56);

std::uint32_t checksum_of(const Header& header) noexcept {
  return crc32c(&header, offsetof(Header, checksum));
}

std::atomic_ref<std::uint32_t> length_at(char* frame) noexcept {
  return std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(frame));
}

void append_padded(std::string& out, std::uint32_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  out.append(width > digits.size() ? width - digits.size() : 0, '0');
  out += digits;
}

std::optional<std::uint32_t> number(std::string_view digits) noexcept {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
  if (error != std::errc{} || end != digits.end()) return std::nullopt;
  return value;
}

}  // namespace

std::string Segment::file_name(Name name) {
  std::string text = "w";
  append_padded(text, name.writer, 4);
  text += '-';
  append_padded(text, name.sequence, 10);
  return text += ".journal";
}

std::optional<Segment::Name> Segment::parse_name(std::string_view file) {
  const std::size_t dash = file.find('-');
  if (!file.starts_with('w') || !file.ends_with(".journal") || dash == file.npos) {
    return std::nullopt;
  }
  const auto writer = number(file.substr(1, dash - 1));
  const auto sequence = number(file.substr(dash + 1, file.size() - dash - 9));
  if (!writer || !sequence) return std::nullopt;
  return Name{*writer, *sequence};
}

Segment::Segment(std::unique_ptr<SegmentFile> file, Name name, std::uint64_t salt)
    : file_(std::move(file)),
      name_(name),
      salt_(salt),
      data_(file_->bytes().data()),
      size_(file_->bytes().size()) {}

core::Result<std::unique_ptr<Segment>> Segment::create(Disk& disk, Name name, std::uint64_t bytes,
                                                       std::uint64_t salt) {
  auto file = disk.create(file_name(name), bytes);
  if (!file) return core::pass(file);
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  header.version = kVersion;
  header.writer = name.writer;
  header.sequence = name.sequence;
  header.base = position_of(name.sequence, kHeaderBytes);
  header.size = bytes;
  header.salt = salt;
  header.checksum = checksum_of(header);
  std::memcpy((*file)->bytes().data(), &header, sizeof(header));
  auto synced = (*file)->sync();
  if (synced) synced = disk.sync_names();
  if (!synced) {
    disk.remove(file_name(name));
    return core::pass(synced);
  }
  return std::unique_ptr<Segment>(new Segment(std::move(*file), name, salt));
}

core::Result<std::unique_ptr<Segment>> Segment::open(Disk& disk, Name name) {
  auto file = disk.open(file_name(name));
  if (!file) return core::pass(file);
  if (*file == nullptr) return std::unique_ptr<Segment>();
  Header header{};
  const std::span<char> bytes = (*file)->bytes();
  if (bytes.size() < kHeaderBytes) return std::unique_ptr<Segment>();
  std::memcpy(&header, bytes.data(), sizeof(header));
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 ||
      header.checksum != checksum_of(header) || header.size != bytes.size()) {
    return std::unique_ptr<Segment>();
  }
  if (header.version != kVersion || header.writer != name.writer ||
      header.sequence != name.sequence) {
    return core::fail(core::Errc::conflict, "a journal segment is not of this program version",
                      file_name(name));
  }
  return std::unique_ptr<Segment>(new Segment(std::move(*file), name, header.salt));
}

std::uint32_t Segment::checksum(std::size_t offset, std::string_view payload) const noexcept {
  const std::uint64_t seed[2] = {salt_, position_of(name_.sequence, offset)};
  return crc32c(payload.data(), payload.size(), crc32c(seed, sizeof(seed)));
}

void Segment::publish(std::size_t offset, std::size_t payload) noexcept {
  char* const frame = data_ + offset;
  const std::uint32_t sum = checksum(offset, {frame + kFrameHead, payload});
  std::memcpy(frame + 4, &sum, sizeof(sum));
  // Last: a frame without a length is none.
  length_at(frame).store(static_cast<std::uint32_t>(payload), std::memory_order_release);
}

std::optional<std::string_view> Segment::frame(std::size_t offset) const noexcept {
  if (offset < kHeaderBytes || offset + kFrameHead > size_) return std::nullopt;
  char* const frame = data_ + offset;
  const std::uint32_t length = length_at(frame).load(std::memory_order_acquire);
  if (length == 0 || length > kMaxEntry || offset + kFrameHead + length > size_) {
    return std::nullopt;
  }
  std::uint32_t sum = 0;
  std::memcpy(&sum, frame + 4, sizeof(sum));
  const std::string_view payload(frame + kFrameHead, length);
  if (sum != checksum(offset, payload)) return std::nullopt;
  return payload;
}

std::size_t Segment::find_frame(std::size_t offset) const noexcept {
  static constexpr char kZeros[4096] = {};
  while (offset + kFrameHead <= size_) {
    // What was never written is read by the page.
    if (offset % sizeof(kZeros) == 0 && offset + sizeof(kZeros) <= size_ &&
        std::memcmp(data_ + offset, kZeros, sizeof(kZeros)) == 0) {
      offset += sizeof(kZeros);
      continue;
    }
    if (frame(offset)) return offset;
    offset += 8;
  }
  return size_;
}

}  // namespace gatehouse::ledger
