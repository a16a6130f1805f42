#include "decode_support.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "json_view.hpp"

namespace gatehouse::providers {

core::Result<std::string_view> SeenNames::add(const json::Member& member, const FieldPath& path) {
  std::string_view name = member.key;
  if (member.key_escaped) name = decoded_.emplace_back(json::unescape(member.key));
  if (count_ == kMost) return path.fail("has more than 64 members");
  for (std::size_t i = 0; i < count_; ++i) {
    if (core::iequals(names_[i], name)) return (path / name).fail("given more than once");
  }
  names_[count_++] = name;
  return name;
}

core::Result<void> read_into(const json::Member& member, const FieldPath& path, std::string& into) {
  auto text = json::as_string(member);
  if (!text) return path.fail("must be a string");
  into = std::move(*text);
  return {};
}

core::Result<void> read_into(const json::Member& member, const FieldPath& path, bool& into) {
  const auto value = json::as_bool(member);
  if (!value) return path.fail("must be true or false");
  into = *value;
  return {};
}

core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<bool>& into) {
  into = json::as_bool(member);
  if (!into) return path.fail("must be true or false");
  return {};
}

core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<double>& into) {
  into = as_double(member);
  if (!into) return path.fail("must be a number");
  return {};
}

core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<std::uint64_t>& into) {
  into = json::as_uint(member);
  if (!into) return path.fail("must be a whole number that is not negative");
  return {};
}

core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<std::int64_t>& into) {
  into = json::as_int(member);
  if (!into) return path.fail("must be a whole number");
  return {};
}

core::Result<std::string> require_text(const json::Member& object, std::string_view name,
                                       const FieldPath& path) {
  const auto member = find_set(object, name);
  if (!member) return (path / name).fail("is required");
  auto text = json::as_string(*member);
  if (!text) return (path / name).fail("must be a string");
  return std::move(*text);
}

std::optional<DataUrl> parse_data_url(std::string_view url) noexcept {
  constexpr std::string_view kScheme = "data:";
  constexpr std::string_view kCoding = ";base64";
  if (!core::istarts_with(url, kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::size_t comma = url.find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string_view head = url.substr(0, comma);
  if (!head.ends_with(kCoding)) return std::nullopt;
  return DataUrl{head.substr(0, std::min(head.find(';'), head.size())), url.substr(comma + 1)};
}

}  // namespace gatehouse::providers
