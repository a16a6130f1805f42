#pragma once
/// Who is calling.

#include <cstdint>
#include <expected>
#include <string>

#include "gatehouse/core/secret.hpp"
#include "gatehouse/core/strong_id.hpp"
#include "gatehouse/net/headers.hpp"

namespace gatehouse::tenancy {

enum class CallerRole : std::uint8_t { proxy_admin };

/// The authenticated caller of one request.
struct Caller {
  core::TenantId tenant{"default"};
  CallerRole role = CallerRole::proxy_admin;
};

/// Why a credential was refused, in the words of the wire contract (litellm-contract.md 1.2).
struct AuthenticationFailure {
  std::string message;
  std::string type;   ///< auth_error, token_not_found_in_db
  std::string param;  ///< "None", "key"
};

/// Checks credentials against the master key. Immutable and thread-safe.
class Authenticator {
 public:
  /// `key_header`: general_settings.litellm_key_header_name, usually empty.
  explicit Authenticator(core::Secret master_key, std::string key_header = {});

  std::expected<Caller, AuthenticationFailure> authenticate(const net::HeaderList& headers) const;

 private:
  core::Secret master_key_;
  std::string key_header_;
};

}  // namespace gatehouse::tenancy
