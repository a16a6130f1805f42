#include "alert_config.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace gatehouse::app {
namespace {

using alerts::AlertTypes;
using alerts::ChannelKind;
using config::Node;
using config::Problems;

constexpr core::Seconds kLongest{366LL * 86'400};
constexpr std::size_t kMostChannels = 32;
constexpr const char* kPath = "general_settings.alerting";
constexpr const char* kSecretPath = "general_settings.alert_webhook_secret";
constexpr std::string_view kSecretVariable = "WEBHOOK_SECRET";

std::vector<core::Secret> addresses_of(const Node& node, Problems& problems) {
  std::vector<core::Secret> found;
  const auto add = [&](const Node& item) {
    if (item.kind() != Node::Kind::scalar) {
      problems.error(item.path(), item.line(), "must be a URL");
      return;
    }
    found.emplace_back(std::string(item.text()));
  };
  if (node.kind() == Node::Kind::sequence) {
    for (const Node* item : node.children()) add(*item);
  } else {
    add(node);
  }
  return found;
}

void read_addresses(const Node& node, Problems& problems, AlertingSettings& c) {
  if (node.kind() != Node::Kind::map) {
    c.own_addresses[""] = addresses_of(node, problems);
    return;
  }
  for (const Node* item : node.children()) {
    if (!alerts::alert_type_named(item->key())) {
      problems.warning(item->path(), item->line(), "no alert of this type is sent");
      continue;
    }
    c.own_addresses[std::string(item->key())] = addresses_of(*item, problems);
  }
}

void warn_of_others(config::Section& s, std::string_view key, const std::vector<std::string>& names,
                    bool (*known)(std::string_view), std::string_view why) {
  if (!s.reading()) return;
  for (const std::string& name : names) {
    if (!known(name)) s.no_effect(std::string(key), name + ": " + std::string(why));
  }
}

bool is_channel(std::string_view name) {
  return name == "webhook" || name == "slack";
}

bool is_type(std::string_view name) {
  return alerts::alert_type_named(name).has_value();
}

/// Makes channels of addresses.
class Resolver {
 public:
  Resolver(const config::Environment& environment, Problems& problems)
      : environment_(environment), problems_(problems) {}

  void add(ChannelKind kind, AlertTypes types, const core::Secret& address) {
    if (types.empty()) return;
    auto url = value_of(address);
    if (!url) return;
    auto channel = alerts::Channel::parse(kind, url->reveal());
    if (!channel) {
      problems_.error(kPath, 0, channel.error().public_message);
      return;
    }
    channel->types = types;
    if (channels_.size() >= kMostChannels) {
      problems_.error(kPath, 0, "has too many addresses");
      return;
    }
    channels_.push_back(std::move(*channel));
  }
  bool has(ChannelKind kind) const {
    return std::ranges::find(channels_, kind, &alerts::Channel::kind) != channels_.end();
  }
  std::vector<alerts::Channel> take() { return std::move(channels_); }

 private:
  std::optional<core::Secret> value_of(const core::Secret& address) {
    const auto name = config::environment_reference(address.reveal());
    if (!name) return address;
    auto value = environment_(*name);
    if (value && !value->empty()) return core::Secret(std::move(*value));
    problems_.warning(kPath, 0, "the variable " + std::string(*name) + " of a URL is not set");
    return {};
  }

  const config::Environment& environment_;
  Problems& problems_;
  std::vector<alerts::Channel> channels_;
};

struct KnownChannel {
  ChannelKind kind;
  std::string_view variable;
  std::string_view stand_in = {};  ///< where the variable is not set
};
constexpr std::array kChannels{
    KnownChannel{ChannelKind::webhook, "WEBHOOK_URL"},
    KnownChannel{ChannelKind::slack, "SLACK_WEBHOOK_URL", "ALERTING_WEBHOOK_URL"}};

std::optional<std::string> address_of(const KnownChannel& channel,
                                      const config::Environment& environment) {
  for (const std::string_view variable : {channel.variable, channel.stand_in}) {
    if (variable.empty()) continue;
    auto value = environment(variable);
    if (value && !value->empty()) return value;
  }
  return {};
}

/// Empty: webhooks are not signed.
core::Secret signing_key_of(const AlertingSettings& settings,
                            const config::Environment& environment, Problems& problems) {
  core::Secret secret = settings.webhook_secret;
  std::string place = kSecretPath;
  if (secret.empty()) {
    auto value = environment(kSecretVariable);
    if (!value || value->empty()) return {};
    secret = core::Secret(std::move(*value));
    place = kPath;
  }
  auto key = alerts::read_webhook_secret(secret.reveal());
  if (key) return std::move(*key);
  problems.error(place, 0,
                 (place == kPath ? std::string(kSecretVariable) + ": " : std::string()) +
                     key.error().public_message);
  return {};
}

bool lists(const AlertingSettings& settings, ChannelKind kind) {
  return std::ranges::find(settings.alerting, alerts::name_of(kind)) != settings.alerting.end();
}

/// Returns the types that have addresses of their own.
AlertTypes add_own(const AlertingSettings& settings, ChannelKind kind, Resolver& resolver) {
  AlertTypes own;
  for (const auto& [name, addresses] : settings.own_addresses) {
    AlertTypes types;
    if (name.empty()) {
      types = settings.types();
    } else if (const auto type = alerts::alert_type_named(name);
               type && settings.types().has(*type)) {
      types.add(*type);
    }
    for (std::size_t i = 0; i < alerts::kAlertTypes; ++i) {
      if (const auto type = static_cast<alerts::AlertType>(i); types.has(type)) own.add(type);
    }
    for (const core::Secret& address : addresses) resolver.add(kind, types, address);
  }
  return own;
}

}  // namespace

AlertTypes AlertingSettings::types() const {
  if (alert_types.empty()) return AlertTypes::all();
  AlertTypes chosen;
  for (const std::string& name : alert_types) {
    if (const auto type = alerts::alert_type_named(name)) chosen.add(*type);
  }
  return chosen;
}

void describe(config::Section& s, AlertingArgs& c) {
  using core::Seconds;
  s.lenient_unknown();
  s.duration("budget_alert_ttl", c.budget_alert_ttl, {Seconds(1), kLongest},
             {.text = "before a budget without a period is told of again; others are told of once "
                      "in a period"});
  s.duration("cooldown_alert_ttl", c.cooldown_alert_ttl, {Seconds(1), kLongest},
             {.text = "before a deployment that cools down is told of again"});
  s.duration("slow_call_alert_ttl", c.slow_call_alert_ttl, {Seconds(1), kLongest},
             {.text = "before slow calls of a deployment are told of again"});
  s.duration("database_alert_ttl", c.database_alert_ttl, {Seconds(1), kLongest},
             {.text = "before the same trouble of the database is told of again"});
  s.texts("budget_thresholds", c.budget_thresholds,
          {.text = "shares of a budget, in percent, to tell of: 80, 90, 95; a soft budget and the "
                   "whole are always told of"});
  for (const std::string& share : c.budget_thresholds) {
    s.check(share == "80" || share == "90" || share == "95", "budget_thresholds",
            "each must be 80, 90 or 95");
  }
}

void describe_alerting(config::Section& s, AlertingSettings& c) {
  s.texts("alerting", c.alerting,
          {.text = "where alerts go: webhook (WEBHOOK_URL), slack (SLACK_WEBHOOK_URL)"});
  warn_of_others(s, "alerting", c.alerting, is_channel, "no alerts are sent there");
  s.duration("alerting_threshold", c.alerting_threshold, {core::Seconds(0), kLongest},
             {.text = "a call that takes longer is slow; 0: none is"});
  s.texts("alert_types", c.alert_types,
          {.text = "what to tell of: budget_alerts, cooldown_deployment, llm_too_slow, "
                   "db_exceptions; default: all"});
  warn_of_others(s, "alert_types", c.alert_types, is_type, "no alert of this type is sent");
  s.custom("alert_to_webhook_url",
           {.text = "addresses for alerts, one or by alert type; of Slack where alerting has it"},
           R"({"type":["string","array","object"],"items":{"type":"string"},)"
           R"("additionalProperties":{"type":["string","array"],"items":{"type":"string"}}})",
           [&c](const Node& node, Problems& problems) { read_addresses(node, problems, c); });
  s.secret(
      "alert_webhook_secret", c.webhook_secret,
      {.text = "signs webhooks as Standard Webhooks does: whsec_ and base64 of 24 to 64 bytes; "
               "default: WEBHOOK_SECRET"});
  s.section("alerting_args", c.args, {.text = "how often and at what"});
}

void resolve_alerting(AlertingSettings& settings, const config::Environment& environment,
                      config::Problems& problems) {
  Resolver resolver(environment, problems);
  const ChannelKind owner =
      lists(settings, ChannelKind::slack) ? ChannelKind::slack : ChannelKind::webhook;
  for (const KnownChannel& known : kChannels) {
    if (!lists(settings, known.kind)) continue;
    AlertTypes left = settings.types();
    if (known.kind == owner) {
      const AlertTypes own = add_own(settings, known.kind, resolver);
      AlertTypes others;
      for (std::size_t i = 0; i < alerts::kAlertTypes; ++i) {
        const auto type = static_cast<alerts::AlertType>(i);
        if (left.has(type) && !own.has(type)) others.add(type);
      }
      left = others;
    }
    auto address = address_of(known, environment);
    if (address) resolver.add(known.kind, left, core::Secret(std::move(*address)));
    if (!resolver.has(known.kind) && !left.empty()) {
      problems.warning(kPath, 0,
                       std::string(alerts::name_of(known.kind)) + " has no address: set " +
                           std::string(known.variable) + " or alert_to_webhook_url");
    }
  }
  settings.channels = resolver.take();
  if (!lists(settings, ChannelKind::webhook)) return;
  const core::Secret key = signing_key_of(settings, environment, problems);
  for (alerts::Channel& channel : settings.channels) {
    if (channel.kind == ChannelKind::webhook) channel.signing_key = key;
  }
}

}  // namespace gatehouse::app
