/// /model/info: the deployments with their settings and what the price map says of them.

#include "../envelope.hpp"
#include "../handlers.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"
#include "gatehouse/models/describe.hpp"

namespace gatehouse::api::litellm {
namespace {

void append(std::string& out, const models::Deployment& deployment) {
  if (out.back() != '[') out += ',';
  out += R"({"model_name":)";
  json::append_quoted(out, deployment.group);
  out += R"(,"litellm_params":)" + deployment.params_json;
  out += R"(,"model_info":)" + models::model_info_json(deployment) + "}";
}

}  // namespace

core::Task<void> model_info(ApiContext& context, net::Exchange& exchange, const Parameters&) {
  const auto snapshot = context.pipeline.snapshot();
  const auto wanted = net::query_value(exchange.head().query, "litellm_model_id");
  std::string body = R"({"data":[)";
  if (wanted) {
    const models::Deployment* deployment = snapshot->table->find_deployment(*wanted);
    if (deployment == nullptr) {
      std::string detail =
          R"({"detail":{"error":)" +
          json::quoted("Model id = " + core::printable(*wanted) + " not found on this proxy") +
          "}}";
      co_await answer_json(exchange, 400, std::move(detail));
      co_return;
    }
    append(body, *deployment);
  } else {
    for (const models::Deployment& deployment : snapshot->table->deployments()) {
      append(body, deployment);
    }
  }
  body += "]}";
  co_await answer_json(exchange, 200, std::move(body));
}

}  // namespace gatehouse::api::litellm
