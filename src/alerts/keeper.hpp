#pragma once
/// Writes what happens to alerts into their store, batch by batch, without holding up the loop.

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "gatehouse/alerts/outbox_store.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/blocking_pool.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/telemetry/log.hpp"

namespace gatehouse::alerts {

/// Of one loop's thread. One write is under way at a time, on a thread of its own, so everything
/// reaches the store in order.
class Keeper {
 public:
  /// Outlive the keeper; `store` may be null: nothing is kept then.
  struct Tools {
    net::EventLoop& loop;
    telemetry::Logger& logger;
    core::TaskGroup& tasks;
    OutboxStore* store = nullptr;
    std::atomic<std::uint64_t>& failures;  ///< writes that failed
  };
  explicit Keeper(Tools tools) : tools_(tools) {}
  /// In the loop's first turn: forgets what is old, now and every hour.
  void start();

  /// Is told, on the loop, whether the alert is in the store. It goes on either way.
  using Then = std::function<void(bool kept)>;
  /// One alert, for all its addresses.
  void keep(std::optional<KeptClaim> claim, std::vector<KeptAlert> alerts, Then then);
  /// These are written as soon as they can be: until then a restart sends once more.
  void remove(AlertRow row);
  void note(Untaken untaken);

  /// Writes what the store has refused so far once more.
  static core::Task<void> finish(Keeper* self);

 private:
  struct Entry {
    std::optional<KeptClaim> claim;
    std::vector<KeptAlert> alerts;
    Then then;
  };
  /// What one write is about.
  struct Batch {
    OutboxChanges changes;
    std::vector<Then> then;
  };
  void wake();
  bool has_work() const;
  Batch take();
  void written(Batch& batch, const core::Result<void>& result);
  static core::Task<void> write(Keeper* self);
  static core::Task<void> write_one(Keeper* self);
  static core::Task<void> expire(Keeper* self);
  void expire_now();

  Tools tools_;
  std::deque<Entry> entries_;
  std::vector<AlertRow> removed_;
  std::vector<Untaken> untaken_;
  bool writing_ = false;
  bool failing_ = false;
  net::Timer retry_{[this] { wake(); }};
  net::Timer hourly_{[this] { expire_now(); }};
  net::BlockingPool pool_{1};
};

}  // namespace gatehouse::alerts
