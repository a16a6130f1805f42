/// What models there are, with their settings and what the price map says of them.

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "../handlers.hpp"
#include "../model_access.hpp"
#include "admin/answer.hpp"
#include "admin/json_writer.hpp"
#include "admin/query_reader.hpp"
#include "admin/send.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/models/describe.hpp"
#include "litellm/extra_fields.hpp"

namespace gatehouse::api::litellm {
namespace {

void write(admin::JsonWriter& out, const models::Deployment& deployment) {
  out.begin_object()
      .member("model_name", deployment.group)
      .member_raw("litellm_params", deployment.params_json)
      .member_raw("model_info", models::model_info_json(deployment))
      .end_object();
}

std::vector<const models::Deployment*> visible(const Caller& caller,
                                               const models::ModelTable& table) {
  std::vector<const models::Deployment*> seen;
  for (const models::Deployment& deployment : table.deployments()) {
    if (may_see(caller, deployment)) seen.push_back(&deployment);
  }
  return seen;
}

/// The members of a group's description that the price map has, from its first deployment.
constexpr std::array<std::string_view, 16> kGroupFields{"max_input_tokens",
                                                        "max_output_tokens",
                                                        "input_cost_per_token",
                                                        "output_cost_per_token",
                                                        "mode",
                                                        "tpm",
                                                        "rpm",
                                                        "supports_parallel_function_calling",
                                                        "supports_vision",
                                                        "supports_function_calling",
                                                        "supports_web_search",
                                                        "supports_reasoning",
                                                        "supports_url_context",
                                                        "supported_openai_params",
                                                        "output_vector_size",
                                                        "supports_response_schema"};

void write_group(admin::JsonWriter& out, std::string_view name,
                 const std::vector<const models::Deployment*>& deployments) {
  std::vector<std::string> providers;
  for (const models::Deployment* deployment : deployments) {
    if (std::ranges::find(providers, deployment->provider) == providers.end()) {
      providers.push_back(deployment->provider);
    }
  }
  out.begin_object().member("model_group", name).member("providers", providers);
  ExtraFields info(models::model_info_json(*deployments.front()));
  for (const std::string_view field : kGroupFields) info.write(out, field, "null");
  out.end_object();
}

bool matches(const models::Deployment& deployment, const std::optional<std::string>& search) {
  if (!search || search->empty()) return true;
  return core::to_lower(deployment.group).find(core::to_lower(*search)) != std::string::npos;
}

}  // namespace

core::Task<void> model_info(ApiContext& context, net::Exchange& exchange, const Parameters&,
                            const Caller& caller) {
  const auto snapshot = context.pipeline.snapshot();
  const auto wanted = net::query_value(exchange.head().query, "litellm_model_id");
  admin::JsonWriter out;
  out.begin_object().key("data").begin_array();
  if (wanted) {
    const models::Deployment* deployment = snapshot->table->find_deployment(*wanted);
    if (deployment == nullptr || !may_see(caller, *deployment)) {
      admin::Answer answer = admin::refuse_detail_error(
          400, "Model id = " + core::printable(*wanted) + " not found on this proxy");
      co_await admin::send(exchange, answer);
      co_return;
    }
    write(out, *deployment);
  } else {
    for (const models::Deployment* deployment : visible(caller, *snapshot->table)) {
      write(out, *deployment);
    }
  }
  out.end_array().end_object();
  admin::Answer answer = admin::ok(std::move(out).take());
  co_await admin::send(exchange, answer);
}

core::Task<void> model_info_paged(ApiContext& context, net::Exchange& exchange, const Parameters&,
                                  const Caller& caller) {
  const auto snapshot = context.pipeline.snapshot();
  admin::FieldErrors errors;
  admin::QueryReader query(exchange.head().query, errors);
  const std::uint64_t page = query.count("page", 1, {1, UINT32_MAX});
  const std::uint64_t size = query.count("size", 50, {1, 1'000});
  const auto id = query.text("modelId");
  const auto name = query.text("model");
  const auto search = query.text("search");
  if (!errors.empty()) {
    admin::Answer answer = errors.answer();
    co_await admin::send(exchange, answer);
    co_return;
  }
  std::vector<const models::Deployment*> found = visible(caller, *snapshot->table);
  std::erase_if(found, [&](const models::Deployment* deployment) {
    return (id && deployment->id.text() != *id) || (name && deployment->group != *name) ||
           !matches(*deployment, search);
  });
  admin::JsonWriter out;
  out.begin_object().key("data").begin_array();
  for (std::uint64_t i = (page - 1) * size; i < found.size() && i < page * size; ++i) {
    write(out, *found[i]);
  }
  out.end_array()
      .member("total_count", found.size())
      .member("current_page", page)
      .member("total_pages", (found.size() + size - 1) / size)
      .member("size", size)
      .end_object();
  admin::Answer answer = admin::ok(std::move(out).take());
  co_await admin::send(exchange, answer);
}

core::Task<void> model_group_info(ApiContext& context, net::Exchange& exchange, const Parameters&,
                                  const Caller& caller) {
  const auto snapshot = context.pipeline.snapshot();
  const auto wanted = net::query_value(exchange.head().query, "model_group");
  std::map<std::string, std::vector<const models::Deployment*>, std::less<>> groups;
  for (const models::Deployment* deployment : visible(caller, *snapshot->table)) {
    groups[deployment->group].push_back(deployment);
  }
  admin::JsonWriter out;
  out.begin_object().key("data").begin_array();
  for (const auto& [name, deployments] : groups) {
    if (!wanted || *wanted == name) write_group(out, name, deployments);
  }
  out.end_array().end_object();
  admin::Answer answer = admin::ok(std::move(out).take());
  co_await admin::send(exchange, answer);
}

}  // namespace gatehouse::api::litellm
