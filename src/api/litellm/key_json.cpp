#include "litellm/key_json.hpp"

#include "litellm/extra_fields.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/metadata_fields.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::JsonWriter;

void write_key_metadata(JsonWriter& out, const tenancy::KeyRecord& key, ExtraFields& extra) {
  out.key("metadata").begin_object();
  write_metadata(out, key.metadata, key.tags, key.limits, extra);
  if (key.temp_budget_increase) out.member("temp_budget_increase", key.temp_budget_increase);
  if (key.temp_budget_expiry) out.member("temp_budget_expiry", key.temp_budget_expiry);
  if (key.service_account) out.member("service_account_id", key.key_alias);
  out.end_object();
}

/// Every field that the original shows has a place, also when nobody gave it.
void write_kept_fields(JsonWriter& out, ExtraFields& extra) {
  extra.write(out, "config", "{}")
      .write(out, "permissions", "{}")
      .write(out, "allowed_cache_controls", "[]")
      .write(out, "model_spend", "{}")
      .write(out, "soft_budget_cooldown", "false")
      .write(out, "router_settings", "null")
      .write(out, "access_group_ids", "[]")
      .write(out, "object_permission", "null")
      .write(out, "object_permission_id", "null")
      .write(out, "agent_id", "null")
      .write(out, "project_id", "null");
  extra.write_rest(out);
}

}  // namespace

void write_key_members(JsonWriter& out, const tenancy::KeyRecord& key, const KeyFacts& facts) {
  ExtraFields extra(key.extra);
  out.member("key_name", key.key_name)
      .member("key_alias", key.key_alias)
      .member("spend", facts.spend)
      .member("expires", key.expires)
      .member("models", key.models)
      .member("aliases", key.aliases)
      .member("user_id", key.user_id)
      .member("team_id", key.team_id)
      .member("organization_id", key.organization_id)
      .member("blocked", key.blocked)
      .member("key_type", tenancy::name_of(key.type))
      .member("allowed_routes", key.allowed_routes)
      .member("auto_rotate", key.auto_rotate)
      .member("rotation_interval", key.rotation_interval)
      .member("rotation_count", key.rotation_count);
  write_limits(out, key.limits);
  out.member("budget_reset_at", budget_reset_at(key.limits, facts.now, facts.zone));
  write_key_metadata(out, key, extra);
  write_kept_fields(out, extra);
  out.member("created_at", key.provenance.created_at)
      .member("updated_at", key.provenance.updated_at)
      .member("created_by", key.provenance.created_by)
      .member("updated_by", key.provenance.updated_by)
      .member_raw("litellm_budget_table", facts.budget_table);
  if (key.deleted_at) {
    out.member("status", "deleted")
        .member("deleted_at", key.deleted_at)
        .member("deleted_by", key.deleted_by);
  }
}

void write_key_row(JsonWriter& out, const tenancy::KeyRecord& key, const KeyFacts& facts) {
  out.begin_object().member("token", key.token);
  write_key_members(out, key, facts);
  out.end_object();
}

}  // namespace gatehouse::api::litellm
