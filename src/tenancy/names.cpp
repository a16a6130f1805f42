#include <array>

#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<std::string_view, 7> kUserRoles{
    "proxy_admin",   "proxy_admin_viewer",   "org_admin",
    "internal_user", "internal_user_viewer", "team",
    "customer"};
constexpr std::array<std::string_view, 4> kKeyTypes{"default", "llm_api", "management",
                                                    "read_only"};
constexpr std::array<std::string_view, 2> kMemberRoles{"user", "admin"};

template <class Enum, std::size_t N>
std::optional<Enum> named(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(UserRole role) noexcept {
  return kUserRoles[static_cast<std::size_t>(role)];
}
std::optional<UserRole> user_role_named(std::string_view name) noexcept {
  return named<UserRole>(kUserRoles, name);
}
std::string_view name_of(KeyType type) noexcept {
  return kKeyTypes[static_cast<std::size_t>(type)];
}
std::optional<KeyType> key_type_named(std::string_view name) noexcept {
  return named<KeyType>(kKeyTypes, name);
}
std::string_view name_of(MemberRole role) noexcept {
  return kMemberRoles[static_cast<std::size_t>(role)];
}
std::optional<MemberRole> member_role_named(std::string_view name) noexcept {
  return named<MemberRole>(kMemberRoles, name);
}

}  // namespace gatehouse::tenancy
