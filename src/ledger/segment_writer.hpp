#pragma once
/// Journal over a chain of segments. See README.md for who keeps which room.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "call_set.hpp"
#include "failure_latch.hpp"
#include "gatehouse/ledger/journal.hpp"
#include "segment_chain.hpp"

namespace gatehouse::ledger {

class SegmentWriter final : public Journal {
 public:
  /// `wake` asks the sync thread for a round.
  SegmentWriter(std::unique_ptr<SegmentChain> chain, FailureLatch& failure,
                std::function<void()> wake);

  /// Prepares and takes the first segment of this run. `fresh`: no earlier run left any.
  core::Result<void> start(bool fresh);

  core::Result<void> reserve(const ReservationEntry& entry) override;
  void dispatch(std::string_view call_id) override;
  core::Result<void> settle(const SettlementEntry& entry) override;
  std::uint64_t position() const override { return appended_.load(std::memory_order_acquire); }
  void when_durable(std::uint64_t position, std::function<void()> done) override;

  // For the sync thread.
  void sync();
  void prepare_if_wanted();

  // For the reader.
  SegmentChain& chain() const noexcept { return *chain_; }
  bool fresh() const noexcept { return fresh_; }
  Position run_start() const noexcept { return run_start_; }
  Position synced() const noexcept { return synced_.load(std::memory_order_acquire); }

 private:
  struct Waiter {
    Position position;
    std::function<void()> done;
  };

  std::size_t room() const noexcept;
  bool ensure(std::size_t bytes);
  bool move_on_if_full();
  template <class Encode>
  bool append(Encode encode);
  void run_waiters();

  std::unique_ptr<SegmentChain> chain_;
  FailureLatch& failure_;
  std::function<void()> wake_;
  bool fresh_ = false;
  Position run_start_ = 0;

  // The writer's.
  std::shared_ptr<Segment> current_;
  std::size_t offset_ = 0;
  std::size_t prepared_ = 0;  // offset in the current segment up to which there are pages
  CallSet open_;

  std::atomic<std::size_t> kept_{0};  // bytes that open calls may still need
  std::atomic<bool> full_{false};     // no segment could be made
  std::atomic<Position> appended_{0};
  std::atomic<Position> synced_{0};
  unsigned patience_ = 0;  // the sync thread's: rounds until it tries a full disk again
  std::mutex waiters_mutex_;
  std::vector<Waiter> waiters_;
};

}  // namespace gatehouse::ledger
