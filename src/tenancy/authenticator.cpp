#include "gatehouse/tenancy/authenticator.hpp"

#include "gatehouse/core/text.hpp"
#include "gatehouse/tenancy/credential.hpp"

namespace gatehouse::tenancy {
namespace {

std::string abbreviated(std::string_view key) {
  return key.size() < 12 ? "***" : "sk-..." + core::printable(key.substr(key.size() - 4));
}

AuthenticationFailure failure(const std::string& text) {
  return {"Authentication Error, " + text, "auth_error", "None"};
}

}  // namespace

Authenticator::Authenticator(core::Secret master_key, std::string key_header)
    : master_key_(std::move(master_key)), key_header_(std::move(key_header)) {}

std::expected<Caller, AuthenticationFailure> Authenticator::authenticate(
    const net::HeaderList& headers) const {
  const Credential credential = find_credential(headers, key_header_);
  switch (credential.form) {
    case Credential::Form::none:
      return std::unexpected(failure("No api key passed in."));
    case Credential::Form::malformed:
      return std::unexpected(
          failure("Malformed API Key passed in. Ensure Key has `Bearer ` prefix."));
    case Credential::Form::key:
      break;
  }
  if (credential.key.empty()) return std::unexpected(failure("No api key passed in."));
  if (master_key_.matches(credential.key)) return Caller{};
  if (!credential.key.starts_with("sk-")) {
    return std::unexpected(
        failure("LiteLLM Virtual Key expected. Received=" + abbreviated(credential.key) +
                ", expected to start with 'sk-'."));
  }
  return std::unexpected(AuthenticationFailure{
      "Authentication Error, Invalid proxy server token passed. Received API Key = " +
          abbreviated(credential.key) + ". Unable to find token.",
      "token_not_found_in_db", "key"});
}

}  // namespace gatehouse::tenancy
