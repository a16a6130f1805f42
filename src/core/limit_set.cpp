#include "gatehouse/core/limit_set.hpp"

#include <array>

namespace gatehouse::core {
namespace {

constexpr std::array<std::string_view, kScopes> kNames{
    "global",     "organization",  "team",          "team_member", "user",
    "api_key",    "end_user",      "tag",           "model",       "provider",
    "deployment", "model_per_key", "model_per_team"};

}  // namespace

std::string_view name_of(Scope scope) noexcept {
  return kNames[static_cast<std::size_t>(scope)];
}

std::optional<Scope> scope_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Scope>(i);
  }
  return {};
}

std::string pair_id(std::string_view first, std::string_view second) {
  std::string id;
  id.reserve(first.size() + 1 + second.size());
  id += first;
  id += '\x1f';
  id += second;
  return id;
}

}  // namespace gatehouse::core
