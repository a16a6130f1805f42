#pragma once
/// Where alerts go.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/alerts/alert.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/net/http_client.hpp"

namespace gatehouse::alerts {

enum class ChannelKind : std::uint8_t { webhook, slack };
/// "webhook", "slack".
std::string_view name_of(ChannelKind kind) noexcept;

/// A set of alert types.
class AlertTypes {
 public:
  constexpr AlertTypes() = default;
  static constexpr AlertTypes all() { return AlertTypes((1U << kAlertTypes) - 1); }
  constexpr AlertTypes& add(AlertType type) {
    bits_ |= 1U << static_cast<unsigned>(type);
    return *this;
  }
  constexpr AlertTypes& add(AlertTypes types) {
    bits_ |= types.bits_;
    return *this;
  }
  constexpr bool has(AlertType type) const {
    return (bits_ >> static_cast<unsigned>(type) & 1U) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  bool operator==(const AlertTypes&) const = default;

 private:
  constexpr explicit AlertTypes(unsigned bits) : bits_(bits) {}
  unsigned bits_ = 0;
};

/// One address. The whole URL counts as a secret (Slack's hold one in the path): it is never
/// logged and never part of an answer.
struct Channel {
  ChannelKind kind = ChannelKind::webhook;
  AlertTypes types = AlertTypes::all();
  net::Endpoint endpoint;
  core::Secret target;            ///< path and query
  core::Secret signing_key = {};  ///< of read_webhook_secret(); empty: not signed

  /// `url` is http or https, with a path and query as they are. It is the operator's own and may
  /// lead anywhere, also to this machine. Errc::invalid_argument, without the URL in its texts.
  static core::Result<Channel> parse(ChannelKind kind, std::string_view url);
  bool same_address(const Channel& other) const;
  /// Stands for kind and URL where the URL must not stand: 32 hexadecimal digits.
  std::string fingerprint() const;
};

/// The key in a secret of Standard Webhooks: "whsec_" and base64 of 24 to 64 bytes.
/// Errc::invalid_argument, without the secret in its texts.
core::Result<core::Secret> read_webhook_secret(std::string_view text);

}  // namespace gatehouse::alerts
