#include "journal_set.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace gatehouse::ledger {
namespace {

constexpr std::uint64_t kMinSegment = 128 * 1024;
constexpr std::uint64_t kMaxSegment = std::uint64_t{2} << 30;

}  // namespace

core::Result<std::unique_ptr<JournalSet>> JournalSet::open(JournalOptions options,
                                                           std::size_t writers) {
  auto disk = open_disk(options.folder);
  if (!disk) return core::pass(disk);
  auto set = DiskJournalSet::open(std::move(*disk), std::move(options), writers);
  if (!set) return core::pass(set);
  (*set)->start_thread();
  return std::unique_ptr<JournalSet>(std::move(*set));
}

DiskJournalSet::DiskJournalSet(std::unique_ptr<Disk> disk, JournalOptions options)
    : disk_(std::move(disk)), options_(std::move(options)), failure_(options_.on_fatal) {
  options_.segment_bytes = std::clamp(options_.segment_bytes, kMinSegment, kMaxSegment) & ~7ULL;
}

core::Result<std::unique_ptr<DiskJournalSet>> DiskJournalSet::open(std::unique_ptr<Disk> disk,
                                                                   JournalOptions options,
                                                                   std::size_t writers) {
  std::unique_ptr<DiskJournalSet> set(new DiskJournalSet(std::move(disk), std::move(options)));
  if (auto opened = set->open_journals(writers); !opened) return core::pass(opened);
  return set;
}

core::Result<void> DiskJournalSet::open_journals(std::size_t writers) {
  auto names = disk_->names();
  if (!names) return core::pass(names);
  std::map<std::uint32_t, std::vector<std::uint32_t>> found;
  for (std::uint32_t i = 0; i < writers; ++i) found[i];
  for (const std::string& name : *names) {
    if (const auto parsed = Segment::parse_name(name)) {
      found[parsed->writer].push_back(parsed->sequence);
    }
  }
  writers_ = writers;
  for (auto& [writer, sequences] : found) {
    auto chain = std::make_unique<SegmentChain>(*disk_, writer, options_.segment_bytes);
    const bool fresh = sequences.empty();
    if (auto adopted = chain->adopt(std::move(sequences)); !adopted) return core::pass(adopted);
    if (writer >= writers) {
      orphans_.push_back(std::move(chain));
      continue;
    }
    journals_.push_back(
        std::make_unique<SegmentWriter>(std::move(chain), failure_, [this] { request_sync(); }));
    if (auto started = journals_.back()->start(fresh); !started) return core::pass(started);
  }
  return {};
}

DiskJournalSet::~DiskJournalSet() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
    for (const auto& journal : journals_) journal->sync();
  }
  for (const auto& journal : journals_) journal->chain().drop_spares();
}

void DiskJournalSet::start_thread() {
  thread_ = std::thread([this] { run(); });
}

void DiskJournalSet::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, options_.sync_interval, [this] { return asked_ || stopping_; });
    asked_ = false;
    lock.unlock();
    sync_round();
    lock.lock();
  }
}

void DiskJournalSet::sync_round() {
  for (const auto& journal : journals_) journal->sync();
  for (const auto& journal : journals_) journal->prepare_if_wanted();
}

void DiskJournalSet::request_sync() {
  {
    const std::lock_guard lock(mutex_);
    if (asked_) return;
    asked_ = true;
  }
  wake_.notify_one();
}

SegmentChain* DiskJournalSet::chain_of(std::uint32_t writer) const {
  if (writer < journals_.size()) return &journals_[writer]->chain();
  for (const auto& chain : orphans_) {
    if (chain->writer() == writer) return chain.get();
  }
  return nullptr;
}

bool DiskJournalSet::of_this_run(std::uint32_t writer, std::uint32_t sequence) const {
  return writer < journals_.size() && sequence >= sequence_of(journals_[writer]->run_start());
}

std::vector<JournalReader::Stream> DiskJournalSet::streams() const {
  std::vector<Stream> streams;
  for (const auto& journal : journals_) {
    const SegmentChain& chain = journal->chain();
    streams.push_back({chain.writer(), journal->fresh(), position_of(chain.oldest(), kHeaderBytes),
                       journal->run_start()});
  }
  for (const auto& chain : orphans_) {
    if (chain->oldest() == 0) continue;  // all its files were empty
    streams.push_back(
        {chain->writer(), false, position_of(chain->oldest(), kHeaderBytes), ~Position{0}});
  }
  return streams;
}

core::Result<JournalReader::Progress> DiskJournalSet::read(std::uint32_t writer, Position from,
                                                           std::size_t limit, const Visit& visit) {
  SegmentChain* const chain = chain_of(writer);
  const Position synced = writer < journals_.size() ? journals_[writer]->synced() : ~Position{0};
  auto segment = chain == nullptr ? nullptr : chain->find(sequence_of(from));
  if (segment == nullptr) {
    return core::fail(core::Errc::conflict, "a journal segment is missing",
                      Segment::file_name({writer, sequence_of(from)}));
  }
  Progress progress{from, 0};
  while (limit > 0 && progress.next < synced) {
    const std::uint32_t sequence = segment->name().sequence;
    const std::size_t offset = offset_of(progress.next);
    if (const auto payload = segment->frame(offset)) {
      visit(progress.next, *payload);
      progress.next += frame_bytes(payload->size());
      --limit;
      continue;
    }
    // A hole of this run is its end. In one of an earlier run entries may follow that survived a
    // power failure.
    const std::size_t found =
        of_this_run(writer, sequence) ? segment->size() : segment->find_frame(offset);
    if (found < segment->size()) {
      progress.damaged += found - offset;
      progress.next = position_of(sequence, found);
      continue;
    }
    auto next = chain->after(sequence);
    if (next == nullptr) {
      if (sequence == sequence_of(synced)) {
        return core::fail(core::Errc::io, "a journal segment is damaged",
                          Segment::file_name(segment->name()));
      }
      break;
    }
    if (next->name().sequence != sequence + 1) {
      return core::fail(core::Errc::conflict, "a journal segment is missing",
                        Segment::file_name({writer, sequence + 1}));
    }
    segment = std::move(next);
    progress.next = position_of(segment->name().sequence, kHeaderBytes);
  }
  return progress;
}

void DiskJournalSet::release(std::uint32_t writer, Position applied) {
  SegmentChain* const chain = chain_of(writer);
  if (chain == nullptr) return;
  chain->release(sequence_of(applied));
  if (const auto segment = chain->find(sequence_of(applied))) {
    segment->file().forget(offset_of(applied));
  }
}

Position DiskJournalSet::appended(std::uint32_t writer) const {
  return writer < journals_.size() ? journals_[writer]->position() : 0;
}

std::uint64_t DiskJournalSet::pending_bytes(std::uint32_t writer, Position applied) const {
  if (writer >= journals_.size()) return 0;
  const Position end = journals_[writer]->position();
  if (end <= applied) return 0;
  const std::uint64_t segments = sequence_of(end) - sequence_of(applied);
  return segments * options_.segment_bytes + offset_of(end) - offset_of(applied);
}

}  // namespace gatehouse::ledger
