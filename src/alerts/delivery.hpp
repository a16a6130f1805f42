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

struct DeliveryOutcome {
  bool delivered = false;
  bool stopped = false;  ///< by the cancellation
  std::uint32_t tries = 0;
  std::string reason = {};  ///< of the last failure; without the URL
};

/// Posts `body` as JSON until it is taken (2xx), refused (3xx, which is not followed, and 4xx but
/// 408 and 429), or the tries are used up. Waits as long as Retry-After (in seconds) says, else
/// longer each time. The arguments live until it returns.
core::Task<DeliveryOutcome> deliver(DeliveryTools& tools, const Channel& channel,
                                    std::string_view body, const DeliveryPolicy& policy);

}  // namespace gatehouse::alerts
