#include "alert_desk.hpp"

#include <array>
#include <utility>

#include "gatehouse/core/text.hpp"

namespace gatehouse::app {
namespace {

using alerts::Alert;
using alerts::AlertType;
using core::Scope;
using gateway::CallerFacts;

struct ScopeNames {
  std::string_view group;  ///< event_group, in LiteLLM's words where it has one
  std::string_view title;
};
constexpr std::array<ScopeNames, core::kScopes> kScopeNames{{
    {"proxy", "Proxy"},
    {"organization", "Organization"},
    {"team", "Team"},
    {"team_member", "Team Member"},
    {"internal_user", "User"},
    {"key", "Key"},
    {"customer", "Customer"},
    {"tag", "Tag"},
    {"model", "Model"},
    {"provider", "Provider"},
    {"deployment", "Deployment"},
    {"key_model", "Key Model"},
    {"team_model", "Team Model"},
}};

const ScopeNames& names_of(Scope scope) {
  return kScopeNames.at(static_cast<std::size_t>(scope));
}

void name_team(const CallerFacts& caller, Alert& alert) {
  alert.team_id = caller.team_id;
  alert.team_alias = caller.team_alias;
}

void name_user(const CallerFacts& caller, Alert& alert) {
  alert.user_id = caller.user_id;
  alert.user_email = caller.user_email;
}

void name_key(const CallerFacts& caller, Alert& alert) {
  alert.token = caller.api_key;
  alert.key_alias = caller.key_alias;
  name_user(caller, alert);
  name_team(caller, alert);
}

/// Of the caller only what the budget belongs to: who happened to pass a team's bound is not news.
void name_subject(Scope scope, const std::string& id, const CallerFacts& caller, Alert& alert) {
  switch (scope) {
    case Scope::key:
      return name_key(caller, alert);
    case Scope::key_model:
      name_key(caller, alert);
      break;
    case Scope::user:
      return name_user(caller, alert);
    case Scope::team:
      return name_team(caller, alert);
    case Scope::team_member:
      name_user(caller, alert);
      return name_team(caller, alert);
    case Scope::team_model:
      name_team(caller, alert);
      break;
    case Scope::organization:
      alert.organization_id = id;
      return;
    case Scope::end_user:
      alert.customer_id = id;
      return;
    default:
      alert.subject_id = id;
      return;
  }
  const std::size_t separator = id.find('\x1f');
  if (separator != std::string::npos) alert.subject_id = id.substr(separator + 1);
}

std::string subject_of(std::string_view kind, std::initializer_list<std::string_view> parts) {
  std::string subject(kind);
  for (const std::string_view part : parts) {
    subject += '\x1f';
    subject += part;
  }
  return subject;
}

std::string usd(core::Money amount) {
  return "$" + amount.to_usd();
}

bool is_spent(std::uint32_t percent, const limits::Denial& denial) {
  using Wide = __int128;
  return denial.spent > core::Money() &&
         Wide{denial.spent.nano_usd()} * 100 >= Wide{denial.max.nano_usd()} * percent;
}

}  // namespace

AlertDesk::AlertDesk(alerts::Alerter& alerter, const core::Clock& clock,
                     const AlertingSettings& settings)
    : alerter_(alerter), clock_(clock) {
  follow(settings);
}

void AlertDesk::follow(const AlertingSettings& settings) {
  auto rules = std::make_shared<Rules>();
  rules->args = settings.args;
  for (const std::string& share : settings.args.budget_thresholds) {
    rules->percents.insert(static_cast<std::uint32_t>(core::parse_u64(share).value_or(100)));
  }
  rules->percents.insert(100);
  rules_.store(std::move(rules));
  const bool slow = !settings.alerting.empty() && settings.types().has(AlertType::slow_call);
  slow_after_.store(slow ? core::Nanos(settings.alerting_threshold).count() : 0,
                    std::memory_order_relaxed);
}

std::optional<alerts::Claim> AlertDesk::claim(const Budget& budget, std::string_view event,
                                              const std::string& what) {
  const core::WallTime now = clock_.wall();
  const core::WallTime until =
      budget.resets_at.value_or(now + rules_.load()->args.budget_alert_ttl);
  const std::string subject = subject_of(
      "budget", {names_of(budget.scope).group, budget.id, budget.duration, event,
                 event == "threshold_crossed" ? what : std::string(), budget.max.to_usd()});
  if (!budget.known) return alerter_.claim(subject, until);
  // Nobody to tell: then it is not written down who was told, and each start would tell the log.
  if (!alerter_.has_channel(AlertType::budget)) return {};
  // What was told in an earlier period does not count. A budget without a period has one amount for
  // ever.
  return alerter_.claim_unheard(subject, budget.resets_at ? now : core::WallTime::min(), until);
}

void AlertDesk::tell(const Budget& budget, const CallerFacts& caller, std::string event,
                     const std::string& what) {
  auto claimed = claim(budget, event, what);
  if (claimed) post(budget, caller, std::move(event), what, *std::move(claimed));
}

void AlertDesk::post(const Budget& budget, const CallerFacts& caller, std::string event,
                     const std::string& what, alerts::Claim claim) {
  const ScopeNames& names = names_of(budget.scope);
  Alert alert;
  alert.event = std::move(event);
  alert.event_group = names.group;
  alert.message = std::string(names.title) + " Budget: " + what;
  alert.at = clock_.wall();
  alert.spend = budget.spent;
  alert.max_budget = budget.max;
  alert.budget_duration = budget.duration;
  alert.budget_resets_at = budget.resets_at;
  name_subject(budget.scope, budget.id, caller, alert);
  alert.claim = std::move(claim);
  alerter_.post(std::move(alert));
}

void AlertDesk::tell_share(const Budget& budget, const CallerFacts& caller, std::uint32_t percent) {
  if (percent >= 100) {
    tell(budget, caller, "budget_crossed", "Budget Crossed");
  } else {
    tell(budget, caller, "threshold_crossed",
         "Threshold Crossed: " + std::to_string(percent) + "% of the budget is spent");
  }
}

void AlertDesk::threshold_reached(const limits::Threshold& threshold, const CallerFacts& caller) {
  if (!threshold.soft && !rules_.load()->percents.contains(threshold.percent)) return;
  Budget budget{.scope = threshold.scope,
                .id = threshold.id,
                .duration = threshold.duration,
                .spent = threshold.spent,
                .max = threshold.max,
                .resets_at = std::nullopt,
                .known = threshold.known};
  if (threshold.period_end != core::WallTime::max()) budget.resets_at = threshold.period_end;
  if (threshold.soft) {
    tell(budget, caller, "soft_budget_crossed", "Soft Budget Crossed");
  } else {
    tell_share(budget, caller, threshold.percent);
  }
}

void AlertDesk::budget_refused(const limits::Denial& denial, const CallerFacts& caller) {
  Budget budget{.scope = denial.scope,
                .id = denial.id,
                .duration = denial.duration,
                .spent = denial.spent,
                .max = denial.max,
                .resets_at = denial.resets_at};
  auto claimed = claim(budget, "budget_crossed", {});
  if (!claimed) return;
  // Shares that an earlier run passed and did not live to tell come first: so whoever finds the
  // whole told knows that they are.
  budget.known = true;
  for (const std::uint32_t percent : rules_.load()->percents) {
    if (percent < 100 && is_spent(percent, denial)) tell_share(budget, caller, percent);
  }
  post(budget, caller, "budget_crossed",
       "Budget Crossed: it has no room for a call (" + usd(denial.reserved) +
           " are held by calls under way)",
       *std::move(claimed));
}

void AlertDesk::attempt_failed(const gateway::FailedTry& failed) {
  if (failed.cooling.count() == 0) return;
  const core::WallTime now = clock_.wall();
  auto claimed = alerter_.claim(subject_of("cooldown", {failed.deployment}),
                                now + rules_.load()->args.cooldown_alert_ttl);
  if (!claimed) return;
  Alert alert;
  alert.type = AlertType::cooldown;
  alert.event = "deployment_cooled_down";
  alert.event_group = "deployment";
  alert.message = "Deployment Cooling Down: " + std::string(failed.group) + " on " +
                  std::string(failed.provider) + " after " + std::string(failed.failure);
  alert.at = now;
  alert.deployment =
      alerts::DeploymentFacts{std::string(failed.deployment),     std::string(failed.group),
                              std::string(failed.upstream_model), std::string(failed.provider),
                              std::string(failed.failure),        failed.cooling};
  alert.claim = *std::move(claimed);
  alerter_.post(std::move(alert));
}

void AlertDesk::database_trouble(const DatabaseTrouble& trouble) {
  const core::WallTime now = clock_.wall();
  auto claimed = alerter_.claim(subject_of("database", {trouble.event}),
                                now + rules_.load()->args.database_alert_ttl);
  if (!claimed) return;
  Alert alert;
  alert.type = AlertType::database;
  alert.event = trouble.event;
  alert.event_group = "database";
  alert.message = trouble.message;
  alert.at = now;
  alert.claim = *std::move(claimed);
  alerter_.post(std::move(alert));
}

void AlertDesk::slow_call(const gateway::CallRecord& record) {
  if (record.deployment.empty()) return;
  const core::WallTime now = clock_.wall();
  auto claimed = alerter_.claim(subject_of("slow", {record.deployment}),
                                now + rules_.load()->args.slow_call_alert_ttl);
  if (!claimed) return;
  Alert alert;
  alert.type = AlertType::slow_call;
  alert.event = "slow_call";
  alert.event_group = "deployment";
  alert.message = "Slow Call: " + std::string(record.group) + " on " + std::string(record.provider);
  alert.at = now;
  alert.deployment = alerts::DeploymentFacts{std::string(record.deployment),
                                             std::string(record.group),
                                             std::string(record.upstream_model),
                                             std::string(record.provider),
                                             {},
                                             record.duration};
  alert.claim = *std::move(claimed);
  alerter_.post(std::move(alert));
}

}  // namespace gatehouse::app
