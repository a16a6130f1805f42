#include "control_config.hpp"

#include <array>
#include <utility>

#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/limits/period.hpp"

namespace gatehouse::app {
namespace {

constexpr std::uint64_t kMost = std::uint64_t{1} << 53;

void check_budget_duration(config::Section& s, std::string_view key,
                           const std::optional<std::string>& value) {
  if (!value) return;
  const auto checked = limits::check_budget_duration(*value);
  s.check(checked.has_value(), key, checked ? "" : checked.error().public_message);
}

void check_duration(config::Section& s, std::string_view key,
                    const std::optional<std::string>& value) {
  if (!value) return;
  const auto checked = limits::exact_duration(*value);
  s.check(checked.has_value(), key, checked ? "" : checked.error().public_message);
}

tenancy::LimitTerms terms_of(const IdentityParams& params) {
  tenancy::LimitTerms terms;
  terms.max_budget = params.max_budget;
  terms.soft_budget = params.soft_budget;
  terms.budget_duration = params.budget_duration;
  terms.tpm_limit = params.tpm_limit;
  terms.rpm_limit = params.rpm_limit;
  terms.max_parallel_requests = params.max_parallel_requests;
  return terms;
}

constexpr std::array<std::pair<std::string_view, tenancy::UserRole>, 4> kRoles{{
    {"proxy_admin", tenancy::UserRole::proxy_admin},
    {"proxy_admin_viewer", tenancy::UserRole::proxy_admin_viewer},
    {"internal_user", tenancy::UserRole::internal_user},
    {"internal_user_viewer", tenancy::UserRole::internal_user_viewer},
}};

std::optional<tenancy::UserRole> role_named(std::string_view name) {
  for (const auto& [known, role] : kRoles) {
    if (known == name) return role;
  }
  return {};
}

}  // namespace

void describe(config::Section& s, StorageSettings& c) {
  using core::Millis;
  s.choice("durability", c.durability,
           {{"process", ledger::Durability::process}, {"power", ledger::Durability::power}},
           {.text = "what an answered call survives: the end of the process, or of the power",
            .restart = true});
  s.integer("readers", c.readers, {1, 64},
            {.text = "connections that read the database", .restart = true});
  s.bytes(
      "journal_segment_bytes", c.journal_segment_bytes,
      {std::uint64_t{1} << 20, std::uint64_t{2} << 30},
      {.text = "size of a journal file, allocated at once; two for each thread", .restart = true});
  s.duration("sync_interval", c.sync_interval, {Millis(1), Millis(10'000)},
             {.text = "latest time at which the journal is on the disk", .restart = true});
  s.duration("settle_interval", c.settle_interval, {Millis(1), Millis(10'000)},
             {.text = "latest time at which calls are in the database", .restart = true});
  s.duration("spend_log_retention", c.spend_log_retention,
             {core::Seconds(0), core::Seconds(20LL * 366 * 86'400)},
             {.text = "age at which single calls leave the database for DATA/archive; 0: never",
              .restart = true});
  s.duration("busy_timeout", c.busy_timeout, {Millis(10), Millis(60'000)},
             {.text = "wait for another program's lock on the database", .restart = true});
  s.bytes("log_alarm_bytes", c.log_alarm_bytes, {std::uint64_t{1} << 20, std::uint64_t{1} << 40},
          {.text = "size of the database's log at which an alarm is raised: somebody reads the "
                   "file and does not end",
           .restart = true});
}

void describe(config::Section& s, LimitSettings& c) {
  s.choice("reservation", c.reservation,
           {{"by_compat", ReservationSetting::by_compat},
            {"strict", ReservationSetting::strict},
            {"lenient", ReservationSetting::lenient}},
           {.text = "strict: the most that a call can cost must fit; lenient: it starts while the "
                    "budget is not used up. by_compat: strict, lenient for litellm_compat 1.81"});
  s.choice("rate_limit", c.rate_limit,
           {{"fixed_window", limits::RateMode::fixed_window},
            {"token_bucket", limits::RateMode::token_bucket}},
           {.text = "how requests and tokens per minute are counted"});
  s.duration("rate_limit_window", c.rate_limit_window,
             {core::Millis(1'000), core::Millis(3'600'000)},
             {.text = "length of the window that rpm and tpm hold for"});
  s.integer("budget_status", c.budget_status, {400, 429},
            {.text = "status of a call that a budget refuses: 400, 402, 422 or 429"});
  s.check(!c.budget_status || *c.budget_status == 400 || *c.budget_status == 402 ||
              *c.budget_status == 422 || *c.budget_status == 429,
          "budget_status", "must be 400, 402, 422 or 429");
  s.choice("abandoned_calls", c.abandoned_calls,
           {{"cancel", gateway::AbandonedCalls::cancel},
            {"finish_whole_replies", gateway::AbandonedCalls::finish_whole_replies},
            {"finish_all", gateway::AbandonedCalls::finish_all}},
           {.text = "what becomes of a call whose client has left: a finished one costs what the "
                    "provider bills, a cancelled one an estimate of what it had relayed",
            .restart = true});
}

void describe(config::Section& s, KeySettings& c) {
  s.duration("rotation_grace", c.rotation_grace, {core::Seconds(0), core::Seconds(366 * 86'400)},
             {.text = "how long the old text of a key with auto_rotate stays good; the new one is "
                      "in DATA/rotated_keys",
              .restart = true});
}

void describe(config::Section& s, IdentityParams& c) {
  s.lenient_unknown();
  s.money("max_budget", c.max_budget, {.text = "USD"});
  s.money("soft_budget", c.soft_budget, {.text = "USD at which an alarm is raised"});
  s.text("budget_duration", c.budget_duration, {.text = "after which a budget starts anew"});
  s.text("duration", c.duration, {.text = "until a key expires"});
  s.integer("tpm_limit", c.tpm_limit, {0, kMost}, {.text = "tokens per minute"});
  s.integer("rpm_limit", c.rpm_limit, {0, kMost}, {.text = "requests per minute"});
  s.integer("max_parallel_requests", c.max_parallel_requests, {0, kMost},
            {.text = "calls at the same time"});
  s.text("team_id", c.team_id, {.text = "team of new keys"});
  s.text("user_role", c.user_role, {.text = "role of new users"});
  s.texts("models", c.models, {.text = "models that may be called"});
  check_budget_duration(s, "budget_duration", c.budget_duration);
  check_duration(s, "duration", c.duration);
  s.check(!c.user_role || role_named(*c.user_role), "user_role", "is no role of a user");
}

void describe(config::Section& s, LitellmSettings& c) {
  models::describe(s, static_cast<models::LitellmSection&>(c));
  s.money("max_budget", c.max_budget, {.text = "USD that all calls together may cost"});
  s.text("budget_duration", c.budget_duration, {.text = "period of max_budget; none: for ever"});
  s.text("timezone", c.timezone, {.text = "of the calendar that budgets follow"});
  s.money("max_internal_user_budget", c.max_internal_user_budget,
          {.text = "budget of new users without one, in USD"});
  s.text("internal_user_budget_duration", c.internal_user_budget_duration,
         {.text = "period of max_internal_user_budget"});
  s.money("max_end_user_budget", c.max_end_user_budget,
          {.text = "budget of end users without one, in USD"});
  s.text("max_end_user_budget_id", c.max_end_user_budget_id,
         {.text = "stored budget of end users without one"});
  s.section("default_key_generate_params", c.default_key_generate_params,
            {.text = "what a new key gets where its request says nothing"});
  s.section("upperbound_key_generate_params", c.upperbound_key_generate_params,
            {.text = "the most that a new key may get"});
  s.section("default_internal_user_params", c.default_internal_user_params,
            {.text = "what a new user gets where its request says nothing"});
  s.section("default_team_params", c.default_team_params,
            {.text = "what a new team gets where its request says nothing"});
  check_budget_duration(s, "budget_duration", c.budget_duration);
  check_budget_duration(s, "internal_user_budget_duration", c.internal_user_budget_duration);
  const auto zone = limits::TimeZone::load(c.timezone);
  s.check(zone.has_value(), "timezone", zone ? "" : zone.error().public_message);
}

void describe_control(config::Section& root, ControlSettings& c) {
  root.section("storage", c.storage, {.text = "the data folder"});
  root.section("limits", c.limits, {.text = "budgets and rate limits"});
  root.section("keys", c.keys, {.text = "virtual keys"});
  root.section("litellm_settings", c.litellm, {.text = "defaults, as in LiteLLM"});
  root.text("litellm_compat", c.litellm_compat,
            {.text = "\"1.81\" answers as that version of LiteLLM does where later ones differ"});
  root.check(c.litellm_compat == "latest" || c.litellm_compat == "1.81", "litellm_compat",
             "must be \"latest\" or \"1.81\"");
}

gateway::AccountingRules accounting_rules(const ControlSettings& settings,
                                          const core::Secret& master_key) {
  gateway::AccountingRules rules;
  const bool lenient =
      settings.limits.reservation == ReservationSetting::lenient ||
      (settings.limits.reservation == ReservationSetting::by_compat && settings.compat_1_81());
  rules.reservation = lenient ? limits::ReservationMode::lenient : limits::ReservationMode::strict;
  rules.rate = settings.limits.rate_limit;
  rules.rate_window = settings.limits.rate_limit_window;
  auto zone = limits::TimeZone::load(settings.litellm.timezone);
  if (zone) rules.zone = std::make_shared<const limits::TimeZone>(std::move(*zone));
  if (settings.litellm.max_budget) {
    rules.global.budgets.push_back({.max = *settings.litellm.max_budget,
                                    .duration = settings.litellm.budget_duration.value_or("")});
  }
  rules.budget_status =
      static_cast<int>(settings.limits.budget_status.value_or(settings.compat_1_81() ? 400 : 429));
  rules.model_denied_status = settings.compat_1_81() ? 401 : 403;
  rules.master_token = crypto::sha256_hex(master_key.reveal());
  return rules;
}

tenancy::Policy identity_policy(const ControlSettings& settings) {
  const LitellmSettings& litellm = settings.litellm;
  tenancy::Policy policy;
  const IdentityParams& defaults = litellm.default_key_generate_params;
  policy.keys.defaults = {.max_budget = defaults.max_budget,
                          .soft_budget = defaults.soft_budget,
                          .budget_duration = defaults.budget_duration,
                          .tpm_limit = defaults.tpm_limit,
                          .rpm_limit = defaults.rpm_limit,
                          .max_parallel_requests = defaults.max_parallel_requests,
                          .duration = defaults.duration,
                          .team_id = defaults.team_id,
                          .models = defaults.models};
  const IdentityParams& bounds = litellm.upperbound_key_generate_params;
  policy.keys.bounds = {.max_budget = bounds.max_budget,
                        .budget_duration = bounds.budget_duration,
                        .tpm_limit = bounds.tpm_limit,
                        .rpm_limit = bounds.rpm_limit,
                        .max_parallel_requests = bounds.max_parallel_requests,
                        .duration = bounds.duration};
  const IdentityParams& users = litellm.default_internal_user_params;
  if (users.user_role) policy.users.role = role_named(*users.user_role);
  policy.users.models = users.models;
  policy.users.limits = terms_of(users);
  policy.users.max_internal_user_budget = litellm.max_internal_user_budget;
  policy.users.internal_user_budget_duration = litellm.internal_user_budget_duration;
  policy.teams = {.models = litellm.default_team_params.models,
                  .limits = terms_of(litellm.default_team_params)};
  return policy;
}

tenancy::EndUserDefaults end_user_defaults(const ControlSettings& settings) {
  return {.budget_id = settings.litellm.max_end_user_budget_id,
          .max_budget = settings.litellm.max_end_user_budget};
}

tenancy::DirectoryOptions directory_options(const ControlSettings& settings) {
  tenancy::DirectoryOptions options;
  options.end_users = end_user_defaults(settings);
  return options;
}

}  // namespace gatehouse::app
