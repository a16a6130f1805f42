#pragma once
/// Identifiers that cannot be mistaken for one another.

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::core {

/// A text identifier of the kind named by Tag.
template <class Tag>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(std::string text) : text_(std::move(text)) {}
  std::string_view view() const noexcept { return text_; }
  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  auto operator<=>(const StrongId&) const = default;

 private:
  std::string text_;
};

using TenantId = StrongId<struct TenantTag>;
using TeamId = StrongId<struct TeamTag>;
using UserId = StrongId<struct UserTag>;
using KeyId = StrongId<struct KeyTag>;
using DeploymentId = StrongId<struct DeploymentTag>;

}  // namespace gatehouse::core

template <class Tag>
struct std::hash<gatehouse::core::StrongId<Tag>> {
  std::size_t operator()(const gatehouse::core::StrongId<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};
