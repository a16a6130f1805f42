#pragma once
/// Request members that are meant for the gateway and never leave it.

#include <string>
#include <string_view>

#include "gatehouse/json/scan.hpp"
#include "gatehouse/providers/wire_format.hpp"

namespace gatehouse::providers {

/// True for members that only a proxy understands (litellm-contract.md 1.9), whatever the format.
bool is_proxy_member(std::string_view name) noexcept;

/// What becomes of a request's `metadata`, which both the gateway and some formats use.
enum class MetadataUse : std::uint8_t {
  keep,     ///< only what the format defines
  replace,  ///< by the text given: the part that the format defines
  remove,
};
struct MetadataPlan {
  MetadataUse use = MetadataUse::keep;
  std::string replacement = {};
};
/// OpenAI chat defines a map of texts, Anthropic messages `user_id`, the others nothing.
MetadataPlan plan_metadata(WireFormat format, const json::Member& metadata);

}  // namespace gatehouse::providers
