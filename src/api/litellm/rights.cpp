#include "litellm/rights.hpp"

#include <string>

namespace gatehouse::api::litellm {

admin::Outcome<void> need(const tenancy::Caller& caller, tenancy::Action action,
                          const tenancy::Target& target, const admin::Answer& hidden) {
  if (tenancy::may(caller, action, target)) return {};
  if (action == tenancy::Action::read || !tenancy::may(caller, tenancy::Action::read, target)) {
    return std::unexpected(hidden);
  }
  return std::unexpected(
      admin::refuse(403, "You are not allowed to change this", admin::type::kAuth));
}

admin::Outcome<void> need_admin(const admin::AdminRequest& request, std::string_view to_do_what) {
  if (tenancy::is_admin(request.caller)) return {};
  return std::unexpected(admin::refuse(
      403, "Only proxy admin can be used to " + std::string(to_do_what), admin::type::kAuth));
}

admin::Answer refuse_store(const core::Error& error, std::string_view type,
                           std::string_view param) {
  switch (error.code) {
    case core::Errc::conflict:
    case core::Errc::invalid_argument:
    case core::Errc::unprocessable:
      return admin::refuse(400, error.public_message, admin::type::kBadRequest, param);
    case core::Errc::not_found:
      return admin::refuse(404, error.public_message, type, param);
    case core::Errc::forbidden:
      return admin::refuse(403, error.public_message, type, param);
    default:
      return admin::refuse(error, type);
  }
}

}  // namespace gatehouse::api::litellm
