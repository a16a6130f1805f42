#pragma once
/// Brings one alert to one address.

#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/alerts/channel.hpp"
#include "gatehouse/alerts/delivery_policy.hpp"
#include "gatehouse/core/cancellation.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_client.hpp"

namespace gatehouse::alerts {

/// Of one thread; outlive the deliveries.
struct DeliveryTools {
  net::EventLoop& loop;
  net::HttpClient& client;
  core::Random& random;
  core::Cancellation& cancellation;  ///< ends every wait
};

/// What is sent. Views.
struct Message {
  std::string_view event_id;
  std::string_view body;  ///< JSON
};

struct DeliveryOutcome {
  bool delivered = false;
  bool again = false;    ///< another try may help
  bool stopped = false;  ///< by the cancellation
  std::uint32_t tries = 0;
  std::string reason = {};  ///< of the last failure; without the URL
};

/// Posts the message until it is taken (2xx), refused (3xx, which is not followed, and 4xx but 408
/// and 429), or the tries are used up. Waits as long as Retry-After says (seconds or a date), else
/// longer each time. The header fields webhook-id, webhook-timestamp (of the try) and, with a
/// signing key, webhook-signature are those of Standard Webhooks. The arguments live until it
/// returns.
core::Task<DeliveryOutcome> deliver(DeliveryTools& tools, const Channel& channel,
                                    const Message& message, const DeliveryPolicy& policy);

/// "v1,<base64 of HMAC-SHA-256>" over id, time and body (Standard Webhooks).
std::string webhook_signature(const core::Secret& key, const Message& message,
                              std::string_view timestamp);

}  // namespace gatehouse::alerts
