#include "locate.hpp"

#include "utf8.hpp"

namespace gatehouse::json {

std::size_t locate_bad_utf8(std::string_view text) noexcept {
  std::size_t at = 0;
  while (at < text.size()) {
    const CodePoint next = decode_utf8(text, at);
    if (!next.valid) return at;
    at += next.length;
  }
  return at;
}

std::size_t locate_bad_string(std::string_view text) noexcept {
  constexpr auto kOutside = std::string_view::npos;
  std::size_t open = kOutside;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;  // the SIMD stage, too, lets a backslash outside strings escape a quote
    } else if (c == '"') {
      open = open == kOutside ? at : kOutside;
    } else if (open != kOutside && static_cast<unsigned char>(c) < 0x20) {
      return at;
    }
  }
  return open == kOutside ? text.size() : open;
}

}  // namespace gatehouse::json
