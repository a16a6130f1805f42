#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/limits/period.hpp"
#include "importer.hpp"

namespace gatehouse::app::import {
namespace {

using database::Connection;

bool is_hash(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::string_view known_role(std::string_view role) {
  for (const std::string_view known :
       {"proxy_admin", "proxy_admin_viewer", "org_admin", "internal_user", "internal_user_viewer",
        "team", "customer"}) {
    if (role == known) return known;
  }
  return "internal_user";
}

/// Empty texts in LiteLLM's columns mean nothing.
std::optional<std::string> without_empty(std::optional<std::string> text) {
  if (text && text->empty()) text.reset();
  return text;
}

Metadata metadata_of(Fields& fields) {
  auto split = split_metadata(fields.object("metadata"));
  if (split) return std::move(*split);
  fields.fail("metadata", split.error().public_message);
  return {};
}

/// What a key is for, from the groups of routes that LiteLLM makes of key_type.
std::string key_type_of(const std::vector<std::string>& routes) {
  if (routes.size() != 1) return "default";
  if (routes[0] == "llm_api_routes") return "llm_api";
  if (routes[0] == "management_routes") return "management";
  if (routes[0] == "info_routes") return "read_only";
  return "default";
}

}  // namespace

core::Result<bool> Importer::add_budget(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string id(row.text("budget_id"));
  if (id.empty()) return refuse(id, "no id");
  // Shared budgets run exactly from when they were made: the last reset tells the phase.
  std::optional<core::WallTime> anchor;
  const auto duration = fields.duration("budget_duration");
  if (const auto reset = fields.time("budget_reset_at"); reset && duration) {
    if (const auto length = limits::exact_duration(*duration)) anchor = *reset - *length;
  }
  Insertion budget("budget");
  budget.text("budget_id", id);
  add_terms(budget, fields, {});
  budget.time("budget_anchor_ns", anchor);
  add_provenance(budget, fields, now_);
  auto added = finish(connection, budget, fields, "budget", id);
  if (added && !fields.failure()) budgets_.insert(id);
  return added;
}

core::Result<bool> Importer::add_organization(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string id(row.text("organization_id"));
  if (id.empty()) return refuse(id, "no id");
  const Metadata metadata = metadata_of(fields);
  if (!known_references(fields, id)) return refuse(id, fields.problem());
  Insertion organization("organization");
  organization.text("organization_id", id);
  organization.text("organization_alias", std::string(row.text("organization_alias")));
  organization.text("models", fields.texts("models"));
  add_terms(organization, fields, metadata);
  organization.text("budget_id", without_empty(fields.text("budget_id")));
  organization.number("blocked", 0);
  organization.text("metadata", metadata.rest);
  organization.text("extra", extra_of(row, {"object_permission_id"}));
  add_provenance(organization, fields, now_);
  auto added = finish(connection, organization, fields, "organization", id);
  if (!added || fields.failure()) return added;
  organizations_.insert(id);
  remember_spend(core::Scope::organization, id, fields);
  return added;
}

core::Result<bool> Importer::add_user(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string id(row.text("user_id"));
  if (id.empty()) return refuse(id, "no id");
  if (id == "litellm-proxy-budget") {
    remember_spend(core::Scope::global, "", fields);
    report_.note(current_->table + " " + id +
                 ": the budget of everything is litellm_settings.max_budget; its spend is kept");
    return false;
  }
  const Metadata metadata = metadata_of(fields);
  auto email = without_empty(fields.text("user_email"));
  if (email) {
    auto taken =
        exists(connection, "SELECT 1 FROM user_account WHERE lower(user_email) = lower(?)", *email);
    if (!taken) return taken;
    if (*taken && !users_.contains(id)) {
      report_.note(current_->table + " " + core::printable(id) + ": another user has its e-mail " +
                   "address: carried over without");
      email.reset();
    }
  }
  Insertion user("user_account");
  user.text("user_id", id);
  user.text("user_email", email);
  user.text("user_alias", without_empty(fields.text("user_alias")));
  user.text("sso_user_id", without_empty(fields.text("sso_user_id")));
  user.text("user_role", std::string(known_role(row.text("user_role"))));
  user.text("models", fields.texts("models"));
  add_terms(user, fields, metadata);
  user.text("metadata", metadata.rest);
  user.text("extra", extra_of(row, {"allowed_cache_controls", "object_permission_id"}));
  add_provenance(user, fields, now_);
  if (row.find("password")) {
    report_.note(current_->table + " " + core::printable(id) +
                 ": its password is not carried over");
  }
  auto added = finish(connection, user, fields, "user_account", id);
  if (!added || fields.failure()) return added;
  users_.insert(id);
  remember_spend(core::Scope::user, id, fields);
  return added;
}

core::Result<bool> Importer::add_organization_member(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string organization(row.text("organization_id"));
  const std::string user(row.text("user_id"));
  if (!organizations_.contains(organization) || !users_.contains(user)) {
    return refuse(organization + "/" + user, "the organization or the user is not there");
  }
  Insertion member("organization_member");
  member.text("organization_id", organization).text("user_id", user);
  member.text("user_role", std::string(known_role(row.text("user_role"))));
  member.time("joined_at_ns", fields.time("created_at").value_or(now_));
  if (fields.failure()) return refuse(organization + "/" + user, fields.problem());
  return member.run(connection);
}

core::Result<bool> Importer::add_team(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string id(row.text("team_id"));
  if (id.empty()) return refuse(id, "no id");
  auto deleted = exists(connection, "SELECT 1 FROM deleted_team WHERE team_id = ?", id);
  if (!deleted || *deleted) return deleted ? core::Result<bool>(false) : deleted;
  const Metadata metadata = metadata_of(fields);
  if (!known_references(fields, id)) return refuse(id, fields.problem());
  Insertion team("team");
  team.text("team_id", id);
  team.text("team_alias", without_empty(fields.text("team_alias")));
  team.text("organization_id", without_empty(fields.text("organization_id")).value_or("default"));
  team.text("models", fields.texts("models"));
  team.text("model_aliases", "{}");
  add_terms(team, fields, metadata);
  team.number("blocked", fields.boolean("blocked"));
  team.text("metadata", metadata.rest);
  team.text("extra",
            extra_of(row, {"team_member_permissions", "router_settings", "object_permission_id"}));
  team.text("tags", metadata.tags);
  add_provenance(team, fields, now_);
  if (row.find("model_id")) {
    report_.note(current_->table + " " + core::printable(id) +
                 ": its model aliases (LiteLLM_ModelTable) are not carried over");
  }
  const std::string members(row.text("members_with_roles"));
  const core::WallTime joined = fields.time("created_at").value_or(now_);
  auto added = finish(connection, team, fields, "team", id);
  if (!added || fields.failure()) return added;
  teams_.insert(id);
  remember_spend(core::Scope::team, id, fields);
  if (*added && !members.empty()) {
    if (auto done = add_members(connection, id, members, joined); !done) return done;
  }
  return added;
}

/// [{"role": "admin" | "user", "user_id": …, "user_email": …}]
core::Result<bool> Importer::add_members(Connection& connection, const std::string& team,
                                         std::string_view members, core::WallTime joined) {
  json::Scanner scanner;
  const auto list = scanner.scan_copy(members);
  if (!list || list->kind() != json::Kind::array) {
    report_.note("LiteLLM_TeamTable " + core::printable(team) + ": members_with_roles is no list");
    return false;
  }
  core::Nanos order{0};
  for (const json::Member& element : list->members()) {
    json::Scanner inner;
    const auto member = inner.scan_copy(element.value);
    const json::Member* user = member ? member->find("user_id") : nullptr;
    const auto user_id = user ? json::as_string(*user) : std::nullopt;
    if (!user_id || user_id->empty()) {
      report_.note("LiteLLM_TeamTable " + core::printable(team) + ": a member without a user id");
      continue;
    }
    const json::Member* email = member->find("user_email");
    const json::Member* role = member->find("role");
    Insertion row("team_member");
    row.text("team_id", team).text("user_id", *user_id);
    row.text("user_email", email ? json::as_string(*email).value_or("") : "");
    row.text("role", role && json::as_string(*role) == "admin" ? "admin" : "user");
    row.time("joined_at_ns", joined + order++);
    if (auto added = row.run(connection); !added) return added;
  }
  return true;
}

core::Result<bool> Importer::add_membership(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string team(row.text("team_id"));
  const std::string user(row.text("user_id"));
  const std::string id = core::pair_id(team, user);
  if (!teams_.contains(team)) return refuse(team + "/" + user, "the team is not there");
  if (!known_references(fields, id)) return refuse(team + "/" + user, fields.problem());
  const auto budget = without_empty(fields.text("budget_id"));
  // Members without a row of their own are not in the team any more: only their spend is kept.
  auto changed = connection.execute(
      "UPDATE team_member SET budget_id = ? WHERE team_id = ? AND user_id = ? AND budget_id IS "
      "NULL "
      "AND ? IS NOT NULL",
      {database::Value(budget), database::Value(team), database::Value(user),
       database::Value(budget)});
  if (!changed) return core::pass(changed);
  remember_spend(core::Scope::team_member, id, fields);
  if (fields.failure()) return refuse(team + "/" + user, fields.problem());
  return *changed != 0;
}

core::Result<bool> Importer::add_tag(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string id(row.text("tag_name"));
  if (id.empty()) return refuse(id, "no name");
  if (!known_references(fields, id)) return refuse(id, fields.problem());
  Insertion tag("tag");
  tag.text("name", id).text("description", std::string(row.text("description")));
  tag.text("models", fields.texts("models"));
  tag.text("budget_id", without_empty(fields.text("budget_id")));
  add_provenance(tag, fields, now_);
  auto added = finish(connection, tag, fields, "tag", id);
  if (added && !fields.failure()) remember_spend(core::Scope::tag, id, fields);
  return added;
}

core::Result<bool> Importer::add_key(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string id(row.text("token"));
  if (!is_hash(id)) return refuse(id.substr(0, 8), "its token is no SHA-256 in hexadecimal");
  auto deleted = exists(connection, "SELECT 1 FROM deleted_virtual_key WHERE token = ?", id);
  if (!deleted || *deleted) return deleted ? core::Result<bool>(false) : deleted;
  const Metadata metadata = metadata_of(fields);
  if (!known_references(fields, id)) return refuse(id, fields.problem());
  auto present = exists(connection, "SELECT 1 FROM virtual_key WHERE token = ?", id);
  if (!present) return present;
  auto alias = without_empty(fields.text("key_alias"));
  if (alias && !*present) {
    auto taken = exists(connection, "SELECT 1 FROM virtual_key WHERE key_alias = ?", *alias);
    if (!taken) return taken;
    if (*taken) {
      report_.note(current_->table + " " + id.substr(0, 12) + "…: another key has the alias " +
                   core::printable(*alias, 60) + ": carried over without");
      alias.reset();
    }
  }
  Insertion key("virtual_key");
  key.text("token", id).text("account", id);
  key.text("key_name", std::string(row.text("key_name")));
  key.text("key_alias", alias).text("key_type", key_type_of(fields.list("allowed_routes")));
  key.text("models", fields.texts("models")).text("aliases", fields.object("aliases"));
  key.text("user_id", without_empty(fields.text("user_id")));
  key.text("team_id", without_empty(fields.text("team_id")));
  key.text("organization_id", without_empty(fields.text("organization_id")));
  add_terms(key, fields, metadata);
  key.text("budget_id", without_empty(fields.text("budget_id")));
  key.money("temp_budget_increase_nano", metadata.temp_budget_increase);
  key.time("temp_budget_expiry_ns", metadata.temp_budget_expiry);
  key.time("expires_ns", fields.time("expires")).number("blocked", fields.boolean("blocked"));
  key.text("tags", metadata.tags).text("allowed_routes", fields.texts("allowed_routes"));
  key.text("metadata", metadata.rest);
  key.text("extra",
           extra_of(row, {"config", "permissions", "allowed_cache_controls", "router_settings",
                          "object_permission_id", "soft_budget_cooldown"}));
  key.number("service_account", metadata.service_account);
  key.number("rotation_count", fields.count("rotation_count").value_or(0));
  key.text("rotation_interval", without_empty(fields.text("rotation_interval")));
  key.number("auto_rotate", fields.boolean("auto_rotate"));
  add_provenance(key, fields, now_);
  auto added = finish(connection, key, fields, "virtual_key", id);
  if (added && !fields.failure()) remember_spend(core::Scope::key, id, fields);
  return added;
}

core::Result<bool> Importer::add_end_user(Connection& connection, const SourceRow& row) {
  Fields fields(row);
  const std::string id(row.text("user_id"));
  if (id.empty()) return refuse(id, "no id");
  if (!known_references(fields, id)) return refuse(id, fields.problem());
  Insertion customer("end_user");
  customer.text("user_id", id).text("alias", without_empty(fields.text("alias")));
  customer.number("blocked", fields.boolean("blocked"));
  customer.text("allowed_model_region", without_empty(fields.text("allowed_model_region")));
  customer.text("default_model", without_empty(fields.text("default_model")));
  customer.text("budget_id", without_empty(fields.text("budget_id")));
  add_provenance(customer, fields, now_);
  auto added = finish(connection, customer, fields, "end_user", id);
  if (added && !fields.failure()) remember_spend(core::Scope::end_user, id, fields);
  return added;
}

}  // namespace gatehouse::app::import
