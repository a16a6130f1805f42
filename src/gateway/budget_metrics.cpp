#include "gatehouse/gateway/budget_metrics.hpp"

#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/limits/period.hpp"

namespace gatehouse::gateway {
namespace {

using core::Scope;
using telemetry::MetricType;
using telemetry::Scale;

using Labels = std::vector<telemetry::Label>;
using Principals = std::vector<std::shared_ptr<const tenancy::Principal>>;

std::string_view text_of(const std::optional<std::string>& text) {
  return text ? std::string_view(*text) : std::string_view();
}

/// What one kind of accounts has left. Views live as long as the records behind them.
class Budgets {
 public:
  explicit Budgets(const BudgetSources& from) : from_(from), now_(from.clock.wall()) {
    const auto& zone = from.snapshot.accounting.zone;
    zone_ = zone ? zone.get() : &limits::TimeZone::utc();
  }

  void add(Scope scope, std::string_view id, const core::LimitSet& limits, Labels labels) {
    if (limits.budgets.empty() || !seen_.insert(id).second) return;
    const auto account = from_.accounts.find(scope, id);
    if (account == nullptr) return;
    const core::BudgetLimit& first = limits.budgets.front();
    const auto left = first.max.minus(account->balance(first, now_, *zone_).spent);
    rows_.push_back({std::move(labels), &first, left.value_or(core::Money::max())});
  }

  void remaining(std::string_view name, std::string_view help, telemetry::Exposition& out) const {
    if (rows_.empty()) return;
    out.begin(name, help, MetricType::gauge);
    for (const Row& row : rows_) out.sample(row.labels, row.left.nano_usd(), Scale::nano);
  }
  void maximum(std::string_view name, std::string_view help, telemetry::Exposition& out) const {
    if (rows_.empty()) return;
    out.begin(name, help, MetricType::gauge);
    for (const Row& row : rows_) out.sample(row.labels, row.limit->max.nano_usd(), Scale::nano);
  }
  void hours(std::string_view name, std::string_view help, telemetry::Exposition& out) const {
    bool begun = false;
    for (const Row& row : rows_) {
      if (row.limit->duration.empty()) continue;
      if (!std::exchange(begun, true)) out.begin(name, help, MetricType::gauge);
      const core::Nanos left = limits::period_of(*row.limit, now_, *zone_).end - now_;
      out.sample(row.labels, left.count() / std::chrono::seconds(std::chrono::hours(1)).count(),
                 Scale::nano);
    }
  }
  /// The three of them, in LiteLLM's names for keys, teams and their like.
  void write(std::string_view of, telemetry::Exposition& out) const {
    const std::string kind(of);
    remaining("litellm_remaining_" + kind + "_budget_metric", "USD left of the budget", out);
    maximum("litellm_" + kind + "_max_budget_metric", "USD of the budget", out);
    hours("litellm_" + kind + "_budget_remaining_hours_metric",
          "Hours until the budget starts anew", out);
  }

 private:
  struct Row {
    Labels labels;
    const core::BudgetLimit* limit;
    core::Money left;
  };

  const BudgetSources& from_;
  const core::WallTime now_;
  const limits::TimeZone* zone_;
  std::unordered_set<std::string_view> seen_;
  std::vector<Row> rows_;
};

Labels key_labels(const tenancy::KeyRecord& key) {
  return {{"hashed_api_key", key.token}, {"api_key_alias", text_of(key.key_alias)}};
}

bool is_bounded(const tenancy::Principal& principal) {
  // An old text of a regenerated key shares the account of the new one.
  if (principal.key->replaced_by) return false;
  return !principal.key_limits.budgets.empty() || !principal.team_limits.budgets.empty() ||
         !principal.user_limits.budgets.empty() || !principal.organization_limits.budgets.empty() ||
         !principal.key_model_limits.empty();
}

void write_callers(const BudgetSources& from, const Principals& principals,
                   telemetry::Exposition& out) {
  Budgets keys(from), teams(from), users(from), organizations(from);
  for (const auto& principal : principals) {
    const tenancy::KeyRecord& key = *principal->key;
    keys.add(Scope::key, key.account, principal->key_limits, key_labels(key));
    if (const auto& team = principal->team) {
      teams.add(Scope::team, team->team_id, principal->team_limits,
                {{"team", team->team_id}, {"team_alias", text_of(team->team_alias)}});
    }
    if (const auto& user = principal->user) {
      users.add(Scope::user, user->user_id, principal->user_limits, {{"user", user->user_id}});
    }
    if (const auto& organization = principal->organization) {
      organizations.add(Scope::organization, organization->organization_id,
                        principal->organization_limits,
                        {{"org_id", organization->organization_id},
                         {"org_alias", organization->organization_alias}});
    }
  }
  keys.write("api_key", out);
  teams.write("team", out);
  users.write("user", out);
  organizations.write("org", out);
}

using Remaining = std::optional<std::uint64_t> limits::Account::Pace::*;

/// What keys have left of their bounds by model.
void write_pace(const BudgetSources& from, const Principals& principals, Remaining which,
                std::string_view name, telemetry::Exposition& out) {
  const limits::Rules rules = from.snapshot.accounting.limits();
  std::size_t written = 0;
  for (const auto& principal : principals) {
    const tenancy::KeyRecord& key = *principal->key;
    for (const auto& [model, limits] : principal->key_model_limits) {
      if (limits.rate.empty() || written == kMostBudgetMetrics) continue;
      const auto account = from.accounts.find(Scope::key_model, core::pair_id(key.account, model));
      if (account == nullptr) continue;
      const auto left = account->remaining(limits.rate, rules, from.clock.monotonic()).*which;
      if (!left) continue;
      if (written++ == 0)
        out.begin(name, "Left of the key's limit for the model", MetricType::gauge);
      Labels labels = key_labels(key);
      labels.emplace_back("model", model);
      out.sample(labels, static_cast<std::int64_t>(*left));
    }
  }
}

void write_upstreams(const BudgetSources& from, telemetry::Exposition& out) {
  Budgets providers(from), groups(from), deployments(from);
  for (const auto& [name, limits] : from.snapshot.accounting.providers) {
    providers.add(Scope::provider, name, limits, {{"api_provider", name}});
  }
  for (const auto& [name, limits] : from.snapshot.accounting.models) {
    groups.add(Scope::model, name, limits, {{"model_group", name}});
  }
  for (const models::Deployment& deployment : from.snapshot.table->deployments()) {
    deployments.add(Scope::deployment, deployment.id.view(), deployment.limits,
                    {{"model_id", deployment.id.view()},
                     {"model_group", deployment.group},
                     {"api_provider", deployment.provider}});
  }
  providers.remaining("litellm_provider_remaining_budget_metric",
                      "USD left of the provider's budget", out);
  groups.remaining("gatehouse_model_remaining_budget_usd", "USD left of the model's budget", out);
  deployments.remaining("gatehouse_deployment_remaining_budget_usd",
                        "USD left of the deployment's budget", out);
}

}  // namespace

void collect_budget_metrics(const BudgetSources& from, telemetry::Exposition& out) {
  const Principals principals = from.directory.warm_principals(kMostBudgetMetrics, is_bounded);
  write_callers(from, principals, out);
  write_pace(from, principals, &limits::Account::Pace::requests,
             "litellm_remaining_api_key_requests_for_model", out);
  write_pace(from, principals, &limits::Account::Pace::tokens,
             "litellm_remaining_api_key_tokens_for_model", out);
  write_upstreams(from, out);
}

}  // namespace gatehouse::gateway
