#include "delivery.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "gatehouse/core/text.hpp"

namespace gatehouse::alerts {
namespace {

struct Try {
  bool taken = false;
  bool again = false;
  std::optional<core::Nanos> retry_after = {};
  std::string reason = {};
};

std::optional<core::Nanos> retry_after_of(const net::HeaderList& headers) {
  const auto value = headers.find("retry-after");
  if (!value) return {};
  const auto seconds = core::parse_u64(*value);
  if (!seconds) return {};
  return core::Seconds(static_cast<std::int64_t>(std::min<std::uint64_t>(*seconds, 86'400)));
}

Try judge(const net::ResponseHead& head) {
  Try result;
  result.taken = head.status >= 200 && head.status < 300;
  if (result.taken) return result;
  result.again = head.status == 408 || head.status == 429 || head.status >= 500;
  result.retry_after = retry_after_of(head.headers);
  result.reason = "status " + std::to_string(head.status);
  if (head.status >= 300 && head.status < 400) result.reason += ", redirects are not followed";
  return result;
}

core::Task<Try> try_once(DeliveryTools& tools, const Channel& channel, std::string_view body,
                         const DeliveryPolicy& policy) {
  net::HeaderBlock headers;
  headers.add("content-type", "application/json").add("user-agent", "gatehouse");
  core::CallContext context{.deadline = tools.loop.clock().monotonic() + policy.timeout,
                            .cancellation = tools.cancellation,
                            .call_id = {}};
  const std::array<std::string_view, 1> pieces{body};
  const net::ClientRequest request{.endpoint = channel.endpoint,
                                   .method = "POST",
                                   .path = channel.target.reveal(),
                                   .headers = headers.text(),
                                   .body = pieces,
                                   .timeouts = {.first_byte = policy.timeout}};
  auto sent = co_await tools.client.send(request, context);
  Try result;
  if (sent) {
    result = judge((*sent)->head());
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
                                    std::string_view body, const DeliveryPolicy& policy) {
  DeliveryOutcome outcome;
  for (;;) {
    auto result = co_await try_once(tools, channel, body, policy);
    ++outcome.tries;
    outcome.delivered = result.taken;
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

}  // namespace gatehouse::alerts
