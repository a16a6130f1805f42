#pragma once
/// What an operator is told of: a budget that is reached, a deployment that cools down, a call that
/// takes too long, a database in trouble.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"

namespace gatehouse::alerts {

/// The kinds that an operator chooses among.
enum class AlertType : std::uint8_t { budget, cooldown, slow_call, database };
inline constexpr std::size_t kAlertTypes = 4;
/// LiteLLM's name in `alert_types`: "budget_alerts", "cooldown_deployment", "llm_too_slow",
/// "db_exceptions".
std::string_view name_of(AlertType type) noexcept;
std::optional<AlertType> alert_type_named(std::string_view name) noexcept;

/// What an alert says of a deployment.
struct DeploymentFacts {
  std::string id;
  std::string model_group;
  std::string upstream_model;
  std::string provider;
  std::string failure;      ///< empty for a slow call
  core::Nanos duration{0};  ///< of the cool-down, or of the call
};

/// The right to tell of a subject, as Alerter::claim() gives it.
struct Claim {
  std::string subject = {};  ///< empty: nothing to remember
  core::WallTime until{};    ///< nobody else gets it before
  /// Claims in vain since it was given before: what was kept back.
  std::uint64_t suppressed = 0;
};

/// One alert. Plain values; texts may come from clients. There is no credential in it: a key is
/// named by its hash and its alias.
struct Alert {
  AlertType type = AlertType::budget;
  /// "budget_crossed", "threshold_crossed", "soft_budget_crossed", "deployment_cooled_down",
  /// "slow_call", "database_failed", "write_ahead_log_grows" or "test".
  std::string event;
  /// Whom it concerns: "key", "team", "internal_user", "proxy", "deployment", "database", …
  std::string event_group;
  std::string message;  ///< one sentence for people
  core::WallTime at{};

  std::optional<core::Money> spend = {};
  std::optional<core::Money> max_budget = {};
  std::string budget_duration = {};  ///< empty: none
  std::optional<core::WallTime> budget_resets_at = {};

  // Empty: not known, or it does not concern one.
  std::string token = {};  ///< hash of the key
  std::string key_alias = {};
  std::string user_id = {};
  std::string user_email = {};
  std::string team_id = {};
  std::string team_alias = {};
  std::string organization_id = {};
  std::string customer_id = {};
  std::string subject_id = {};  ///< of a tag, model or provider

  std::optional<DeploymentFacts> deployment = {};

  Claim claim = {};
  /// The same for every address and every try, so that a receiver can tell repetitions. The alerter
  /// gives it.
  std::string event_id = {};
};

/// The body of a webhook: the fields of LiteLLM's webhook events, and further ones.
std::string webhook_body(const Alert& alert);
/// The body for a Slack incoming webhook (and what speaks its dialect): {"text": …}.
std::string slack_body(const Alert& alert);

}  // namespace gatehouse::alerts
