#include "syntax.hpp"

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gatehouse::json::syntax {

namespace {

/// Bytes of the escape whose backslash is at `p`, 0 when it is none.
std::size_t escape_length(const char* p, const char* end) noexcept {
  if (end - p < 2) return 0;
  switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return 2;
    case 'u':
      return hex_unit(p + 2, end) >= 0 ? 6 : 0;
    default:
      return 0;
  }
}

}  // namespace

const char* find_backslash(const char* p, const char* end) noexcept {
  if (p == end) return end;
  const void* const found = std::memchr(p, '\\', static_cast<std::size_t>(end - p));
  return found != nullptr ? static_cast<const char*>(found) : end;
}

const char* bad_escape(const char* p, const char* end) noexcept {
  const char* resume = p;  // what lies before belongs to an escape already checked
#if defined(__SSE2__)
  // One comparison for 16 bytes: text with an escape every few bytes (JSON within JSON) would
  // otherwise pay a memchr call for each.
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; end - p >= 16; p += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(block, backslash)));
    for (; mask != 0; mask &= mask - 1) {
      const char* const at = p + std::countr_zero(mask);
      if (at < resume) continue;
      const std::size_t length = escape_length(at, end);
      if (length == 0) return at;
      resume = at + length;
    }
  }
  if (p < resume) p = resume;
#endif
  while ((p = find_backslash(p, end)) != end) {
    const std::size_t length = escape_length(p, end);
    if (length == 0) return p;
    p += length;
  }
  return nullptr;
}

const char* find_special(const char* p, const char* end) noexcept {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  for (; end - p >= 16; p += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    const __m128i either =
        _mm_or_si128(_mm_cmpeq_epi8(block, quote), _mm_cmpeq_epi8(block, backslash));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, either)));
    if (mask != 0) return p + std::countr_zero(mask);
  }
#endif
  while (p != end && *p != '"' && *p != '\\' && static_cast<unsigned char>(*p) > 0x1f) ++p;
  return p;
}

}  // namespace gatehouse::json::syntax
