#pragma once
/// Where a request carries its key (litellm-contract.md 1.1).

#include <string_view>

#include "gatehouse/net/headers.hpp"

namespace gatehouse::tenancy {

/// What a request presents. Views into the header fields.
struct Credential {
  enum class Form : std::uint8_t {
    none,       ///< no header carries a key
    malformed,  ///< an Authorization field without a scheme that we know
    key,        ///< `key` is to be checked
  } form = Form::none;
  std::string_view key = {};
};

/// Looks in this order: x-litellm-api-key, Authorization (Bearer, Basic), API-Key, x-api-key,
/// x-goog-api-key, Ocp-Apim-Subscription-Key. `key_header`, when not empty, replaces them all.
Credential find_credential(const net::HeaderList& headers, std::string_view key_header = {});

}  // namespace gatehouse::tenancy
