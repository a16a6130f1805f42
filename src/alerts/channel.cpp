#include "gatehouse/alerts/channel.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"

namespace gatehouse::alerts {
namespace {

constexpr std::size_t kMostUrl = 4096;

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

}  // namespace gatehouse::alerts
