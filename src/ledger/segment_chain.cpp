#include "segment_chain.hpp"

#include <algorithm>

namespace gatehouse::ledger {

core::Result<void> SegmentChain::adopt(std::vector<std::uint32_t> sequences) {
  std::sort(sequences.begin(), sequences.end());
  if (!sequences.empty()) next_sequence_ = sequences.front();
  for (const std::uint32_t sequence : sequences) {
    const Segment::Name name{writer_, sequence};
    auto segment = Segment::open(disk_, name);
    if (!segment) return core::pass(segment);
    if (*segment == nullptr || (*segment)->find_frame(kHeaderBytes) == (*segment)->size()) {
      disk_.remove(Segment::file_name(name));
      continue;
    }
    segments_.push_back(std::move(*segment));
    next_sequence_ = sequence + 1;
  }
  // The scan above went through every page.
  for (const auto& segment : segments_) segment->file().forget(segment->size());
  return {};
}

core::Result<void> SegmentChain::prepare() {
  const std::lock_guard one(prepare_mutex_);
  auto segment = Segment::create(disk_, {writer_, next_sequence_}, segment_bytes_, random_.next());
  if (!segment) return core::pass(segment);
  ++next_sequence_;
  const std::lock_guard lock(mutex_);
  spares_.push_back(std::move(*segment));
  spares_ready_.store(spares_.size());
  return {};
}

std::shared_ptr<Segment> SegmentChain::advance() {
  const std::lock_guard lock(mutex_);
  if (spares_.empty()) return nullptr;
  segments_.push_back(std::move(spares_.front()));
  spares_.pop_front();
  spares_ready_.store(spares_.size());
  return segments_.back();
}

std::uint32_t SegmentChain::oldest() const {
  const std::lock_guard lock(mutex_);
  return segments_.empty() ? 0 : segments_.front()->name().sequence;
}

std::shared_ptr<Segment> SegmentChain::find(std::uint32_t sequence) const {
  const std::lock_guard lock(mutex_);
  for (const auto& segment : segments_) {
    if (segment->name().sequence == sequence) return segment;
  }
  return nullptr;
}

std::shared_ptr<Segment> SegmentChain::after(std::uint32_t sequence) const {
  const std::lock_guard lock(mutex_);
  for (const auto& segment : segments_) {
    if (segment->name().sequence > sequence) return segment;
  }
  return nullptr;
}

std::vector<std::shared_ptr<Segment>> SegmentChain::between(std::uint32_t first,
                                                            std::uint32_t last) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Segment>> found;
  for (const auto& segment : segments_) {
    const std::uint32_t sequence = segment->name().sequence;
    if (first <= sequence && sequence <= last) found.push_back(segment);
  }
  return found;
}

void SegmentChain::release(std::uint32_t sequence) {
  std::vector<std::shared_ptr<Segment>> done;  // unmapped outside the lock
  {
    const std::lock_guard lock(mutex_);
    while (!segments_.empty() && segments_.front()->name().sequence < sequence) {
      done.push_back(std::move(segments_.front()));
      segments_.pop_front();
    }
  }
  for (const auto& segment : done) disk_.remove(Segment::file_name(segment->name()));
}

void SegmentChain::drop_spares() {
  const std::lock_guard lock(mutex_);
  for (const auto& segment : spares_) disk_.remove(Segment::file_name(segment->name()));
  spares_.clear();
  spares_ready_.store(0);
}

}  // namespace gatehouse::ledger
