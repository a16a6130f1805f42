#pragma once
/// Who is calling.

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/core/strong_id.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/net/headers.hpp"
#include "gatehouse/tenancy/directory.hpp"
#include "gatehouse/tenancy/records.hpp"

namespace gatehouse::tenancy {

using CallerRole = UserRole;

/// The authenticated caller of one request.
struct Caller {
  core::TenantId tenant{"default"};  ///< the organization
  CallerRole role = CallerRole::proxy_admin;
  std::shared_ptr<const Principal> principal = {};  ///< null for the master key
  std::string changed_by = {};  ///< x-litellm-changed-by, printable; a claim: see actor_of()

  /// Empty for the master key and for keys of nobody.
  std::string_view user_id() const noexcept {
    if (!principal) return {};
    const std::optional<std::string>& id = principal->key->user_id;
    return id ? std::string_view(*id) : std::string_view();
  }
  /// The hash of the key; empty for the master key.
  std::string_view token() const noexcept {
    return principal ? std::string_view(principal->key->token) : std::string_view();
  }
  bool master() const noexcept { return principal == nullptr; }
};

/// Why a credential was refused, in the words of the wire contract (litellm-contract.md 1.2).
struct AuthenticationFailure {
  std::string message;
  std::string type;   ///< auth_error, token_not_found_in_db, expired_key
  std::string param;  ///< "None", "key", "sk-...abcd"
  int status = 401;
};

/// The key is not in memory: await Directory::load_key(hash) on a pool, then begin() again.
struct KeyToLoad {
  crypto::Sha256 hash;
};

/// Checks credentials: the master key, then virtual keys by their SHA-256 through the directory. A
/// hash is never a credential. Immutable and thread-safe.
class Authenticator {
 public:
  using Outcome = std::variant<Caller, AuthenticationFailure, KeyToLoad>;

  /// `key_header`: general_settings.litellm_key_header_name, usually empty. `directory` outlives
  /// the authenticator; without one there are no virtual keys.
  explicit Authenticator(core::Secret master_key, std::string key_header = {},
                         const Directory* directory = nullptr);

  /// Never waits. A request that got KeyToLoad twice may be answered 503.
  Outcome begin(const net::HeaderList& headers, core::WallTime now) const;

  /// For the master key alone: every other key is unknown.
  std::expected<Caller, AuthenticationFailure> authenticate(const net::HeaderList& headers) const;

 private:
  Outcome look_up(std::string_view key, core::WallTime now) const;

  core::Secret master_key_;
  std::string key_header_;
  const Directory* directory_;
};

}  // namespace gatehouse::tenancy
