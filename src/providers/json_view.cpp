#include "json_view.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gatehouse::providers {
namespace {

bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

const char* skip_space(const char* at, const char* end) noexcept {
  while (at < end && is_space(*at)) ++at;
  return at;
}

/// Strings up to this length are looked through here, which beats calling memchr.
constexpr std::ptrdiff_t kShort = 48;

/// The first quote or backslash before `end`; or where fewer than 16 bytes are left.
const char* find_special(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i found =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(found));
    if (mask != 0) return at + std::countr_zero(mask);
  }
#endif
  return at;
}

const char* long_string_end(const char* at, const char* end, bool& escaped) noexcept {
  const char* const start = at;
  while (at < end) {
    const void* found = std::memchr(at, '"', static_cast<std::size_t>(end - at));
    if (found == nullptr) return end;
    const char* quote = static_cast<const char*>(found);
    const char* before = quote;
    while (before > start && before[-1] == '\\') --before;
    if ((quote - before) % 2 == 0) {
      escaped = escaped || before != quote ||
                std::memchr(start, '\\', static_cast<std::size_t>(quote - start)) != nullptr;
      return quote;
    }
    escaped = true;
    at = quote + 1;
  }
  return end;
}

/// `at` is behind the opening quote; returns the closing quote (or `end`).
const char* string_end(const char* at, const char* end, bool& escaped) noexcept {
  escaped = false;
  const char* const near = end - at > kShort ? at + kShort : end;
  while (at < near) {
    at = find_special(at, near);
    if (at == near) break;
    if (*at == '"') return at;
    if (*at == '\\') {
      escaped = true;
      if (++at == end) return end;
    }
    ++at;
  }
  return long_string_end(at, end, escaped);
}

/// `at` is at '{' or '['; returns the position behind the matching bracket.
const char* container_end(const char* at, const char* end) noexcept {
  std::size_t depth = 0;
  while (at < end) {
    switch (*at++) {
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at;
        break;
      case '"': {
        bool escaped = false;
        at = string_end(at, end, escaped);
        if (at < end) ++at;
        break;
      }
      default:
        break;
    }
  }
  return end;
}

const char* scalar_end(const char* at, const char* end) noexcept {
  while (at < end && *at != ',' && *at != '}' && *at != ']' && !is_space(*at)) ++at;
  return at;
}

/// Reads the value at `at` into `into`; returns the position behind it.
const char* read_value(const char* at, const char* end, json::Member& into) noexcept {
  at = skip_space(at, end);
  const char* const start = at;
  into.value_escaped = false;
  if (at == end) return end;
  switch (*at) {
    case '{':
      into.kind = json::Kind::object;
      at = container_end(at, end);
      break;
    case '[':
      into.kind = json::Kind::array;
      at = container_end(at, end);
      break;
    case '"':
      into.kind = json::Kind::string;
      at = string_end(at + 1, end, into.value_escaped);
      if (at < end) ++at;
      break;
    case 't':
    case 'f':
      into.kind = json::Kind::boolean;
      at = scalar_end(at, end);
      break;
    case 'n':
      into.kind = json::Kind::null;
      at = scalar_end(at, end);
      break;
    default:
      into.kind = json::Kind::number;
      at = scalar_end(at, end);
      break;
  }
  into.value = std::string_view(start, static_cast<std::size_t>(at - start));
  return at;
}

json::Scanner& thread_scanner() {
  thread_local json::Scanner scanner;
  return scanner;
}

}  // namespace

core::Result<json::Member> parse_json(std::string_view text) {
  auto scanned = thread_scanner().scan_copy(text);
  if (!scanned) return core::pass(scanned);
  return whole_value(text, scanned->kind());
}

json::Member whole_value(std::string_view text, json::Kind kind) noexcept {
  const char* from = skip_space(text.data(), text.data() + text.size());
  const char* to = text.data() + text.size();
  while (to > from && is_space(to[-1])) --to;
  json::Member value;
  value.kind = kind;
  value.value = std::string_view(from, static_cast<std::size_t>(to - from));
  value.value_escaped = kind == json::Kind::string && value.value.contains('\\');
  return value;
}

json::Member first_value(std::string_view text) {
  json::Member value;
  read_value(text.data(), text.data() + text.size(), value);
  return value;
}

Children::Children(const json::Member& parent) {
  if (!is_object(parent) && !is_array(parent)) return;
  begin_.object_ = is_object(parent);
  begin_.at_ = parent.value.data() + 1;
  begin_.end_ = parent.value.data() + parent.value.size() - 1;
  begin_.done_ = false;
  begin_.read();
}

void Children::Iterator::read() {
  at_ = skip_space(at_, end_);
  if (at_ < end_ && *at_ == ',') at_ = skip_space(at_ + 1, end_);
  if (at_ >= end_) {
    done_ = true;
    return;
  }
  current_ = {};
  if (object_) {
    const char* const name = at_ + 1;
    at_ = string_end(name, end_, current_.key_escaped);
    current_.key = std::string_view(name, static_cast<std::size_t>(at_ - name));
    if (at_ < end_) at_ = skip_space(at_ + 1, end_);
    if (at_ < end_) ++at_;  // the colon
  }
  at_ = read_value(at_, end_, current_);
}

Children::Iterator& Children::Iterator::operator++() {
  read();
  return *this;
}

std::string key_of(const json::Member& member) {
  return member.key_escaped ? json::unescape(member.key) : std::string(member.key);
}

bool key_is(const json::Member& member, std::string_view name) {
  if (!member.key_escaped) return member.key == name;
  return json::unescape(member.key) == name;
}

std::optional<json::Member> find(const json::Member& object, std::string_view name) {
  if (!is_object(object)) return std::nullopt;
  for (const json::Member& member : Children(object)) {
    if (key_is(member, name)) return member;
  }
  return std::nullopt;
}

std::optional<json::Member> find_set(const json::Member& object, std::string_view name) {
  auto member = find(object, name);
  if (member && is_null(*member)) member.reset();
  return member;
}

std::string find_text(const json::Member& object, std::string_view name) {
  const auto member = find(object, name);
  if (!member) return {};
  return json::as_string(*member).value_or(std::string());
}

std::optional<double> as_double(const json::Member& member) noexcept {
  if (member.kind != json::Kind::number) return std::nullopt;
  double value = 0;
  const char* const end = member.value.data() + member.value.size();
  const auto [at, error] = std::from_chars(member.value.data(), end, value);
  if (error != std::errc() || at != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::uint64_t text_length(const json::Member& member) noexcept {
  if (!is_string(member) || member.value.size() < 2) return 0;
  const std::string_view inner = member.value.substr(1, member.value.size() - 2);
  if (!member.value_escaped) return inner.size();
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < inner.size(); ++i, ++length) {
    if (inner[i] != '\\') continue;
    i += i + 1 < inner.size() && inner[i + 1] == 'u' ? 5 : 1;
  }
  return length;
}

}  // namespace gatehouse::providers
