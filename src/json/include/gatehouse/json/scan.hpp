#pragma once
/// One validating SIMD pass over a JSON text that leaves the bytes where they are.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/core/error.hpp"
#include "gatehouse/json/parse_limits.hpp"

namespace gatehouse::json {

enum class Kind : std::uint8_t { object, array, string, number, boolean, null };

/// A member of the scanned object, or an element of the scanned array (then without key).
struct Member {
  std::string_view key;    ///< the bytes between the quotes, escapes not resolved
  std::string_view value;  ///< the value's own bytes, strings with their quotes
  Kind kind = Kind::null;
  bool key_escaped = false;    ///< the key contains a backslash
  bool value_escaped = false;  ///< the value is a string that contains a backslash
};

/// Bytes that must be readable beyond the end of a scanned text.
inline constexpr std::size_t kPadding = 64;

/// The outline of a scanned text: its kind and, for an object or array, its direct children.
class Outline {
 public:
  Kind kind() const noexcept { return kind_; }
  std::span<const Member> members() const noexcept { return members_; }

  /// The member of that name, nullptr when absent. Escaped keys are compared decoded. Scanning
  /// refused nothing for being doubled: ask `repeated`.
  const Member* find(std::string_view key) const noexcept;
  /// True when two members have that name, also when they differ in case alone (faults.md F15).
  bool repeated(std::string_view key) const noexcept;
  /// True when readers of the text could disagree about the member: it is repeated, or its only
  /// occurrence is spelt in another case, which some upstreams accept (Go's encoding/json).
  bool ambiguous(std::string_view key) const noexcept;

 private:
  friend class Scanner;
  Kind kind_ = Kind::null;
  std::span<const Member> members_;
};

/// Validates a whole text (RFC 8259, UTF-8, within the limits) and outlines its top level. Does
/// not recurse. Reuses its memory; one per thread. The outline is valid until the next scan, and
/// its views as long as the text.
class Scanner {
 public:
  explicit Scanner(ScanLimits limits = {});
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  /// `text` must have kPadding readable bytes behind it (their content does not matter). Errors
  /// are Errc::invalid_argument with the byte offset in the public message.
  core::Result<Outline> scan(std::string_view text);

  /// The same for a text without padding (copies it): `views` of the outline point into the
  /// scanner's own copy. For small texts off the hot path.
  core::Result<Outline> scan_copy(std::string_view text);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Typed reads of a member's value bytes. Empty when the kind is another one.
std::optional<std::string> as_string(const Member& member);  ///< escapes resolved
std::optional<std::string_view> as_plain_string(const Member& member) noexcept;  ///< if unescaped
std::optional<bool> as_bool(const Member& member) noexcept;
std::optional<std::int64_t> as_int(const Member& member) noexcept;  ///< integers in range only
std::optional<std::uint64_t> as_uint(const Member& member) noexcept;

/// Resolves the escapes of a string's inner bytes; a lone surrogate becomes U+FFFD.
std::string unescape(std::string_view inner);
/// Appends `text` as a quoted JSON string (invalid UTF-8 becomes U+FFFD).
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

}  // namespace gatehouse::json
