#include "litellm/key_body.hpp"

#include "litellm/limit_fields.hpp"
#include "litellm/metadata_fields.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::BodyReader;

void read_type(BodyReader& body, tenancy::Patch<tenancy::KeyType>& out) {
  std::optional<std::string> name;
  const bool given = body.is_set("key_type");
  body.read_choice("key_type", name, {"llm_api", "management", "read_only", "default"});
  if (!given || !name) return;
  if (const auto type = tenancy::key_type_named(*name)) out = *type;
}

}  // namespace

tenancy::KeyPatch read_key_patch(BodyReader& body) {
  tenancy::KeyPatch patch;
  read_metadata(body, patch.metadata, patch.tags, patch.limits);
  body.read("key_alias", patch.key_alias);
  read_type(body, patch.type);
  body.read("models", patch.models);
  body.read("aliases", patch.aliases);
  body.read("user_id", patch.user_id);
  body.read("team_id", patch.team_id);
  body.read("organization_id", patch.organization_id);
  read_limits(body, patch.limits);
  body.read("temp_budget_increase", patch.temp_budget_increase);
  body.read("temp_budget_expiry", patch.temp_budget_expiry);
  body.read("duration", patch.duration);
  body.read("blocked", patch.blocked);
  body.read("tags", patch.tags);
  body.read("allowed_routes", patch.allowed_routes);
  body.read("rotation_interval", patch.rotation_interval);
  body.read("auto_rotate", patch.auto_rotate);
  body.ignore("send_invite_email");
  patch.extra = body.rest();
  return patch;
}

}  // namespace gatehouse::api::litellm
