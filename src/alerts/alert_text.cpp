/// Alerts as the bodies that are sent.

#include "gatehouse/alerts/alert.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::alerts {
namespace {

constexpr std::size_t kMostText = 300;

class Members {
 public:
  /// `json` is one value.
  void raw(std::string_view name, std::string_view json) {
    out_ += out_.size() > 1 ? "," : "";
    core::append_json_string(out_, name);
    out_ += ':';
    out_ += json;
  }
  void text(std::string_view name, std::string_view value) {
    std::string quoted;
    core::append_json_string(quoted, core::printable(value, kMostText), core::JsonText::visible);
    raw(name, quoted);
  }
  /// Null when empty.
  void maybe(std::string_view name, std::string_view value) {
    if (value.empty()) {
      raw(name, "null");
    } else {
      text(name, value);
    }
  }
  void money(std::string_view name, const std::optional<core::Money>& value) {
    raw(name, value ? value->to_usd() : "null");
  }
  /// Left out when empty.
  void further(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  std::string take() && {
    out_ += '}';
    return std::move(out_);
  }

 private:
  std::string out_ = "{";
};

std::string seconds_of(core::Nanos duration) {
  // Tenths: nobody needs more of a time that is told to people.
  const auto tenths = std::chrono::duration_cast<std::chrono::duration<std::int64_t, std::deci>>(
                          std::max(duration, core::Nanos(0)))
                          .count();
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void add_deployment(const DeploymentFacts& deployment, Members& out) {
  out.text("model_id", deployment.id);
  out.text("model_group", deployment.model_group);
  out.text("model", deployment.upstream_model);
  out.text("provider", deployment.provider);
  out.further("failure", deployment.failure);
  out.raw("seconds", seconds_of(deployment.duration));
}

/// Slack reads <…> as links and mentions, so that an alias could call everybody.
std::string slack_text(std::string_view text) {
  std::string out;
  for (const char c : core::printable(text, kMostText)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '`':
        out += '\'';
        break;
      default:
        out += c;
    }
  }
  return out;
}

void add_line(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += "\n*";
  out += name;
  out += ":* `" + slack_text(value) + "`";
}

std::string usd(const std::optional<core::Money>& amount) {
  return amount ? "$" + amount->to_usd() : std::string();
}

}  // namespace

std::string webhook_body(const Alert& alert) {
  Members out;
  out.money("spend", alert.spend);
  out.money("max_budget", alert.max_budget);
  out.maybe("token", alert.token);
  out.maybe("user_id", alert.user_id);
  out.maybe("team_id", alert.team_id);
  out.maybe("team_alias", alert.team_alias);
  out.maybe("customer_id", alert.customer_id);
  out.maybe("organization_id", alert.organization_id);
  out.maybe("user_email", alert.user_email);
  out.maybe("key_alias", alert.key_alias);
  // A forecast would be a guess; the names are there for those who read them.
  out.raw("projected_exceeded_date", "null");
  out.raw("projected_spend", "null");
  out.text("event", alert.event);
  out.text("event_group", alert.event_group);
  out.text("event_message", alert.message);
  out.text("alert_type", name_of(alert.type));
  out.text("timestamp", core::format_rfc3339(alert.at));
  out.further("subject_id", alert.subject_id);
  out.further("budget_duration", alert.budget_duration);
  if (alert.budget_resets_at) {
    out.text("budget_reset_at", core::format_rfc3339(*alert.budget_resets_at));
  }
  if (alert.deployment) add_deployment(*alert.deployment, out);
  out.text("event_id", alert.event_id);
  out.raw("suppressed_alerts", std::to_string(alert.claim.suppressed));
  return std::move(out).take();
}

std::string slack_body(const Alert& alert) {
  std::string text = "*" + slack_text(alert.message) + "*";
  add_line(text, "Event", alert.event);
  add_line(text, "Spend", usd(alert.spend));
  add_line(text, "Budget", usd(alert.max_budget));
  add_line(text, "Budget duration", alert.budget_duration);
  if (alert.budget_resets_at) {
    add_line(text, "Resets at", core::format_rfc3339(*alert.budget_resets_at));
  }
  add_line(text, "Key", alert.key_alias);
  add_line(text, "Key hash", alert.token);
  add_line(text, "Team", alert.team_alias.empty() ? alert.team_id : alert.team_alias);
  add_line(text, "User", alert.user_email.empty() ? alert.user_id : alert.user_email);
  add_line(text, "Customer", alert.customer_id);
  add_line(text, "Organization", alert.organization_id);
  add_line(text, "Subject", alert.subject_id);
  if (alert.deployment) {
    add_line(text, "Model", alert.deployment->model_group);
    add_line(text, "Deployment", alert.deployment->id);
    add_line(text, "Provider", alert.deployment->provider);
    add_line(text, "Failure", alert.deployment->failure);
    add_line(text, "Seconds", seconds_of(alert.deployment->duration));
  }
  if (alert.claim.suppressed != 0) {
    add_line(text, "Kept back since the last one", std::to_string(alert.claim.suppressed));
  }
  std::string out = R"({"text":)";
  core::append_json_string(out, text);
  return out + "}";
}

}  // namespace gatehouse::alerts
