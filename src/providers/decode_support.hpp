#pragma once
/// Typed reads of request members with errors that name them.

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "field_path.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::providers {

/// Refuses an object that has a name twice, also in another case, because whoever reads it next
/// might choose the other one (faults.md F15).
class SeenNames {
 public:
  /// The member's name with escapes resolved, valid as long as this object.
  core::Result<std::string_view> add(const json::Member& member, const FieldPath& path);

 private:
  static constexpr std::size_t kMost = 64;
  std::array<std::string_view, kMost> names_;
  std::size_t count_ = 0;
  std::deque<std::string> decoded_;
};

/// Each assigns a value of the right kind, or fails naming `path`.
core::Result<void> read_into(const json::Member& member, const FieldPath& path, std::string& into);
core::Result<void> read_into(const json::Member& member, const FieldPath& path, bool& into);
core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<bool>& into);
core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<double>& into);
core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<std::uint64_t>& into);
core::Result<void> read_into(const json::Member& member, const FieldPath& path,
                             std::optional<std::int64_t>& into);

/// A string member of `object`, which must be there.
core::Result<std::string> require_text(const json::Member& object, std::string_view name,
                                       const FieldPath& path);

/// Media type and data of "data:<type>;base64,<data>"; empty for other URLs.
struct DataUrl {
  std::string_view media_type;
  std::string_view base64;
};
std::optional<DataUrl> parse_data_url(std::string_view url) noexcept;

/// Upper bounds that keep the memory of a decoded conversation in proportion.
inline constexpr std::size_t kMaxMessages = 100'000;
inline constexpr std::size_t kMaxParts = 100'000;
inline constexpr std::size_t kMaxTools = 10'000;

}  // namespace gatehouse::providers
