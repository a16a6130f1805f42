#include "keeper.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace gatehouse::alerts {
namespace {

constexpr std::size_t kMostAtOnce = 256;        // alerts of one transaction
constexpr std::size_t kMostUnwritten = 16'384;  // the rest is written by the next try of it
constexpr core::Seconds kRetry{5};
constexpr core::Seconds kExpiry{3'600};

template <class T>
void put_back(std::vector<T>&& written, std::vector<T>& waiting) {
  written.insert(written.end(), std::make_move_iterator(waiting.begin()),
                 std::make_move_iterator(waiting.end()));
  waiting = std::move(written);
  if (waiting.size() > kMostUnwritten) waiting.resize(kMostUnwritten);
}

}  // namespace

void Keeper::start() {
  if (tools_.store != nullptr) expire_now();
}

void Keeper::keep(std::optional<KeptClaim> claim, std::vector<KeptAlert> alerts, Then then) {
  if (tools_.store == nullptr) return then(false);
  entries_.push_back({std::move(claim), std::move(alerts), std::move(then)});
  wake();
}

void Keeper::remove(AlertRow row) {
  if (tools_.store == nullptr) return;
  removed_.push_back(std::move(row));
  wake();
}

void Keeper::note(Untaken untaken) {
  if (tools_.store == nullptr) return;
  untaken_.push_back(std::move(untaken));
  wake();
}

bool Keeper::has_work() const {
  // After a failure the marks wait for a while; new alerts do not.
  return !entries_.empty() || (!retry_.armed() && !(removed_.empty() && untaken_.empty()));
}

void Keeper::wake() {
  if (!has_work() || std::exchange(writing_, true)) return;
  tools_.tasks.spawn(write(this));
}

Keeper::Batch Keeper::take() {
  Batch batch;
  batch.changes.removed = std::exchange(removed_, {});
  batch.changes.untaken = std::exchange(untaken_, {});
  while (!entries_.empty() && batch.then.size() < kMostAtOnce) {
    Entry entry = std::move(entries_.front());
    entries_.pop_front();
    if (entry.claim) batch.changes.claims.push_back(*std::move(entry.claim));
    std::ranges::move(entry.alerts, std::back_inserter(batch.changes.added));
    batch.then.push_back(std::move(entry.then));
  }
  return batch;
}

void Keeper::written(Batch& batch, const core::Result<void>& result) {
  if (result) {
    retry_.disarm();
    if (std::exchange(failing_, false)) tools_.logger.info("alerts_are_kept_again");
  } else {
    ++tools_.failures;
    if (!std::exchange(failing_, true)) {
      tools_.logger.error("alerts_not_kept", {{"alerts", batch.then.size()},
                                              {"error", result.error()},
                                              {"consequence", "they are lost with the process"}});
    }
    put_back(std::move(batch.changes.removed), removed_);
    put_back(std::move(batch.changes.untaken), untaken_);
    tools_.loop.arm(retry_, tools_.loop.now() + kRetry);
  }
  for (const Then& then : batch.then) then(result.has_value());
}

core::Task<void> Keeper::write_one(Keeper* self) {
  const auto batch = std::make_shared<Batch>(self->take());
  OutboxStore* const store = self->tools_.store;
  auto work = [store, batch] { return store->apply(batch->changes); };
  auto result = co_await self->pool_.run(self->tools_.loop, std::move(work));
  self->written(*batch, result);
}

core::Task<void> Keeper::write(Keeper* self) {
  while (self->has_work()) co_await write_one(self);
  self->writing_ = false;
}

core::Task<void> Keeper::finish(Keeper* self) {
  self->retry_.disarm();
  self->hourly_.disarm();
  if (self->has_work()) co_await write_one(self);
  self->retry_.disarm();
}

void Keeper::expire_now() {
  tools_.loop.arm(hourly_, tools_.loop.now() + kExpiry);
  tools_.tasks.spawn(expire(this));
}

core::Task<void> Keeper::expire(Keeper* self) {
  OutboxStore* const store = self->tools_.store;
  const core::WallTime now = self->tools_.loop.clock().wall();
  auto work = [store, now] { return store->expire(now); };
  auto result = co_await self->pool_.run(self->tools_.loop, std::move(work));
  if (!result) self->tools_.logger.warning("old_alerts_kept", {{"error", result.error()}});
}

}  // namespace gatehouse::alerts
