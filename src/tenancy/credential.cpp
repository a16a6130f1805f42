#include "gatehouse/tenancy/credential.hpp"

#include <array>

#include "gatehouse/core/text.hpp"

namespace gatehouse::tenancy {
namespace {

std::string_view without_scheme(std::string_view value, std::string_view scheme) {
  if (!core::istarts_with(value, scheme)) return {};
  return core::trim(value.substr(scheme.size()));
}

Credential from_authorization(std::string_view value) {
  for (const std::string_view scheme : {"Bearer ", "Basic "}) {
    if (const auto key = without_scheme(value, scheme); !key.empty()) {
      return {Credential::Form::key, key};
    }
  }
  return {Credential::Form::malformed, {}};
}

/// Either a raw key or one behind "Bearer ".
Credential raw_or_bearer(std::string_view value) {
  const std::string_view key = without_scheme(value, "Bearer ");
  return {Credential::Form::key, key.empty() ? core::trim(value) : key};
}

}  // namespace

Credential find_credential(const net::HeaderList& headers, std::string_view key_header) {
  if (!key_header.empty()) {
    const auto value = headers.find(key_header);
    return value ? raw_or_bearer(*value) : Credential{};
  }
  if (const auto value = headers.find("x-litellm-api-key")) return raw_or_bearer(*value);
  if (const auto value = headers.find("authorization")) return from_authorization(*value);
  static constexpr std::array<std::string_view, 4> kFurther{
      "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"};
  for (const std::string_view name : kFurther) {
    if (const auto value = headers.find(name)) return {Credential::Form::key, core::trim(*value)};
  }
  return {};
}

}  // namespace gatehouse::tenancy
