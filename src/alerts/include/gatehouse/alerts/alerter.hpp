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
#include "gatehouse/alerts/outbox_store.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/random.hpp"
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
  core::IdSource& ids;  ///< of events; used by the alerter's thread alone
  std::shared_ptr<net::TlsClientContext> tls = nullptr;  ///< null: no https
  /// Null: what waits is lost with the process. Used by one thread at a time, never an event
  /// loop's.
  OutboxStore* store = nullptr;
};

struct AlerterOptions {
  DeliveryPolicy delivery = {};
  std::size_t max_queued = 256;  ///< waiting for one channel; further ones are dropped
};

/// Every alert is logged; those of a type that a channel wants go there, one at a time and in
/// order, so that a slow address holds up nobody but itself. Thread-safe unless said otherwise.
///
/// An alert is in the store, together with its claim, before it is sent, and leaves it when it is
/// taken: every alert that was kept arrives at least once, under one event id. Where the store
/// fails alerts go on from memory.
class Alerter {
 public:
  /// Sends what the store holds for these channels; what it holds for others is dropped. Blocks for
  /// one read of the store.
  static core::Result<std::unique_ptr<Alerter>> start(AlerterTools tools, AlerterOptions options,
                                                      std::vector<Channel> channels);
  /// As stop() without patience.
  ~Alerter();
  Alerter(const Alerter&) = delete;
  Alerter& operator=(const Alerter&) = delete;

  /// The right to tell of `subject`, given once until `until`, also over a restart; the value goes
  /// into Alert::claim. So a storm costs a look into a table, and only the first builds an alert.
  std::optional<Claim> claim(std::string_view subject, core::WallTime until);
  /// The same for what an earlier run may have told: nothing either when the right was given before
  /// until a time after `since`.
  std::optional<Claim> claim_unheard(std::string_view subject, core::WallTime since,
                                     core::WallTime until);
  /// Never waits. What finds no room is counted and logged.
  void post(Alert alert);
  /// Alerts that are posted later go to these. Channels with an address as before keep what waits.
  void set_channels(std::vector<Channel> channels);
  bool has_channel(ChannelKind kind) const;
  /// Does anybody want alerts of this type?
  bool has_channel(AlertType type) const;
  /// One try with every channel of that kind. Blocks for up to the time-out of a try; not on an
  /// event loop. Errc::not_found without such a channel, Errc::upstream_failed when one did not
  /// take it.
  core::Result<void> send_test(ChannelKind kind);

  /// Takes no more, and waits until everything that is due is delivered or `patience` has passed;
  /// the rest is left to the next start, or dropped where it is not in the store. By the owner.
  void stop(core::Nanos patience);

  struct Counts {
    std::uint64_t sent = 0;  ///< per channel, as the following
    std::uint64_t failed = 0;
    std::uint64_t retried = 0;
    std::uint64_t dropped = 0;
    std::uint64_t suppressed = 0;  ///< claims in vain
    std::uint64_t store_failures = 0;
    std::int64_t waiting = 0;  ///< to be sent, now or later
  };
  Counts counts() const;
  /// gatehouse_alerts_total{outcome}, gatehouse_alert_retries_total, gatehouse_alerts_waiting and
  /// gatehouse_alert_store_failures_total.
  void collect(telemetry::Exposition& out) const;

 private:
  struct State;
  explicit Alerter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::alerts
