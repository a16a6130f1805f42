#include "segment_writer.hpp"

#include <algorithm>
#include <utility>

#include "codec.hpp"

namespace gatehouse::ledger {
namespace {

// What is kept for an open call: its mark of dispatch, and the largest settlement.
constexpr std::size_t kDispatchFrame = frame_bytes(2 + 1 + kMaxCallId + 10);
constexpr std::size_t kKept = kDispatchFrame + kMaxFrame;
constexpr unsigned kFullDiskRounds = 5;

std::unexpected<core::Error> no_room() {
  return core::fail(core::Errc::unavailable, "the server cannot record calls at the moment",
                    "no room in the journal");
}
std::unexpected<core::Error> failed() {
  return core::fail(core::Errc::io, "the server is stopping", "the journal failed");
}
std::unexpected<core::Error> out_of_bounds() {
  return core::fail(core::Errc::too_large, "the call has too many budgets or too large an amount",
                    "a journal entry is out of bounds");
}

}  // namespace

SegmentWriter::SegmentWriter(std::unique_ptr<SegmentChain> chain, FailureLatch& failure,
                             std::function<void()> wake)
    : chain_(std::move(chain)), failure_(failure), wake_(std::move(wake)) {}

core::Result<void> SegmentWriter::start(bool fresh) {
  if (auto made = chain_->prepare(); !made) return core::pass(made);
  current_ = chain_->advance();
  offset_ = kHeaderBytes;
  fresh_ = fresh;
  run_start_ = position_of(current_->name().sequence, offset_);
  appended_.store(run_start_);
  synced_.store(run_start_);
  return {};
}

/// Bytes of frames that fit for certain without a new segment.
std::size_t SegmentWriter::room() const noexcept {
  const std::size_t left = current_->size() - offset_;
  return (left > kMaxFrame ? left - kMaxFrame : 0) + chain_->spare_room();
}

/// The sync thread makes segments ahead of time; this one makes them only when calls come faster.
bool SegmentWriter::ensure(std::size_t bytes) {
  while (room() < bytes) {
    if (full_.load(std::memory_order_relaxed)) return false;
    auto made = chain_->prepare();
    if (made) continue;
    if (made.error().code == core::Errc::unavailable) {
      full_.store(true);
    } else {
      failure_.fail(made.error());
    }
    return false;
  }
  return true;
}

bool SegmentWriter::move_on_if_full() {
  if (current_->size() - offset_ >= kMaxFrame) return true;
  auto next = chain_->advance();
  if (next == nullptr) return false;
  current_ = std::move(next);
  offset_ = kHeaderBytes;
  prepared_ = 0;
  return true;
}

/// `encode` puts the payload straight into the mapping; its length makes it an entry.
template <class Encode>
bool SegmentWriter::append(Encode encode) {
  if (offset_ >= prepared_) prepared_ = current_->file().prepare_pages(offset_);
  const std::optional<std::size_t> size = encode(current_->payload_room(offset_));
  if (!size) return false;
  current_->publish(offset_, *size);
  offset_ += frame_bytes(*size);
  appended_.store(position_of(current_->name().sequence, offset_), std::memory_order_release);
  return true;
}

core::Result<void> SegmentWriter::reserve(const ReservationEntry& entry) {
  if (failure_.failed()) return failed();
  const std::size_t kept = kept_.load(std::memory_order_relaxed);
  if (!ensure(kept + kKept + kMaxFrame) || !move_on_if_full()) return no_room();
  if (!append([&](std::span<char> room) { return encode(entry, room); })) return out_of_bounds();
  if (open_.insert(entry.facts.call_id)) kept_.store(kept + kKept, std::memory_order_relaxed);
  return {};
}

void SegmentWriter::dispatch(std::string_view call_id) {
  if (!open_.mark(call_id) || !move_on_if_full()) return;
  append([&](std::span<char> room) { return encode_dispatch(call_id, room); });
}

core::Result<void> SegmentWriter::settle(const SettlementEntry& entry) {
  if (failure_.failed()) return failed();
  const std::size_t kept = kept_.load(std::memory_order_relaxed);
  const bool reserved = open_.contains(entry.facts.call_id);
  if (!reserved && !ensure(kept + kMaxFrame)) return no_room();
  if (!move_on_if_full()) return no_room();
  if (!append([&](std::span<char> room) { return encode(entry, room); })) return out_of_bounds();
  if (reserved) {
    open_.erase(entry.facts.call_id);
    kept_.store(kept - kKept, std::memory_order_relaxed);
  }
  return {};
}

void SegmentWriter::when_durable(std::uint64_t position, std::function<void()> done) {
  if (failure_.failed()) return;
  {
    const std::lock_guard lock(waiters_mutex_);
    if (position > synced()) {
      waiters_.push_back({position, std::move(done)});
      done = nullptr;
    }
  }
  if (done) return done();
  wake_();
}

void SegmentWriter::sync() {
  const Position target = position();
  const Position from = synced();
  if (target == from || failure_.failed()) return;
  for (const auto& segment : chain_->between(sequence_of(from), sequence_of(target))) {
    if (auto done = segment->file().sync(); !done) return failure_.fail(done.error());
  }
  synced_.store(target, std::memory_order_release);
  run_waiters();
}

void SegmentWriter::run_waiters() {
  std::vector<Waiter> ready;
  {
    const std::lock_guard lock(waiters_mutex_);
    const Position limit = synced();
    std::vector<Waiter> waiting;
    for (Waiter& each : waiters_) {
      (each.position > limit ? waiting : ready).push_back(std::move(each));
    }
    waiters_ = std::move(waiting);
  }
  for (const Waiter& each : ready) each.done();
}

/// Half a segment more than open calls may need is always ready.
void SegmentWriter::prepare_if_wanted() {
  if (failure_.failed()) return;
  const std::size_t offset = offset_of(position());
  const std::size_t ahead = chain_->usable() / 2;
  const std::size_t kept = kept_.load(std::memory_order_relaxed);
  const std::size_t end = chain_->usable() + kHeaderBytes;
  const std::size_t left = end - std::min(offset, end);
  if (left + chain_->spare_room() >= kept + ahead) {
    full_.store(false);
    return;
  }
  if (full_.load() && ++patience_ < kFullDiskRounds) return;
  patience_ = 0;
  auto made = chain_->prepare();
  if (made) return full_.store(false);
  if (made.error().code != core::Errc::unavailable) return failure_.fail(made.error());
  full_.store(true);
}

}  // namespace gatehouse::ledger
