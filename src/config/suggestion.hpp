#pragma once
/// "Did you mean …?"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::config {

/// The known key that is at most two edits away from `key`, if there is one.
std::optional<std::string> closest(std::string_view key, std::span<const std::string> known);

}  // namespace gatehouse::config
