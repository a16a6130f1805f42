#include "litellm/alert_handlers.hpp"

#include "admin/field_errors.hpp"
#include "admin/json_writer.hpp"
#include "admin/query_reader.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::api::litellm {

admin::Answer check_service(const admin::AdminRequest& request, ControlPlane& control) {
  admin::FieldErrors errors;
  admin::QueryReader query(request.query, errors);
  const std::string service = query.required_text("service");
  if (!errors.empty()) return errors.answer();
  // LiteLLM has a name of its own for Slack's test of budgets.
  const std::string channel = service == "slack_budget_alerts" ? "slack" : service;
  if (channel != "webhook" && channel != "slack") {
    return admin::refuse(400, "Service must be in list. Service=" + core::printable(service) +
                                  ". List=['webhook', 'slack', 'slack_budget_alerts']");
  }
  if (!control.send_test_alert) return admin::refuse(503, "This server sends no alerts");
  const auto sent = control.send_test_alert(channel);
  if (!sent && sent.error().code == core::Errc::not_found) {
    return admin::refuse(
        422, "\"" + channel + "\" not in proxy config: general_settings.alerting. Unset");
  }
  if (!sent) return admin::refuse(sent.error());
  admin::JsonWriter out;
  out.begin_object()
      .member("status", "success")
      .member("message", "Test alert sent, verify that it arrived: " + channel)
      .end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
