#include "gatehouse/core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace gatehouse::core {

bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

bool istarts_with(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size() && iequals(text.substr(0, prefix.size()), prefix);
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(c);
  return out;
}

std::string_view trim(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

namespace {
template <class Number>
void append(std::string& out, Number value) {
  std::array<char, 24> digits;
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none.
std::size_t utf8_length(std::string_view text, char32_t& code) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) {
    code = lead;
    return 1;
  }
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || text.size() < length) return 0;
  code = lead & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = (code << 6) | (byte(i) & 0x3f);
  }
  const char32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
  return length;
}

struct Range {
  char32_t first;
  char32_t last;
};

/// Controls, invisible and bidirectional characters, in order: what could forge or hide text
/// where a line of it is shown (UAX 9; UTS 39; tag characters).
constexpr std::array kHidden{
    Range{0x00, 0x1f},     Range{0x7f, 0x9f},     Range{0xad, 0xad},       Range{0x61c, 0x61c},
    Range{0x180e, 0x180e}, Range{0x200b, 0x200f}, Range{0x2028, 0x202e},   Range{0x2060, 0x206f},
    Range{0xfeff, 0xfeff}, Range{0xfff9, 0xfffb}, Range{0xe0000, 0xe0fff},
};

bool is_hidden(char32_t c) noexcept {
  for (const Range& range : kHidden) {
    if (c <= range.last) return c >= range.first;
  }
  return false;
}
}  // namespace

void append_number(std::string& out, std::uint64_t value) {
  append(out, value);
}
void append_number(std::string& out, std::int64_t value) {
  append(out, value);
}

bool is_utf8(std::string_view text) noexcept {
  char32_t code = 0;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text, code);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(text.size(), limit) + 4);
  std::array<char, 16> escape{};
  while (!text.empty()) {
    char32_t code = 0;
    std::size_t length = utf8_length(text, code);
    std::string_view piece = text.substr(0, length);
    if (length == 0) {
      length = 1;
      std::snprintf(escape.data(), escape.size(), "\\x%02x", static_cast<unsigned char>(text[0]));
      piece = escape.data();
    } else if (is_hidden(code)) {
      std::snprintf(escape.data(), escape.size(), code < 0x100 ? "\\x%02x" : "\\u{%x}",
                    static_cast<unsigned>(code));
      piece = escape.data();
    }
    if (out.size() + piece.size() > limit) return out + "…";
    out += piece;
    text.remove_prefix(length);
  }
  return out;
}

namespace {
void append_unit(std::string& out, unsigned unit) {
  std::array<char, 16> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", unit);
  out += escape.data();
}

void append_json_escape(std::string& out, char32_t code) {
  if (code == '"' || code == '\\') {
    out += '\\';
    out += static_cast<char>(code);
  } else if (code >= 8 && code <= 13 && code != 11) {
    out += '\\';
    out += "btn.fr"[code - 8];
  } else if (code > 0xffff) {
    append_unit(out, 0xd800 + static_cast<unsigned>((code - 0x10000) >> 10));
    append_unit(out, 0xdc00 + static_cast<unsigned>(code & 0x3ff));
  } else {
    append_unit(out, static_cast<unsigned>(code));
  }
}
}  // namespace

void append_json_string(std::string& out, std::string_view text, JsonText style) {
  out += '"';
  std::size_t plain = 0;  // bytes at the start of `text` that need no change
  const auto flush = [&](std::size_t skip) {
    out += text.substr(0, plain);
    text.remove_prefix(plain + skip);
    plain = 0;
  };
  while (plain < text.size()) {
    const char c = text[plain];
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
      ++plain;
      continue;
    }
    char32_t code = 0;
    const std::size_t length = utf8_length(text.substr(plain), code);
    if (length == 0) {
      flush(1);
      out += "\xef\xbf\xbd";
    } else if (code < 0x20 || code == '"' || code == '\\' ||
               (style == JsonText::visible && is_hidden(code))) {
      flush(length);
      append_json_escape(out, code);
    } else {
      plain += length;
    }
  }
  flush(0);
  out += '"';
}

bool wildcard_match(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace gatehouse::core
