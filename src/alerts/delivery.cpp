#include "delivery.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "gatehouse/core/text.hpp"
#include "gatehouse/crypto/base64url.hpp"
#include "gatehouse/crypto/digest.hpp"

namespace gatehouse::alerts {
namespace {

struct Try {
  bool taken = false;
  bool again = false;
  std::optional<core::Nanos> retry_after = {};
  std::string reason = {};
};

std::optional<core::Nanos> retry_after_of(const net::HeaderList& headers, core::WallTime now) {
  const auto field = headers.find("retry-after");
  if (!field) return {};
  const std::string_view value = core::trim(*field);
  if (const auto seconds = core::parse_u64(value)) {
    return core::Seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(*seconds, 86'400)));
  }
  const auto date = core::parse_http_date(value);
  if (!date) return {};
  return std::max<core::Nanos>(*date - now, core::Nanos(0));
}

Try judge(const net::ResponseHead& head, core::WallTime now) {
  Try result;
  result.taken = head.status >= 200 && head.status < 300;
  if (result.taken) return result;
  result.again = head.status == 408 || head.status == 429 || head.status >= 500;
  result.retry_after = retry_after_of(head.headers, now);
  result.reason = "status " + std::to_string(head.status);
  if (head.status >= 300 && head.status < 400) result.reason += ", redirects are not followed";
  return result;
}

net::HeaderBlock headers_of(const Channel& channel, const Message& message, core::WallTime now) {
  const std::string timestamp =
      std::to_string(std::chrono::duration_cast<core::Seconds>(now.time_since_epoch()).count());
  net::HeaderBlock headers;
  headers.add("content-type", "application/json")
      .add("user-agent", "gatehouse")
      .add("webhook-id", message.event_id)
      .add("webhook-timestamp", timestamp);
  if (!channel.signing_key.empty()) {
    headers.add("webhook-signature", webhook_signature(channel.signing_key, message, timestamp));
  }
  return headers;
}

core::Task<Try> try_once(DeliveryTools& tools, const Channel& channel, const Message& message,
                         const DeliveryPolicy& policy) {
  const net::HeaderBlock headers = headers_of(channel, message, tools.loop.clock().wall());
  core::CallContext context{.deadline = tools.loop.clock().monotonic() + policy.timeout,
                            .cancellation = tools.cancellation,
                            .call_id = {}};
  const std::array<std::string_view, 1> pieces{message.body};
  const net::ClientRequest request{.endpoint = channel.endpoint,
                                   .method = "POST",
                                   .path = channel.target.reveal(),
                                   .headers = headers.text(),
                                   .body = pieces,
                                   .timeouts = {.first_byte = policy.timeout}};
  auto sent = co_await tools.client.send(request, context);
  Try result;
  if (sent) {
    result = judge((*sent)->head(), tools.loop.clock().wall());
  } else {
    // May name host and address, which the operator knows; never the path.
    result.again = true;
    result.reason = sent.error().error.public_message;
  }
  co_return result;
}

core::Nanos pause_after(std::uint32_t tries, const Try& last, const DeliveryPolicy& policy,
                        core::Random& random) {
  if (last.retry_after) return std::min<core::Nanos>(*last.retry_after, policy.longest_retry_after);
  core::Nanos pause = policy.first_pause;
  for (std::uint32_t i = 1; i < tries && pause < policy.longest_pause; ++i) pause *= 2;
  pause = std::min<core::Nanos>(pause, policy.longest_pause);
  const auto half = static_cast<std::uint64_t>(pause.count() / 2);
  return core::Nanos(static_cast<std::int64_t>(half + random.below(half + 1)));
}

}  // namespace

core::Task<DeliveryOutcome> deliver(DeliveryTools& tools, const Channel& channel,
                                    const Message& message, const DeliveryPolicy& policy) {
  DeliveryOutcome outcome;
  for (;;) {
    auto result = co_await try_once(tools, channel, message, policy);
    ++outcome.tries;
    outcome.delivered = result.taken;
    outcome.again = result.again;
    outcome.reason = std::move(result.reason);
    outcome.stopped = tools.cancellation.requested();
    if (result.taken || !result.again || outcome.stopped || outcome.tries >= policy.tries) break;
    const core::Nanos pause = pause_after(outcome.tries, result, policy, tools.random);
    auto slept =
        co_await tools.loop.sleep_until(tools.loop.clock().monotonic() + pause, tools.cancellation);
    outcome.stopped = !slept.has_value();
    if (outcome.stopped) break;
  }
  co_return outcome;
}

std::string webhook_signature(const core::Secret& key, const Message& message,
                              std::string_view timestamp) {
  std::string text;
  text.reserve(message.event_id.size() + timestamp.size() + message.body.size() + 2);
  text.append(message.event_id).append(".").append(timestamp).append(".").append(message.body);
  const crypto::Sha256 mac = crypto::hmac_sha256(key.reveal(), text);
  return "v1," +
         crypto::base64(std::string_view(reinterpret_cast<const char*>(mac.data()), mac.size()));
}

}  // namespace gatehouse::alerts
