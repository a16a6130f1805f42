#include "litellm/metadata_fields.hpp"

#include <array>

namespace gatehouse::api::litellm {
namespace {

constexpr std::array<std::string_view, 9> kWithinMetadata{
    "guardrails",      "policies",       "prompts",
    "enforced_params", "mcp_rpm_limit",  "tag_rpm_limit",
    "rpm_limit_type",  "tpm_limit_type", "disable_global_guardrails"};

}  // namespace

void read_metadata(admin::BodyReader& body, tenancy::Patch<std::string>& metadata,
                   tenancy::Patch<std::vector<std::string>>& tags, tenancy::LimitPatch& limits) {
  body.read_object("metadata", metadata);
  if (!metadata.has_value()) return;
  const std::string text = metadata.value();
  admin::BodyReader inner(text, body.location_of("metadata"), body.errors());
  inner.read("tags", tags);
  inner.read("model_rpm_limit", limits.model_rpm_limit);
  inner.read("model_tpm_limit", limits.model_tpm_limit);
  metadata = inner.rest();
}

void write_metadata(admin::JsonWriter& out, const std::string& metadata,
                    const std::vector<std::string>& tags, const tenancy::LimitTerms& limits,
                    ExtraFields& extra) {
  ExtraFields(metadata).write_rest(out);
  if (!tags.empty()) out.member("tags", tags);
  if (!limits.model_rpm_limit.empty()) out.member("model_rpm_limit", limits.model_rpm_limit);
  if (!limits.model_tpm_limit.empty()) out.member("model_tpm_limit", limits.model_tpm_limit);
  for (const std::string_view name : kWithinMetadata) extra.write_if_any(out, name);
}

}  // namespace gatehouse::api::litellm
