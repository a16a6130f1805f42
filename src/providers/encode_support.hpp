#pragma once
/// What the encoders of requests share: what to do with a member that the format lacks.

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/providers/codec.hpp"

namespace gatehouse::providers {

/// Collects what a format lacks: an error, or a name in the list of dropped members.
class LackList {
 public:
  LackList(std::string_view vendor, bool drop) : vendor_(vendor), drop_(drop) {}

  /// Drops the member, or Errc::invalid_argument: "<name>: is not supported by <vendor>".
  core::Result<void> lacks(std::string_view name, std::string_view why = {});

  std::vector<std::string> take() { return std::move(dropped_); }

 private:
  std::string_view vendor_;
  bool drop_;
  std::vector<std::string> dropped_;
};

/// True for the name of a member that lies in a nested object ("messages[2].audio").
bool is_nested_name(std::string_view name) noexcept;

/// True when a member's value asks for nothing: false, 0, null, "", {}, [].
bool asks_nothing(std::string_view raw) noexcept;

/// True when `text` is a JSON object.
bool is_json_object(std::string_view text);

}  // namespace gatehouse::providers
