#pragma once
/// One way to reach a model, and the group of those that share a name.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/core/strong_id.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/models/price_book.hpp"
#include "gatehouse/models/settings.hpp"

namespace gatehouse::models {

/// Immutable after the table is built, except `health`, which is shared and thread-safe.
struct Deployment {
  std::uint32_t index = 0;  ///< position in ModelTable::deployments(), for side tables
  core::DeploymentId id;
  std::string group;           ///< model_name
  std::string provider;        ///< "openai", "anthropic", "groq", …
  std::string upstream_model;  ///< without the provider; may contain one '*'
  std::string api_base;        ///< as configured; empty: the provider's default
  core::Secret api_key;
  std::string api_version;
  std::string organization;
  std::vector<std::pair<std::string, std::string>> extra_headers;

  core::LimitSet limits;  ///< rpm, tpm, max_parallel_requests and max_budget
  double weight = 1;      ///< share of the calls within its order tier
  std::uint32_t order = 0;
  core::Nanos timeout{};         ///< whole call
  core::Nanos stream_timeout{};  ///< to the first byte of a streamed call
  std::optional<std::uint32_t> max_retries;
  bool drop_params = false;
  bool allow_private_network = false;
  bool trusted = true;  ///< from the operator's file, not set over an API
  bool allow_unpriced = false;
  std::string region;
  std::vector<std::string> tags;
  std::vector<std::string> access_groups;
  std::string team_id;
  std::string mock_response;

  std::string price_name;           ///< base_model; empty: the upstream model's own name
  const ModelInfo* info = nullptr;  ///< entry of the price map; null when unknown
  std::optional<PriceSet> prices;   ///< with overrides; empty: unpriced, or a wildcard
                                    ///< without overrides
  std::int64_t cost_rank = 0;       ///< for Strategy::cost_based: the smaller, the cheaper
  ModelMode mode = ModelMode::unknown;
  std::uint64_t max_input_tokens = 0;   ///< 0 when unknown
  std::uint64_t max_output_tokens = 0;  ///< 0 when unknown
  Capabilities capabilities;
  std::string params_json;      ///< litellm_params without secrets, for /model/info
  std::string model_info_json;  ///< the operator's model_info with `id`

  CooldownPolicy cooldown;
  std::shared_ptr<DeploymentHealth> health;

  bool wildcard() const noexcept { return upstream_model.find('*') != std::string::npos; }
};

/// The deployments behind one model name.
struct ModelGroup {
  std::string name;                                 ///< model_name, possibly with a '*'
  std::vector<const Deployment*> deployments = {};  ///< by order tier; never empty
  std::shared_ptr<RetryBudget> retry_budget = {};
};

}  // namespace gatehouse::models
