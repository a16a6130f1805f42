#pragma once
/// Everything that lives on the alerter's thread: what waits, what is sent, what is kept.

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "delivery.hpp"
#include "gatehouse/alerts/alerter.hpp"
#include "keeper.hpp"
#include "outbox.hpp"

namespace gatehouse::alerts {

/// Read by any thread.
struct AlertCounters {
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> retried{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> store_failures{0};
  std::atomic<std::int64_t> waiting{0};
};

/// Counts and logs.
void drop_alerts(const AlerterTools& tools, AlertCounters& counters, std::uint64_t count,
                 std::string_view why);

/// An alert for an address: room in its outbox, the store, then the address. Made, used and
/// destroyed on the loop's thread.
class Dispatcher {
 public:
  using TestResult = std::shared_ptr<std::promise<core::Result<void>>>;

  Dispatcher(const AlerterTools& tools, const AlerterOptions& options, net::EventLoop& loop,
             AlertCounters& counters);

  void follow(const std::vector<Channel>& wanted);
  /// Once, in the loop's first turn and after follow(): sends what an earlier run has left.
  void start(std::vector<KeptAlert> left);
  void hand_over(Alert alert);
  /// One try each.
  void send_tests(std::vector<Channel> wanted, Alert alert, TestResult done);
  /// Stops the loop when everything that is due is sent, or after `patience`.
  void close(core::Nanos patience);

 private:
  using Shared = std::shared_ptr<Outbox>;

  Shared make_outbox(const Channel& channel);
  void send(const Shared& outbox);
  /// What rests and is due now is sent.
  void wake(Outbox& outbox);
  void arm(Outbox& outbox);
  void settle(Outbox& outbox, Item item, const DeliveryOutcome& outcome);
  void rest(Outbox& outbox, Item item, const DeliveryOutcome& outcome);
  void fail(Outbox& outbox, const Item& item, const DeliveryOutcome& outcome);
  /// The server stops: what is kept is left to the next one.
  void leave(Outbox& outbox);
  void drop(std::uint64_t count, std::string_view why);

  static core::Task<void> send_due(Dispatcher* self, Shared outbox);
  static core::Task<void> run_tests(Dispatcher* self, std::vector<Channel> wanted, Alert alert,
                                    TestResult done);
  static core::Task<void> close_loop(Dispatcher* self);

  const AlerterTools& tools_;
  const AlerterOptions& options_;
  net::EventLoop& loop_;
  AlertCounters& counters_;
  core::SystemRandom random_;
  core::Cancellation cancellation_;
  net::HttpClient client_;
  DeliveryTools delivery_;
  std::vector<Shared> outboxes_;
  core::TaskGroup tasks_;
  core::TaskGroup closing_;
  Keeper keeper_;
  bool closed_ = false;
  std::uint64_t left_ = 0;  ///< to the next start
  net::Timer patience_{[this] { cancellation_.request(core::Cancellation::Reason::shutdown); }};
};

}  // namespace gatehouse::alerts
