#include "escape.hpp"

#include <simdjson.h>

#include <array>

#include "gatehouse/json/scan.hpp"
#include "syntax.hpp"
#include "utf8.hpp"

namespace gatehouse::json {

namespace {

char simple_escape(char c) noexcept {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;  // quote, backslash and slash stand for themselves
  }
}

char32_t folded(char32_t c) noexcept {
  if (c >= U'A' && c <= U'Z') return c + 32;
  if (c == 0x17f) return U's';
  if (c == 0x212a) return U'k';
  return c;
}

/// What follows the backslash for each byte: 0 for a byte that stands for itself, 'u' for \u00XX.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

void append_escape(std::string& out, unsigned char byte, char escape) {
  out += '\\';
  out += escape;
  if (escape != 'u') return;
  static constexpr char kHex[] = "0123456789abcdef";
  out += "00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

void append_escaped(std::string& out, std::string_view valid_utf8) {
  const char* p = valid_utf8.data();
  const char* const end = p + valid_utf8.size();
  for (;;) {
    const char* const special = syntax::find_special(p, end);
    out.append(p, special);
    if (special == end) return;
    const auto byte = static_cast<unsigned char>(*special);
    append_escape(out, byte, kEscapes[byte]);
    p = special + 1;
  }
}

}  // namespace

char32_t EscapeReader::next() noexcept {
  lone_surrogate_ = false;
  if (rest_.front() == '\\') return escape();
  const CodePoint point = decode_utf8(rest_, 0);
  rest_.remove_prefix(point.length);
  return point.value;
}

char32_t EscapeReader::escape() noexcept {
  if (rest_.size() < 2) {
    rest_ = {};
    return kReplacement;
  }
  const char kind = rest_[1];
  rest_.remove_prefix(2);
  return kind == 'u' ? unicode_escape() : static_cast<unsigned char>(simple_escape(kind));
}

char32_t EscapeReader::unicode_escape() noexcept {
  const auto unit = [this](std::size_t at) {
    const char* const end = rest_.data() + rest_.size();
    return rest_.size() < at ? -1 : syntax::hex_unit(rest_.data() + at, end);
  };
  const std::int32_t first = unit(0);
  if (first < 0) return kReplacement;
  rest_.remove_prefix(4);
  if (first < 0xd800 || first > 0xdfff) return static_cast<char32_t>(first);
  if (first < 0xdc00 && rest_.starts_with("\\u")) {
    const std::int32_t second = unit(2);
    if (second >= 0xdc00 && second <= 0xdfff) {
      rest_.remove_prefix(6);
      return static_cast<char32_t>(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
    }
  }
  lone_surrogate_ = true;
  return kReplacement;
}

bool same_but_case(std::string_view inner, std::string_view plain) noexcept {
  EscapeReader reader(inner);
  while (!reader.at_end() && !plain.empty()) {
    const CodePoint wanted = decode_utf8(plain, 0);
    if (folded(reader.next()) != folded(wanted.value)) return false;
    plain.remove_prefix(wanted.length);
  }
  return reader.at_end() && plain.empty();
}

std::string unescape(std::string_view inner) {
  std::string out;
  out.reserve(inner.size());
  for (;;) {
    const char* const end = inner.data() + inner.size();
    const char* const slash = syntax::find_backslash(inner.data(), end);
    const auto plain = static_cast<std::size_t>(slash - inner.data());
    out.append(inner, 0, plain);
    if (slash == end) return out;
    EscapeReader reader(inner.substr(plain));
    append_utf8(out, reader.next());
    inner = reader.rest();
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size() + 2);
  out += '"';
  if (simdjson::validate_utf8(text.data(), text.size())) {
    append_escaped(out, text);
  } else {
    std::string repaired;
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint point = decode_utf8(text, at);
      append_utf8(repaired, point.value);
      at += point.length;
    }
    append_escaped(out, repaired);
  }
  out += '"';
}

std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace gatehouse::json
