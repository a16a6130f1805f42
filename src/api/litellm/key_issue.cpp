#include "litellm/key_issue.hpp"

#include "litellm/key_access.hpp"
#include "litellm/rights.hpp"

namespace gatehouse::api::litellm {

admin::Outcome<void> write_issued_key(admin::JsonWriter& out, const admin::AdminRequest& request,
                                      ControlPlane& control, const tenancy::IssuedKey& issued) {
  const tenancy::KeyRecord& key = issued.record;
  const auto facts = facts_of(request, control, key);
  if (!facts) return std::unexpected(facts.error());
  out.member("key", issued.key.reveal()).member("token", key.token).member("token_id", key.token);
  write_key_members(out, key, *facts);
  // What is shown within metadata later is echoed as it was given, too.
  out.member("tags", key.tags)
      .member("model_rpm_limit", key.limits.model_rpm_limit)
      .member("model_tpm_limit", key.limits.model_tpm_limit);
  return {};
}

admin::Answer refuse_key(const core::Error& error) {
  const bool alias = error.public_message.find("alias") != std::string::npos;
  return refuse_store(error, admin::type::kAuth, alias ? "key_alias" : "None");
}

}  // namespace gatehouse::api::litellm
