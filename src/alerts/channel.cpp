#include "gatehouse/alerts/channel.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "gatehouse/crypto/base64url.hpp"
#include "gatehouse/crypto/digest.hpp"

namespace gatehouse::alerts {
namespace {

constexpr std::size_t kMostUrl = 4096;
constexpr std::size_t kFingerprint = 32;
constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kLeastKey = 24;
constexpr std::size_t kMostKey = 64;

bool is_visible(char c) {
  return c > ' ' && c < 0x7f;
}

}  // namespace

std::string_view name_of(ChannelKind kind) noexcept {
  return kind == ChannelKind::webhook ? "webhook" : "slack";
}

core::Result<Channel> Channel::parse(ChannelKind kind, std::string_view url) {
  const auto refuse = [](std::string_view why) {
    return core::fail(core::Errc::invalid_argument, "the URL for alerts " + std::string(why));
  };
  if (url.size() > kMostUrl) return refuse("is too long");
  if (!std::ranges::all_of(url, is_visible)) return refuse("has blanks or control characters");
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return refuse("must begin with http:// or https://");
  const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  auto endpoint = net::Endpoint::parse(url.substr(0, end), net::AddressPolicy::any);
  if (!endpoint) return refuse(endpoint.error().public_message);
  std::string_view rest = url.substr(end);
  rest = rest.substr(0, rest.find('#'));
  Channel channel;
  channel.kind = kind;
  channel.endpoint = std::move(*endpoint);
  channel.target = core::Secret((rest.starts_with('/') ? "" : "/") + std::string(rest));
  return channel;
}

bool Channel::same_address(const Channel& other) const {
  return kind == other.kind && endpoint.pool_key == other.endpoint.pool_key &&
         target.reveal() == other.target.reveal();
}

std::string Channel::fingerprint() const {
  std::string whole(name_of(kind));
  whole += '\n';
  whole += endpoint.pool_key;
  whole += '\n';
  whole += target.reveal();
  const core::Secret wiped(std::move(whole));
  return crypto::sha256_hex(wiped.reveal()).substr(0, kFingerprint);
}

core::Result<core::Secret> read_webhook_secret(std::string_view text) {
  if (text.starts_with(kSecretPrefix)) {
    auto key = crypto::from_base64(text.substr(kSecretPrefix.size()));
    if (key && key->size() >= kLeastKey && key->size() <= kMostKey) {
      return core::Secret(std::move(*key));
    }
  }
  return core::fail(core::Errc::invalid_argument,
                    "a webhook's secret is whsec_ and base64 of 24 to 64 bytes");
}

}  // namespace gatehouse::alerts
