#include "gatehouse/ledger/settler.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "applier.hpp"
#include "archive.hpp"
#include "failure_latch.hpp"

namespace gatehouse::ledger {
namespace {

constexpr core::Millis kFlushPoll{2};  // a flush waits for the sync, then for a batch
constexpr core::Millis kFirstRetry{50};
constexpr core::Millis kLongestRetry{2'000};
constexpr core::Seconds kArchivePause{60};

/// May the same be tried again? Nothing of it is in the database.
bool passes(const core::Error& error) {
  return error.code == core::Errc::unavailable || error.retryable;
}

class JournalSettler final : public Settler {
 public:
  JournalSettler(database::Database& database, JournalReader& reader, const core::Clock& clock,
                 SettlerOptions options)
      : reader_(reader),
        clock_(clock),
        options_(std::move(options)),
        failure_(options_.on_fatal),
        applier_(database, reader, std::max<std::size_t>(options_.max_batch, 1)) {
    if (options_.retention > core::Seconds(0) && !options_.archive_folder.empty()) {
      archive_.emplace(database, options_.archive_folder, options_.retention);
    }
  }
  ~JournalSettler() override;

  core::Result<void> recover();
  void start_thread() {
    thread_ = std::thread([this] { run(); });
  }

  core::Result<void> flush(core::Millis patience) override;
  SettlerStatus status() const override;

 private:
  void run();
  void apply_all();
  bool apply_with_patience();
  void archive_some();
  void publish();
  bool wait(core::Millis time);
  bool reached(const Applier::Positions& wanted) const;
  void fail(const core::Error& error);

  JournalReader& reader_;
  const core::Clock& clock_;
  SettlerOptions options_;
  FailureLatch failure_;
  // The settling thread's.
  Applier applier_;
  std::optional<Archive> archive_;
  std::optional<core::MonotonicTime> next_archive_;
  std::uint64_t retries_ = 0;
  std::uint64_t archived_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable advanced_;
  bool stopping_ = false;
  bool failed_ = false;
  std::size_t flushing_ = 0;
  Applier::Positions applied_;
  SettlerStatus status_;
  std::thread thread_;
};

JournalSettler::~JournalSettler() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  reader_.request_sync();
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

core::Result<void> JournalSettler::recover() {
  if (auto loaded = applier_.load(); !loaded) return loaded;
  for (;;) {
    auto found = applier_.collect(/*all=*/true);
    if (!found) return core::pass(found);
    if (!*found) break;
    if (auto applied = applier_.apply(); !applied) return applied;
  }
  for (;;) {
    auto closed = applier_.close_left_over(clock_.wall());
    if (!closed) return core::pass(closed);
    if (*closed == 0) break;
  }
  publish();
  return {};
}

bool JournalSettler::wait(core::Millis time) {
  std::unique_lock lock(mutex_);
  if (flushing_ > 0) time = std::min(time, kFlushPoll);
  const std::size_t flushing = flushing_;
  wake_.wait_for(lock, time, [&] { return stopping_ || flushing_ > flushing; });
  return stopping_;
}

void JournalSettler::run() {
  while (!wait(options_.interval)) {
    apply_all();
    if (failure_.failed()) return;
    archive_some();
  }
  apply_all();
}

void JournalSettler::apply_all() {
  for (;;) {
    auto found = applier_.collect(/*all=*/false);
    if (!found) return fail(found.error());
    if (!*found) return publish();
    if (!apply_with_patience()) return;
    publish();
  }
}

/// False when it gave up: the process ends, and the next one goes on from the journal.
bool JournalSettler::apply_with_patience() {
  for (core::Millis pause = kFirstRetry;; pause = std::min(2 * pause, kLongestRetry)) {
    auto applied = applier_.apply();
    if (applied) return true;
    if (!passes(applied.error())) {
      fail(applied.error());
      return false;
    }
    ++retries_;
    publish();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, pause, [this] { return stopping_; })) return false;
  }
}

void JournalSettler::archive_some() {
  if (!archive_ || (next_archive_ && clock_.monotonic() < *next_archive_)) return;
  auto moved = archive_->step(clock_.wall());
  if (!moved && moved.error().code == core::Errc::io && !passes(moved.error()))
    return fail(moved.error());
  const std::size_t count = moved ? *moved : 0;
  archived_ += count;
  if (count == 0) next_archive_ = clock_.monotonic() + kArchivePause;
  publish();
}

void JournalSettler::fail(const core::Error& error) {
  {
    const std::lock_guard lock(mutex_);
    failed_ = true;
  }
  advanced_.notify_all();
  failure_.fail(error);
}

void JournalSettler::publish() {
  SettlerStatus status = applier_.counted();
  status.pending_bytes = applier_.pending_bytes();
  status.open_reservations = applier_.open_calls();
  status.retries = retries_;
  status.archived = archived_;
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
    applied_ = applier_.applied();
  }
  advanced_.notify_all();
}

bool JournalSettler::reached(const Applier::Positions& wanted) const {
  return std::all_of(wanted.begin(), wanted.end(), [this](const auto& each) {
    const auto found = applied_.find(each.first);
    return found != applied_.end() && found->second >= each.second;
  });
}

core::Result<void> JournalSettler::flush(core::Millis patience) {
  Applier::Positions wanted;
  for (const auto& stream : reader_.streams()) {
    wanted[stream.writer] = reader_.appended(stream.writer);
  }
  reader_.request_sync();
  std::unique_lock lock(mutex_);
  ++flushing_;
  wake_.notify_all();
  const bool done = advanced_.wait_for(lock, patience, [&] { return failed_ || reached(wanted); });
  --flushing_;
  if (failed_) return core::fail(core::Errc::io, "the server is stopping", "the settler failed");
  if (!done) {
    return core::fail(core::Errc::unavailable, "the ledger is behind", "flush: patience is over");
  }
  return {};
}

SettlerStatus JournalSettler::status() const {
  SettlerStatus status;
  Applier::Positions applied;
  {
    const std::lock_guard lock(mutex_);
    status = status_;
    applied = applied_;
  }
  status.pending_bytes = 0;
  for (const auto& [writer, position] : applied) {
    status.pending_bytes += reader_.pending_bytes(writer, position);
  }
  return status;
}

}  // namespace

core::Result<std::unique_ptr<Settler>> Settler::start(database::Database& database,
                                                      JournalSet& journals,
                                                      const core::Clock& clock,
                                                      SettlerOptions options) {
  auto settler =
      std::make_unique<JournalSettler>(database, journals.reader(), clock, std::move(options));
  if (auto recovered = settler->recover(); !recovered) return core::pass(recovered);
  settler->start_thread();
  return settler;
}

}  // namespace gatehouse::ledger
