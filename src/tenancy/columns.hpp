#pragma once
/// Records and their columns: one list per table, in the order of the migration. A visitor has
/// `field(name, value)` for typed columns and `json(name, text)` for those that hold JSON text.

#include <string_view>

#include "gatehouse/tenancy/records.hpp"
#include "gatehouse/tenancy/stored_models.hpp"

namespace gatehouse::tenancy {

/// What a record's table is called. `visit` names all columns; the id is the first.
template <class Record>
struct Table;

template <class V, class T>
void visit_limits(V& v, T& t) {
  v.field("max_budget_nano", t.max_budget);
  v.field("soft_budget_nano", t.soft_budget);
  v.field("budget_duration", t.budget_duration);
  v.field("budget_anchor_ns", t.budget_anchor);
  v.field("budget_limits", t.budget_limits);
  v.field("tpm_limit", t.tpm_limit);
  v.field("rpm_limit", t.rpm_limit);
  v.field("max_parallel_requests", t.max_parallel_requests);
  v.field("model_max_budget", t.model_max_budget);
  v.field("model_rpm_limit", t.model_rpm_limit);
  v.field("model_tpm_limit", t.model_tpm_limit);
}

template <class V, class T>
void visit_terms(V& v, T& t) {
  visit_limits(v, t);
  v.field("budget_id", t.budget_id);
}

template <class V, class T>
void visit_member_defaults(V& v, T& t) {
  v.field("member_max_budget_nano", t.max_budget);
  v.field("member_soft_budget_nano", t.soft_budget);
  v.field("member_budget_duration", t.budget_duration);
  v.field("member_budget_anchor_ns", t.budget_anchor);
  v.field("member_budget_limits", t.budget_limits);
  v.field("member_tpm_limit", t.tpm_limit);
  v.field("member_rpm_limit", t.rpm_limit);
  v.field("member_max_parallel_requests", t.max_parallel_requests);
  v.field("member_model_max_budget", t.model_max_budget);
  v.field("member_model_rpm_limit", t.model_rpm_limit);
  v.field("member_model_tpm_limit", t.model_tpm_limit);
  v.field("member_budget_id", t.budget_id);
}

template <class V, class P>
void visit_provenance(V& v, P& p) {
  v.field("created_at_ns", p.created_at);
  v.field("updated_at_ns", p.updated_at);
  v.field("created_by", p.created_by);
  v.field("updated_by", p.updated_by);
}

template <>
struct Table<KeyRecord> {
  static constexpr std::string_view kName = "virtual_key";
  static constexpr std::string_view kId = "token";
  static constexpr std::string_view kWhat = "Key";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("token", r.token);
    v.field("account", r.account);
    v.field("key_name", r.key_name);
    v.field("key_alias", r.key_alias);
    v.field("key_type", r.type);
    v.field("models", r.models);
    v.field("aliases", r.aliases);
    v.field("user_id", r.user_id);
    v.field("team_id", r.team_id);
    v.field("organization_id", r.organization_id);
    visit_terms(v, r.limits);
    v.field("temp_budget_increase_nano", r.temp_budget_increase);
    v.field("temp_budget_expiry_ns", r.temp_budget_expiry);
    v.field("expires_ns", r.expires);
    v.field("blocked", r.blocked);
    v.field("tags", r.tags);
    v.field("allowed_routes", r.allowed_routes);
    v.json("metadata", r.metadata);
    v.json("extra", r.extra);
    v.field("service_account", r.service_account);
    v.field("rotation_count", r.rotation_count);
    v.field("rotation_interval", r.rotation_interval);
    v.field("auto_rotate", r.auto_rotate);
    v.field("replaced_by", r.replaced_by);
    visit_provenance(v, r.provenance);
  }
};

template <>
struct Table<TeamRecord> {
  static constexpr std::string_view kName = "team";
  static constexpr std::string_view kId = "team_id";
  static constexpr std::string_view kWhat = "Team";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("team_id", r.team_id);
    v.field("team_alias", r.team_alias);
    v.field("organization_id", r.organization_id);
    v.field("models", r.models);
    v.field("model_aliases", r.model_aliases);
    visit_terms(v, r.limits);
    visit_member_defaults(v, r.member_defaults);
    v.field("blocked", r.blocked);
    v.json("metadata", r.metadata);
    v.json("extra", r.extra);
    v.field("tags", r.tags);
    visit_provenance(v, r.provenance);
  }
};

template <>
struct Table<UserRecord> {
  static constexpr std::string_view kName = "user_account";
  static constexpr std::string_view kId = "user_id";
  static constexpr std::string_view kWhat = "User";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("user_id", r.user_id);
    v.field("user_email", r.user_email);
    v.field("user_alias", r.user_alias);
    v.field("sso_user_id", r.sso_user_id);
    v.field("user_role", r.role);
    v.field("models", r.models);
    visit_terms(v, r.limits);
    v.json("metadata", r.metadata);
    v.json("extra", r.extra);
    visit_provenance(v, r.provenance);
  }
};

template <>
struct Table<OrganizationRecord> {
  static constexpr std::string_view kName = "organization";
  static constexpr std::string_view kId = "organization_id";
  static constexpr std::string_view kWhat = "Organization";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("organization_id", r.organization_id);
    v.field("organization_alias", r.organization_alias);
    v.field("models", r.models);
    visit_terms(v, r.limits);
    v.field("blocked", r.blocked);
    v.json("metadata", r.metadata);
    v.json("extra", r.extra);
    visit_provenance(v, r.provenance);
  }
};

template <>
struct Table<EndUserRecord> {
  static constexpr std::string_view kName = "end_user";
  static constexpr std::string_view kId = "user_id";
  static constexpr std::string_view kWhat = "End user";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("user_id", r.user_id);
    v.field("alias", r.alias);
    v.field("blocked", r.blocked);
    v.field("allowed_model_region", r.allowed_model_region);
    v.field("default_model", r.default_model);
    visit_terms(v, r.limits);
    visit_provenance(v, r.provenance);
  }
};

template <>
struct Table<TagRecord> {
  static constexpr std::string_view kName = "tag";
  static constexpr std::string_view kId = "name";
  static constexpr std::string_view kWhat = "Tag";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("name", r.name);
    v.field("description", r.description);
    v.field("models", r.models);
    visit_terms(v, r.limits);
    visit_provenance(v, r.provenance);
  }
};

template <>
struct Table<BudgetRecord> {
  static constexpr std::string_view kName = "budget";
  static constexpr std::string_view kId = "budget_id";
  static constexpr std::string_view kWhat = "Budget";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("budget_id", r.budget_id);
    visit_limits(v, r.limits);
    visit_provenance(v, r.provenance);
  }
};

template <>
struct Table<StoredModel> {
  static constexpr std::string_view kName = "stored_model";
  static constexpr std::string_view kId = "model_id";
  static constexpr std::string_view kWhat = "Model";
  template <class V, class R>
  static void visit(V& v, R& r) {
    v.field("model_id", r.model_id);
    v.field("model_name", r.model_name);
    v.json("litellm_params", r.litellm_params);
    v.json("model_info", r.model_info);
    v.field("team_id", r.team_id);
    visit_provenance(v, r.provenance);
  }
};

}  // namespace gatehouse::tenancy
