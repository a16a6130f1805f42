#pragma once
/// HTTP header fields as views, and a builder for header blocks that cannot be split.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::net {

struct HeaderField {
  std::string_view name;
  std::string_view value;  ///< without surrounding white space
};

/// Fields in the order received. A view: whoever owns the bytes owns the lifetime.
class HeaderList {
 public:
  HeaderList() = default;
  explicit HeaderList(std::span<const HeaderField> fields) : fields_(fields) {}

  /// First field of that name, compared without case.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  auto begin() const noexcept { return fields_.begin(); }
  auto end() const noexcept { return fields_.end(); }
  std::size_t size() const noexcept { return fields_.size(); }

 private:
  std::span<const HeaderField> fields_;
};

/// Serialised header lines. Control characters in a value become spaces, so that text from
/// outside cannot forge a line; an invalid name is a bug and terminates.
class HeaderBlock {
 public:
  HeaderBlock& add(std::string_view name, std::string_view value);
  HeaderBlock& add(std::string_view name, std::uint64_t value);
  /// Adds all lines of another block.
  HeaderBlock& append(const HeaderBlock& other) {
    text_ += other.text_;
    return *this;
  }
  std::string_view text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  void clear() noexcept { text_.clear(); }

 private:
  std::string text_;
};

/// The standard reason phrase, "Unknown" for others.
std::string_view reason_phrase(int status) noexcept;

}  // namespace gatehouse::net
