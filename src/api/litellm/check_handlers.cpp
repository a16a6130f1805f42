/// Calls models to see whether they answer, and tells how earlier such calls went.

#include <algorithm>
#include <utility>
#include <vector>

#include "../handlers.hpp"
#include "admin/answer.hpp"
#include "admin/body_reader.hpp"
#include "admin/json_writer.hpp"
#include "admin/request.hpp"
#include "admin/send.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/gateway/model_check.hpp"
#include "gatehouse/tenancy/store.hpp"
#include "litellm/check_handlers.hpp"
#include "litellm/check_json.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::Answer;
using gateway::CheckHistory;
using gateway::CheckOutcome;
using models::Deployment;

/// Who asked, as the history shows it.
std::string_view name_of(const Caller& caller) {
  if (!caller.principal) return tenancy::kMasterUserId;
  const auto& user = caller.principal->key->user_id;
  return user ? std::string_view(*user) : std::string_view(caller.principal->key->key_name);
}

/// By the name that clients use, the name that is sent upstream, or the id.
bool is_meant(const Deployment& deployment, std::string_view wanted) {
  return wanted.empty() || deployment.group == wanted || deployment.id.view() == wanted ||
         deployment.provider + "/" + deployment.upstream_model == wanted;
}

std::vector<const Deployment*> meant(const gateway::Snapshot& snapshot, std::string_view wanted) {
  std::vector<const Deployment*> found;
  for (const Deployment& deployment : snapshot.table->deployments()) {
    if (is_meant(deployment, wanted)) found.push_back(&deployment);
  }
  return found;
}

/// What is known already of each, without a call; those that were never checked are left out.
std::vector<CheckOutcome> known(const CheckHistory& history,
                                const std::vector<const Deployment*>& deployments) {
  const auto latest = history.latest();
  std::vector<CheckOutcome> found;
  for (const Deployment* deployment : deployments) {
    const auto entry = latest.find(deployment->id.text());
    if (entry != latest.end()) found.push_back(entry->second.outcome);
  }
  return found;
}

CheckRules rules_of(const ControlPlane& control) {
  return control.check_rules ? control.check_rules() : CheckRules();
}

/// The parameters to try, or what is wrong with the body.
struct Connection {
  std::string params;
  std::string info;
};

admin::Outcome<Connection> read_connection(std::string_view text) {
  admin::FieldErrors errors;
  admin::BodyReader body(text, errors);
  Connection wanted{{}, "{}"};
  std::optional<std::string> mode;
  body.require("litellm_params");
  body.read_object("litellm_params", wanted.params);
  body.read_object("model_info", wanted.info);
  body.read("mode", mode);
  if (!errors.empty()) return std::unexpected(errors.answer());
  if (!mode) return wanted;
  admin::JsonWriter info;
  info.begin_object();
  for (const json::Member& member : admin::children_of(wanted.info)) {
    const std::string name = admin::key_of(member);
    if (name != "mode") info.member_raw(name, member.value);
  }
  info.member("mode", *mode).end_object();
  wanted.info = std::move(info).take();
  return wanted;
}

Answer connection_answer(const CheckOutcome& outcome) {
  admin::JsonWriter out;
  out.begin_object().member("status", outcome.healthy ? "success" : "error").key("result");
  write_endpoint(out, outcome, true);
  out.end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace

core::Task<void> health(ApiContext& context, net::Exchange& exchange, const Parameters&,
                        const Caller& caller) {
  const std::string_view query = exchange.head().query;
  std::string wanted = net::query_value(query, "model").value_or("");
  if (wanted.empty()) wanted = net::query_value(query, "model_id").value_or("");
  const auto snapshot = context.pipeline.snapshot();
  std::vector<const Deployment*> deployments = meant(*snapshot, wanted);
  Answer answer;
  if (deployments.empty() && !wanted.empty()) {
    answer = admin::refuse(400, "Model " + core::printable(wanted) + " not found", "None");
    co_await admin::send(exchange, answer);
    co_return;
  }
  ControlPlane* const control = context.control;
  const CheckRules rules = control != nullptr ? rules_of(*control) : CheckRules();
  std::vector<CheckOutcome> outcomes;
  if (rules.in_background && control->checks != nullptr) {
    outcomes = known(*control->checks, deployments);
  } else {
    outcomes = co_await gateway::check_models(context.pipeline, snapshot, std::move(deployments),
                                              exchange.cancellation());
    if (control != nullptr && control->checks != nullptr) {
      control->checks->add(outcomes, name_of(caller));
    }
  }
  answer = admin::ok(endpoints_json(outcomes, rules.details));
  co_await admin::send(exchange, answer);
}

core::Task<void> test_connection(ApiContext& context, net::Exchange& exchange, const Parameters&,
                                 const Caller&) {
  ControlPlane* const control = context.control;
  Answer answer;
  if (control == nullptr || !control->try_model) {
    answer = admin::refuse(503, "This server tries no models", admin::type::kInternal);
    co_await admin::send(exchange, answer);
    co_return;
  }
  if (exchange.body().size() > admin::kMaxAdminBody) {
    answer = admin::refuse(413, "The body is too large for this route");
    co_await admin::send(exchange, answer);
    co_return;
  }
  auto connection = read_connection(exchange.body());
  if (!connection) {
    co_await admin::send(exchange, connection.error());
    co_return;
  }
  auto make = [control, wanted = std::move(*connection)] {
    return control->try_model(wanted.params, wanted.info);
  };
  const auto snapshot = co_await control->pool.run(*context.loop, std::move(make));
  if (!snapshot) {
    answer = admin::refuse(snapshot.error());
    co_await admin::send(exchange, answer);
    co_return;
  }
  const Deployment& deployment = (*snapshot)->table->deployments().front();
  const CheckOutcome outcome =
      co_await context.pipeline.check(*snapshot, deployment, exchange.cancellation());
  answer = connection_answer(outcome);
  co_await admin::send(exchange, answer);
}

}  // namespace gatehouse::api::litellm
