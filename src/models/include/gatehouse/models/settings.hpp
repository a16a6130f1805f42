#pragma once
/// The part of a LiteLLM config.yaml that says which models there are and how to route to them.
/// Plain values; litellm-contract.md 1.12 lists the names.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/models/failure.hpp"

namespace gatehouse::models {

/// One entry of `model_list`.
struct ModelListEntry {
  std::string path;        ///< where it stands, for messages: "model_list[0]"
  std::string model_name;  ///< the name clients use; "*" and "provider/*" are wildcards

  // litellm_params
  std::string model;                ///< "provider/name" or a bare name
  std::string custom_llm_provider;  ///< overrides the provider in `model`
  std::string api_base;
  core::Secret api_key;
  std::string api_version;
  std::string organization;
  std::vector<std::pair<std::string, std::string>> extra_headers;
  std::optional<std::uint64_t> rpm;
  std::optional<std::uint64_t> tpm;
  std::optional<std::uint64_t> max_parallel_requests;
  std::optional<core::Money> max_budget;
  std::string budget_duration;  ///< period of max_budget; empty: for ever
  std::optional<double> weight;
  std::uint32_t order = 0;  ///< lower tiers are used first; 0 comes before 1
  std::optional<core::Nanos> timeout;
  std::optional<core::Nanos> stream_timeout;
  std::optional<std::uint32_t> max_retries;
  std::optional<bool> drop_params;
  std::string region_name;
  std::vector<std::string> tags;
  std::string mock_response;
  bool allow_private_network = false;  ///< ours: the endpoint may lie in a private network
  /// False for what came over an API: its base URL must be https and lead to a public address,
  /// unless allow_private_network says otherwise (faults.md S8).
  bool trusted = true;
  bool allow_unpriced = false;  ///< ours: serve the model without a known price

  // model_info
  std::string id;
  std::string base_model;  ///< name to look up in the price map instead of `model`
  std::string mode;
  std::vector<std::string> access_groups;
  std::string team_id;
  /// Price-map fields given by the operator, in litellm_params or model_info: name → decimal or
  /// JSON text ("input_cost_per_token" → "0.000001", "supports_vision" → "true").
  std::vector<std::pair<std::string, std::string>> overrides;
  std::string model_info_json;  ///< the operator's model_info as it stands, "{}" when absent
};

enum class Strategy : std::uint8_t {
  simple_shuffle,
  least_busy,
  latency_based,
  cost_based,
  usage_based,  ///< fewest tokens in the current minute
};

/// An entry of model_group_alias.
struct GroupAlias {
  std::string alias;
  std::string model;
  bool hidden = false;  ///< not listed by /v1/models
};

/// Groups to try, in order, when `group` fails ("*": any group).
struct FallbackRule {
  std::string group;
  std::vector<std::string> targets;
};

/// Number of retries or of allowed failures by kind; absent kinds follow the general number.
using CountByKind = std::array<std::optional<std::uint32_t>, kFailureKinds>;

/// `router_settings`, with what `litellm_settings` says about the same things.
struct RouterSettings {
  Strategy strategy = Strategy::simple_shuffle;
  std::vector<GroupAlias> aliases;
  std::vector<FallbackRule> fallbacks;
  std::vector<FallbackRule> context_window_fallbacks;
  std::vector<FallbackRule> content_policy_fallbacks;
  std::vector<std::string> default_fallbacks;
  std::uint32_t max_fallbacks = 5;
  std::uint32_t num_retries = 2;
  CountByKind retry_policy;
  std::optional<std::uint32_t> allowed_fails;
  CountByKind allowed_fails_policy;
  core::Nanos cooldown_time = core::Seconds(5);
  bool disable_cooldowns = false;
  core::Nanos timeout = core::Seconds(6000);
  std::optional<core::Nanos> stream_timeout;
  core::Nanos retry_after{0};  ///< shortest wait before a retry on the same deployment
  bool drop_params = false;
  bool tag_filtering = false;  ///< enable_tag_filtering
  /// One of a call's tags is enough for a deployment; else it must have all of them.
  bool tags_match_any = true;
};

}  // namespace gatehouse::models
