#include "syntax.hpp"

#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>

#include <bit>
#endif

namespace gatehouse::json::syntax {

namespace {

const char* skip_digits(const char* p, const char* end) noexcept {
  while (p != end && is_digit(*p)) ++p;
  return p;
}

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

const char* number_end(const char* p, const char* end) noexcept {
  if (p != end && *p == '-') ++p;
  if (p == end || !is_digit(*p)) return nullptr;
  p = *p == '0' ? p + 1 : skip_digits(p, end);
  if (p != end && *p == '.') {
    const char* const fraction = p + 1;
    p = skip_digits(fraction, end);
    if (p == fraction) return nullptr;
  }
  if (p != end && (*p == 'e' || *p == 'E')) {
    ++p;
    if (p != end && (*p == '+' || *p == '-')) ++p;
    const char* const exponent = p;
    p = skip_digits(exponent, end);
    if (p == exponent) return nullptr;
  }
  return p;
}

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

}  // namespace gatehouse::json::syntax
