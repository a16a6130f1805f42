#pragma once
/// The segments of one writer: those to be read, the one being written, and those kept ready.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "gatehouse/core/random.hpp"
#include "segment.hpp"

namespace gatehouse::ledger {

/// Thread-safe; advance() is the writer's alone. Locks are taken when segments change, never for an
/// entry.
class SegmentChain {
 public:
  SegmentChain(Disk& disk, std::uint32_t writer, std::uint64_t segment_bytes)
      : disk_(disk), writer_(writer), segment_bytes_(segment_bytes) {}

  /// Takes over the files of earlier runs, oldest first. Those without an entry are removed.
  core::Result<void> adopt(std::vector<std::uint32_t> sequences);

  std::uint32_t writer() const noexcept { return writer_; }
  /// Of an empty segment: whatever the sizes of frames, this much fits.
  std::size_t usable() const noexcept { return segment_bytes_ - kHeaderBytes - kMaxFrame; }
  std::size_t spare_room() const noexcept { return spares_ready_.load() * usable(); }

  /// Makes one more segment ready. Slow.
  core::Result<void> prepare();
  /// The next segment that is ready; null when none is.
  std::shared_ptr<Segment> advance();

  std::uint32_t oldest() const;
  /// Null when it is not there.
  std::shared_ptr<Segment> find(std::uint32_t sequence) const;
  /// The one after `sequence`; null when `sequence` is the last.
  std::shared_ptr<Segment> after(std::uint32_t sequence) const;
  std::vector<std::shared_ptr<Segment>> between(std::uint32_t first, std::uint32_t last) const;
  /// Removes segments before `sequence`.
  void release(std::uint32_t sequence);
  /// Removes those that are ready and were not used.
  void drop_spares();

 private:
  Disk& disk_;
  const std::uint32_t writer_;
  const std::uint64_t segment_bytes_;
  std::mutex prepare_mutex_;  // before mutex_: one segment is made at a time, in order
  core::SystemRandom random_;
  std::uint32_t next_sequence_ = 1;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Segment>> segments_;
  std::deque<std::shared_ptr<Segment>> spares_;
  std::atomic<std::size_t> spares_ready_{0};
};

}  // namespace gatehouse::ledger
