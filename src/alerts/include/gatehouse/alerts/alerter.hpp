#pragma once
/// Tells the operator, on a thread of its own.

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "gatehouse/alerts/alert.hpp"
#include "gatehouse/alerts/channel.hpp"
#include "gatehouse/alerts/delivery_policy.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/tls.hpp"
#include "gatehouse/telemetry/exposition.hpp"
#include "gatehouse/telemetry/log.hpp"

namespace gatehouse::alerts {

/// Outlive the alerter.
struct AlerterTools {
  const core::Clock& clock;
  telemetry::Logger& logger;
  net::Resolver& resolver;
  std::shared_ptr<net::TlsClientContext> tls;  ///< null: no https
};

struct AlerterOptions {
  DeliveryPolicy delivery = {};
  std::size_t max_queued = 256;  ///< waiting for one channel; further ones are dropped
};

/// Every alert is logged; those of a type that a channel wants go there, one at a time and in
/// order, so that a slow address holds up nobody but itself. Thread-safe unless said otherwise.
class Alerter {
 public:
  static core::Result<std::unique_ptr<Alerter>> start(AlerterTools tools, AlerterOptions options,
                                                      std::vector<Channel> channels);
  /// As stop() without patience.
  ~Alerter();
  Alerter(const Alerter&) = delete;
  Alerter& operator=(const Alerter&) = delete;

  /// The right to tell of `subject`, given once until `until`; the value goes into
  /// Alert::suppressed. So a storm costs a look into a table, and only the first builds an alert.
  std::optional<std::uint64_t> claim(std::string_view subject, core::WallTime until);
  /// Never waits. What finds no room is counted and logged.
  void post(Alert alert);
  /// Alerts that are posted later go to these. Channels with an address as before keep what waits.
  void set_channels(std::vector<Channel> channels);
  bool has_channel(ChannelKind kind) const;
  /// One try with every channel of that kind. Blocks for up to the time-out of a try; not on an
  /// event loop. Errc::not_found without such a channel, Errc::upstream_failed when one did not
  /// take it.
  core::Result<void> send_test(ChannelKind kind);

  /// Takes no more, and waits until everything is delivered or `patience` has passed; the rest is
  /// dropped. By the owner.
  void stop(core::Nanos patience);

  struct Counts {
    std::uint64_t sent = 0;  ///< per channel, as the following
    std::uint64_t failed = 0;
    std::uint64_t retried = 0;
    std::uint64_t dropped = 0;
    std::uint64_t suppressed = 0;  ///< claims in vain
  };
  Counts counts() const;
  /// gatehouse_alerts_total{outcome} and gatehouse_alert_retries_total.
  void collect(telemetry::Exposition& out) const;

 private:
  struct State;
  explicit Alerter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::alerts
