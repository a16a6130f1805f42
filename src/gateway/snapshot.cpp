#include "gatehouse/gateway/snapshot.hpp"

namespace gatehouse::gateway {
namespace {

using providers::ProviderPreset;

const ProviderPreset* preset_of(std::string_view provider) {
  for (const ProviderPreset& preset : providers::provider_presets()) {
    if (preset.name == provider) return &preset;
  }
  return nullptr;
}

core::Result<net::Endpoint> endpoint_of(const models::Deployment& deployment,
                                        const ProviderPreset* preset) {
  std::string_view base = deployment.api_base;
  if (base.empty() && preset != nullptr) base = preset->base_url;
  if (base.empty()) {
    return core::fail(core::Errc::invalid_argument, "api_base is missing");
  }
  const bool any = deployment.trusted || deployment.allow_private_network;
  return net::Endpoint::parse(base,
                              any ? net::AddressPolicy::any : net::AddressPolicy::public_only);
}

net::HeaderBlock answer_headers(const models::Deployment& deployment,
                                const net::Endpoint& endpoint) {
  net::HeaderBlock headers;
  headers.add("x-litellm-model-id", deployment.id.view());
  if (!endpoint.host.empty()) {
    headers.add("x-litellm-model-api-base", std::string(endpoint.tls ? "https://" : "http://") +
                                                endpoint.authority + endpoint.base_path);
  }
  if (!deployment.region.empty()) headers.add("x-litellm-model-region", deployment.region);
  headers.add("x-litellm-version", "1.81.0");
  return headers;
}

core::Result<Upstream> make_upstream(const models::Deployment& deployment) {
  Upstream upstream;
  upstream.provider = providers::find_provider(deployment.provider);
  if (upstream.provider == nullptr) {
    return core::fail(core::Errc::invalid_argument,
                      "unknown provider \"" + deployment.provider + "\"");
  }
  const ProviderPreset* preset = preset_of(deployment.provider);
  if (deployment.provider != "stub") {
    auto endpoint = endpoint_of(deployment, preset);
    if (!endpoint) return core::pass(endpoint);
    upstream.target.endpoint = std::move(*endpoint);
    const bool needs_key = preset != nullptr && preset->needs_key && deployment.api_base.empty();
    if (needs_key && deployment.api_key.empty()) {
      return core::fail(core::Errc::invalid_argument, "api_key is missing (set it, or " +
                                                          std::string(preset->key_variable) +
                                                          " in the environment)");
    }
  }
  upstream.target.api_key = deployment.api_key;
  upstream.target.extra_headers = deployment.extra_headers;
  if (!deployment.organization.empty()) {
    upstream.target.extra_headers.emplace_back("openai-organization", deployment.organization);
  }
  upstream.provider->prepare(upstream.target);
  upstream.answer_headers = answer_headers(deployment, upstream.target.endpoint);
  return upstream;
}

}  // namespace

core::Result<std::shared_ptr<const Snapshot>> make_snapshot(
    std::shared_ptr<const models::ModelTable> table, tenancy::Authenticator authenticator,
    AccountingRules accounting) {
  auto snapshot = std::make_shared<Snapshot>(
      Snapshot{std::move(table), {}, std::move(authenticator), std::move(accounting)});
  std::string problems;
  for (const models::Deployment& deployment : snapshot->table->deployments()) {
    auto upstream = make_upstream(deployment);
    if (upstream) {
      snapshot->upstreams.push_back(std::move(*upstream));
      continue;
    }
    problems +=
        (problems.empty() ? "" : "; ") + deployment.group + ": " + upstream.error().public_message;
  }
  if (!problems.empty()) return core::fail(core::Errc::invalid_argument, std::move(problems));
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

}  // namespace gatehouse::gateway
