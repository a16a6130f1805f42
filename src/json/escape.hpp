#pragma once
/// Reads the inside of a JSON string one decoded code point at a time.

#include <optional>
#include <string_view>

namespace gatehouse::json {

/// Over the bytes between the quotes of a string that was scanned. A lone surrogate reads as
/// U+FFFD. Allocates nothing.
class EscapeReader {
 public:
  explicit EscapeReader(std::string_view inner) noexcept : rest_(inner) {}

  bool at_end() const noexcept { return rest_.empty(); }
  /// The next code point; not at the end.
  char32_t next() noexcept;
  /// True when the last code point stood for a lone surrogate.
  bool lone_surrogate() const noexcept { return lone_surrogate_; }
  std::string_view rest() const noexcept { return rest_; }

 private:
  char32_t escape() noexcept;
  char32_t unicode_escape() noexcept;

  std::string_view rest_;
  bool lone_surrogate_ = false;
};

/// True when an escaped name equals a plain one but for case: of ASCII letters, and of the two
/// other characters that Go's encoding/json folds onto ASCII letters (U+017F, U+212A).
bool same_but_case(std::string_view inner, std::string_view plain) noexcept;

}  // namespace gatehouse::json
