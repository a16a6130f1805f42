#include <charconv>

#include "escape.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "utf8.hpp"

namespace gatehouse::json {

namespace {

bool equals_decoded(std::string_view inner, std::string_view key) noexcept {
  EscapeReader reader(inner);
  std::size_t at = 0;
  while (!reader.at_end() && at < key.size()) {
    const CodePoint wanted = decode_utf8(key, at);
    if (reader.next() != wanted.value) return false;
    at += wanted.length;
  }
  return reader.at_end() && at == key.size();
}

bool is_named(const Member& member, std::string_view key) noexcept {
  return member.key_escaped ? equals_decoded(member.key, key) : member.key == key;
}

bool is_plain_ascii(std::string_view text) noexcept {
  unsigned seen = 0;
  for (const char c : text) seen |= static_cast<unsigned char>(c);
  return seen < 0x80;
}

bool is_variant(const Member& member, std::string_view key) noexcept {
  if (member.key.size() == key.size() && core::iequals(member.key, key)) return true;
  // Letters from elsewhere that fold to ASCII ones take more bytes than those.
  const bool longer = member.key.size() > key.size();
  if (!member.key_escaped && (!longer || is_plain_ascii(member.key))) return false;
  return same_but_case(member.key, key);
}

std::string_view inner_of(const Member& member) noexcept {
  return member.value.substr(1, member.value.size() - 2);
}

template <class Integer>
std::optional<Integer> as_integer(const Member& member) noexcept {
  if (member.kind != Kind::number) return {};
  Integer value = 0;
  const char* const end = member.value.data() + member.value.size();
  const auto [rest, error] = std::from_chars(member.value.data(), end, value);
  if (error != std::errc{} || rest != end) return {};
  return value;
}

}  // namespace

const Member* Outline::find(std::string_view key) const noexcept {
  if (kind_ != Kind::object) return nullptr;
  for (const Member& member : members_) {
    if (is_named(member, key)) return &member;
  }
  return nullptr;
}

bool Outline::repeated(std::string_view key) const noexcept {
  if (kind_ != Kind::object) return false;
  bool seen = false;
  for (const Member& member : members_) {
    if (!is_variant(member, key)) continue;
    if (seen) return true;
    seen = true;
  }
  return false;
}

bool Outline::ambiguous(std::string_view key) const noexcept {
  if (kind_ != Kind::object) return false;
  bool seen = false;
  for (const Member& member : members_) {
    if (!is_variant(member, key)) continue;
    if (seen || !is_named(member, key)) return true;
    seen = true;
  }
  return false;
}

std::optional<std::string> as_string(const Member& member) {
  if (member.kind != Kind::string) return {};
  return member.value_escaped ? unescape(inner_of(member)) : std::string(inner_of(member));
}

std::optional<std::string_view> as_plain_string(const Member& member) noexcept {
  if (member.kind != Kind::string || member.value_escaped) return {};
  return inner_of(member);
}

std::optional<bool> as_bool(const Member& member) noexcept {
  if (member.kind != Kind::boolean) return {};
  return member.value.front() == 't';
}

std::optional<std::int64_t> as_int(const Member& member) noexcept {
  return as_integer<std::int64_t>(member);
}

std::optional<std::uint64_t> as_uint(const Member& member) noexcept {
  return as_integer<std::uint64_t>(member);
}

}  // namespace gatehouse::json
