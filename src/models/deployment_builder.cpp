#include "deployment_builder.hpp"

#include <algorithm>

#include "digest.hpp"
#include "gatehouse/core/text.hpp"
#include "model_json.hpp"
#include "price_rules.hpp"

namespace gatehouse::models {

namespace {

constexpr std::size_t kMaxName = 256;
constexpr core::Nanos kMaxTimeout = std::chrono::hours(24);

bool has_control(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) noexcept {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool is_http_url(std::string_view text) noexcept {
  const bool scheme = core::istarts_with(text, "http://") || core::istarts_with(text, "https://");
  return scheme && text.size() > text.find("//") + 2 && !has_control(text) &&
         text.find(' ') == std::string_view::npos;
}

std::size_t stars(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count(text, '*'));
}

/// What is wrong with a model's name; empty when nothing is.
std::string_view name_problem(std::string_view name) noexcept {
  if (name.empty()) return "is missing";
  if (name.size() > kMaxName) return "is longer than 256 bytes";
  if (has_control(name)) return "contains control characters";
  if (!core::is_utf8(name)) return "is no valid UTF-8";
  if (stars(name) > 1) return "may contain one '*' at most";
  return {};
}

std::string quoted(std::string_view text) {
  return "'" + core::printable(text, 80) + "'";
}

}  // namespace

Deployment DeploymentBuilder::build(const ModelListEntry& entry) {
  Deployment out;
  out.group = entry.model_name;
  out.api_base = entry.api_base;
  out.api_key = entry.api_key;
  out.api_version = entry.api_version;
  out.organization = entry.organization;
  out.extra_headers = entry.extra_headers;
  out.region = entry.region_name;
  out.tags = entry.tags;
  out.access_groups = entry.access_groups;
  out.team_id = entry.team_id;
  out.mock_response = entry.mock_response;
  out.params_json = public_params_json(entry);
  check_names(entry);
  check_connection(entry);
  check_numbers(entry);
  set_provider(entry, out);
  use_environment(out);
  set_limits(entry, out);
  set_model_info(entry, out);
  set_prices(entry, out);
  set_id(entry, out);
  return out;
}

void DeploymentBuilder::check_names(const ModelListEntry& entry) {
  if (const auto problem = name_problem(entry.model_name); !problem.empty()) {
    issues_.error(entry.path + ".model_name", std::string(problem));
  }
  const std::string model_path = entry.path + ".litellm_params.model";
  if (const auto problem = name_problem(entry.model); !problem.empty()) {
    issues_.error(model_path, std::string(problem));
  } else if (stars(entry.model) == 1 && stars(entry.model_name) == 0) {
    issues_.error(model_path, "contains '*' but model_name does not");
  }
}

void DeploymentBuilder::check_connection(const ModelListEntry& entry) {
  const std::string params = entry.path + ".litellm_params.";
  if (!entry.api_base.empty() && !is_http_url(entry.api_base)) {
    issues_.error(params + "api_base", "is no http:// or https:// address");
  }
  if (has_control(entry.api_key.reveal())) {
    issues_.error(params + "api_key", "contains a line break or another control character");
  }
  for (const auto& [name, value] : entry.extra_headers) {
    const std::string path = params + "extra_headers." + core::printable(name, 80);
    if (!is_token(name)) issues_.error(path, "is no valid header name");
    if (has_control(value)) issues_.error(path, "has control characters in its value");
  }
}

void DeploymentBuilder::check_numbers(const ModelListEntry& entry) {
  const std::string params = entry.path + ".litellm_params.";
  if (entry.weight && !(*entry.weight >= 0 && *entry.weight <= 1e9)) {
    issues_.error(params + "weight", "must be between 0 and 1000000000");
  }
  const auto check_time = [&](const std::optional<core::Nanos>& value, std::string_view name) {
    if (value && (*value <= core::Nanos(0) || *value > kMaxTimeout)) {
      issues_.error(params + std::string(name), "must be above 0 and at most 24 hours");
    }
  };
  if (entry.max_budget && *entry.max_budget < core::Money()) {
    issues_.error(params + "max_budget", "must not be negative");
  }
  if (!entry.max_budget && !entry.budget_duration.empty()) {
    issues_.warning(params + "budget_duration", "has no effect without max_budget");
  }
  check_time(entry.timeout, "timeout");
  check_time(entry.stream_timeout, "stream_timeout");
}

bool DeploymentBuilder::knows_provider(std::string_view name) const noexcept {
  return std::ranges::find(input_.providers, name) != input_.providers.end();
}

/// LiteLLM's rules: an explicit provider, else the part before the first '/', else the provider
/// that the price map gives for a bare name, else an OpenAI-compatible server at api_base.
void DeploymentBuilder::set_provider(const ModelListEntry& entry, Deployment& out) {
  const std::string_view model = entry.model;
  const auto slash = model.find('/');
  const std::string_view prefix = slash == std::string_view::npos ? "" : model.substr(0, slash);
  out.upstream_model = entry.model;
  if (!entry.custom_llm_provider.empty()) {
    out.provider = entry.custom_llm_provider;
    if (prefix == out.provider) out.upstream_model = model.substr(slash + 1);
    if (!knows_provider(out.provider)) {
      issues_.error(entry.path + ".litellm_params.custom_llm_provider",
                    quoted(out.provider) + " is no provider this server knows");
    }
  } else if (!prefix.empty() && knows_provider(prefix)) {
    out.provider = prefix;
    out.upstream_model = model.substr(slash + 1);
  } else if (const ModelInfo* info = input_.prices->find_key(model);
             info != nullptr && prefix.empty() && knows_provider(info->provider)) {
    out.provider = info->provider;
  } else if (!entry.api_base.empty() && knows_provider("openai")) {
    out.provider = "openai";
  } else if (!model.empty()) {
    issues_.error(entry.path + ".litellm_params.model",
                  prefix.empty() ? "names no provider: write provider/" + core::printable(model, 80)
                                 : quoted(prefix) + " is no provider this server knows");
  }
  if (out.upstream_model.empty() && !model.empty()) {
    issues_.error(entry.path + ".litellm_params.model", "has no name after the provider");
  }
}

/// As with LiteLLM, a vendor's key in the environment serves the entries that name the vendor
/// alone. It is never sent to an address that an entry gives.
void DeploymentBuilder::use_environment(Deployment& out) const {
  if (!out.api_base.empty()) return;
  const auto found = std::ranges::find(input_.available, out.provider, &AvailableProvider::name);
  if (found == input_.available.end()) return;
  out.api_base = found->api_base;
  if (out.api_key.empty()) out.api_key = found->api_key;
}

void DeploymentBuilder::set_limits(const ModelListEntry& entry, Deployment& out) const {
  const RouterSettings& settings = input_.settings;
  out.limits.rate = {.requests_per_minute = entry.rpm,
                     .tokens_per_minute = entry.tpm,
                     .parallel_requests = entry.max_parallel_requests};
  if (entry.max_budget) {
    out.limits.budgets.push_back({.max = *entry.max_budget, .duration = entry.budget_duration});
  }
  out.order = entry.order;
  out.timeout = entry.timeout.value_or(settings.timeout);
  out.stream_timeout = entry.stream_timeout ? *entry.stream_timeout
                       : entry.timeout      ? *entry.timeout
                                            : settings.stream_timeout.value_or(out.timeout);
  out.max_retries = entry.max_retries;
  out.drop_params = entry.drop_params.value_or(settings.drop_params);
  out.allow_private_network = entry.allow_private_network;
  out.trusted = entry.trusted;
  out.allow_unpriced = entry.allow_unpriced;
  out.cooldown = {.enabled = !settings.disable_cooldowns,
                  .time = settings.cooldown_time,
                  .allowed_fails = settings.allowed_fails,
                  .allowed_fails_by_kind = settings.allowed_fails_policy,
                  .wildcard = out.wildcard()};
}

void DeploymentBuilder::set_model_info(const ModelListEntry& entry, Deployment& out) {
  out.price_name = entry.base_model;
  const std::string& name = entry.base_model.empty() ? out.upstream_model : entry.base_model;
  if (!out.wildcard() || !entry.base_model.empty()) {
    out.info = input_.prices->find(out.provider, name);
    if (out.info == nullptr && !entry.base_model.empty()) {
      out.info = input_.prices->find_key(name);  // "azure/gpt-4o" names its provider itself
    }
  }
  if (out.info != nullptr) {
    out.mode = out.info->mode;
    out.max_input_tokens = out.info->max_input_tokens;
    out.max_output_tokens = out.info->max_output_tokens;
    out.capabilities = out.info->capabilities;
  }
  if (!entry.mode.empty()) {
    out.mode = model_mode(entry.mode);
    if (out.mode == ModelMode::other) {
      issues_.warning(entry.path + ".model_info.mode",
                      quoted(entry.mode) + " has no route on this server");
    }
  }
  for (const auto& [key, value] : entry.overrides) {
    const std::string path = entry.path + ".model_info." + key;
    if (const auto which = capability_named(key)) {
      if (value != "true" && value != "false") {
        issues_.error(path, "is neither true nor false");
      }
      out.capabilities.set(*which, value == "true");
    } else if (key == "max_input_tokens" || key == "max_output_tokens" || key == "max_tokens") {
      const auto count = core::parse_u64(value);
      if (!count) issues_.error(path, "is no whole number");
      (key == "max_input_tokens" ? out.max_input_tokens : out.max_output_tokens) =
          count.value_or(0);
    }
  }
}

void DeploymentBuilder::set_prices(const ModelListEntry& entry, Deployment& out) {
  PriceSet own;
  for (const auto& [key, value] : entry.overrides) {
    if (capability_named(key)) continue;
    const auto set = set_price(own, key, value);
    if (!set) {
      issues_.error(entry.path + ".litellm_params." + key, set.error().public_message);
    }
  }
  const PriceSet* const map =
      out.info != nullptr && out.info->prices ? &*out.info->prices : nullptr;
  if (own == PriceSet{}) {
    if (map != nullptr) out.prices = *map;
  } else {
    PriceSet merged = map != nullptr ? *map : PriceSet{};
    override_prices(merged, own);
    if (is_complete(merged, out.mode)) {
      out.prices = std::move(merged);
    } else {
      issues_.error(entry.path + ".litellm_params",
                    "gives prices, but input_cost_per_token and output_cost_per_token are not both "
                    "known");
    }
  }
  if (!out.prices && !out.wildcard() && !out.allow_unpriced) {
    issues_.warning(entry.path, "model " + quoted(entry.model) +
                                    " has no known price: calls are refused until "
                                    "input_cost_per_token and output_cost_per_token or "
                                    "allow_unpriced: true are set");
  }
}

void DeploymentBuilder::set_id(const ModelListEntry& entry, Deployment& out) {
  std::string id = entry.id;
  if (id.empty()) {
    // The key is left out: an identifier is shown to everybody. Entries that differ in nothing
    // else are numbered.
    const std::string hash = Digest().add(entry.model_name).add(out.params_json).hex();
    const std::uint32_t twin = twins_[hash]++;
    id = twin == 0 ? hash : hash + "-" + std::to_string(twin + 1);
  } else if (id.size() > kMaxName || has_control(id) || !core::is_utf8(id)) {
    issues_.error(entry.path + ".model_info.id", "is too long or contains control characters");
  }
  const auto [at, added] = paths_by_id_.emplace(id, entry.path);
  if (!added) {
    issues_.error(entry.path + ".model_info.id", quoted(id) + " is also the id of " + at->second);
  }
  auto info = model_info_with_id(entry.model_info_json, id, !entry.trusted);
  if (info) {
    out.model_info_json = std::move(*info);
  } else {
    issues_.error(entry.path + ".model_info", info.error().public_message);
  }
  out.id = core::DeploymentId(std::move(id));
  // Not part of what the id is made of: a budget that is raised must not start a new counter.
  out.params_json = with_bounds(std::move(out.params_json), entry);
}

}  // namespace gatehouse::models
