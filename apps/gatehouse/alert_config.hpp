#pragma once
/// Who is told of what: `alerting` and its like in `general_settings`.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gatehouse/alerts/channel.hpp"
#include "gatehouse/config/section.hpp"

namespace gatehouse::app {

/// `alerting_args`.
struct AlertingArgs {
  core::Seconds budget_alert_ttl{86'400};
  core::Seconds cooldown_alert_ttl{600};
  core::Seconds slow_call_alert_ttl{600};
  core::Seconds database_alert_ttl{600};
  std::vector<std::string> budget_thresholds{"80", "95"};
};

struct AlertingSettings {
  std::vector<std::string> alerting;  ///< "webhook", "slack"
  core::Seconds alerting_threshold{300};
  std::vector<std::string> alert_types;  ///< empty: all
  AlertingArgs args;
  core::Secret webhook_secret;  ///< empty: WEBHOOK_SECRET, and without that webhooks are not signed
  /// alert_to_webhook_url as it stands: type → addresses; "" stands for every type.
  std::map<std::string, std::vector<core::Secret>> own_addresses;

  std::vector<alerts::Channel> channels;  ///< what resolve_alerting() made of it

  /// Of alert_types.
  alerts::AlertTypes types() const;
};

/// Keys of general_settings.
void describe_alerting(config::Section& s, AlertingSettings& c);
void describe(config::Section& s, AlertingArgs& c);

/// Finds the secret of webhooks, and the addresses: WEBHOOK_URL and SLACK_WEBHOOK_URL, or
/// alert_to_webhook_url. Those belong to Slack where it is listed, as in LiteLLM, else to the
/// webhook. A channel without an address is a warning.
void resolve_alerting(AlertingSettings& settings, const config::Environment& environment,
                      config::Problems& problems);

}  // namespace gatehouse::app
