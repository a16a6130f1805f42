#include "gatehouse/tenancy/authenticator.hpp"

#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/credential.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::size_t kMaxChangedBy = 256;

std::string abbreviated(std::string_view key) {
  return key.size() < 12 ? "***" : "sk-..." + core::printable(key.substr(key.size() - 4));
}

AuthenticationFailure failure(const std::string& text) {
  return {"Authentication Error, " + text, "auth_error", "None"};
}

AuthenticationFailure unknown_key(std::string_view key, const crypto::Sha256& hash) {
  const std::string_view bytes(reinterpret_cast<const char*>(hash.data()), hash.size());
  return {"Authentication Error, Invalid proxy server token passed. Received API Key = " +
              abbreviated(key) + ", Key Hash (Token) = " + crypto::to_hex(bytes) +
              ". Unable to find token.",
          "token_not_found_in_db", "key"};
}

AuthenticationFailure expired(const KeyRecord& key, core::WallTime now) {
  return {"Authentication Error - Expired Key. Key Expiry time " +
              core::format_rfc3339(key.expires.value_or(now)) + " and current time " +
              core::format_rfc3339(now),
          "expired_key", key.key_name, 400};
}

/// The checks of every call, in the order of litellm-contract.md 1.3.
std::optional<AuthenticationFailure> refused(const Principal& principal, std::string_view text,
                                             core::WallTime now) {
  const KeyRecord& key = *principal.key;
  const bool over = key.expires && *key.expires <= now;
  if (over && key.replaced_by) return unknown_key(text, crypto::sha256(text));
  if (key.blocked) {
    return failure("Key is blocked. Update via `/key/unblock` if you're an admin.");
  }
  if (over) return expired(key, now);
  if (principal.team && principal.team->blocked) {
    return failure("Team=" + core::printable(principal.team->team_id) +
                   " is blocked. Update via `/team/unblock` if you're an admin.");
  }
  if (principal.organization && principal.organization->blocked) {
    return failure("Organization=" + core::printable(principal.organization->organization_id) +
                   " is blocked.");
  }
  return std::nullopt;
}

/// What the headers present, or why that is no key at all.
std::expected<std::string_view, AuthenticationFailure> presented(const net::HeaderList& headers,
                                                                 std::string_view key_header) {
  const Credential credential = find_credential(headers, key_header);
  if (credential.form == Credential::Form::malformed) {
    return std::unexpected(
        failure("Malformed API Key passed in. Ensure Key has `Bearer ` prefix."));
  }
  if (credential.form == Credential::Form::none || credential.key.empty()) {
    return std::unexpected(failure("No api key passed in."));
  }
  return credential.key;
}

std::string changed_by(const net::HeaderList& headers) {
  auto value = headers.find("x-litellm-changed-by");
  if (!value) value = headers.find("litellm-changed-by");
  return value ? core::printable(*value, kMaxChangedBy) : std::string();
}

Caller caller_of(std::shared_ptr<const Principal> principal) {
  Caller caller;
  caller.role = principal->user ? principal->user->role : CallerRole::internal_user;
  if (principal->organization) {
    caller.tenant = core::TenantId(principal->organization->organization_id);
  }
  caller.principal = std::move(principal);
  return caller;
}

}  // namespace

Authenticator::Authenticator(core::Secret master_key, std::string key_header,
                             const Directory* directory)
    : master_key_(std::move(master_key)),
      key_header_(std::move(key_header)),
      directory_(directory) {}

Authenticator::Outcome Authenticator::begin(const net::HeaderList& headers,
                                            core::WallTime now) const {
  const auto key = presented(headers, key_header_);
  if (!key) return key.error();
  Outcome outcome = master_key_.matches(*key) ? Outcome(Caller{}) : look_up(*key, now);
  if (auto* caller = std::get_if<Caller>(&outcome)) caller->changed_by = changed_by(headers);
  return outcome;
}

Authenticator::Outcome Authenticator::look_up(std::string_view key, core::WallTime now) const {
  if (!key.starts_with("sk-")) {
    return failure("LiteLLM Virtual Key expected. Received=" + abbreviated(key) +
                   ", expected to start with 'sk-'.");
  }
  const crypto::Sha256 hash = crypto::sha256(key);
  if (directory_ == nullptr) return unknown_key(key, hash);
  Directory::Lookup found = directory_->find_key(hash);
  if (found.state == Directory::Lookup::State::absent) return KeyToLoad{hash};
  if (found.state == Directory::Lookup::State::unknown) return unknown_key(key, hash);
  if (auto failed = refused(*found.principal, key, now)) return *std::move(failed);
  return caller_of(std::move(found.principal));
}

std::expected<Caller, AuthenticationFailure> Authenticator::authenticate(
    const net::HeaderList& headers) const {
  const Authenticator master_only(master_key_, key_header_);
  Outcome outcome = master_only.begin(headers, core::WallTime{});
  if (auto* failed = std::get_if<AuthenticationFailure>(&outcome)) {
    return std::unexpected(std::move(*failed));
  }
  return std::get<Caller>(std::move(outcome));
}

}  // namespace gatehouse::tenancy
