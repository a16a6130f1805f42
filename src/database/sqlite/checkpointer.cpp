#include "sqlite/checkpointer.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::database::sqlite {

namespace {
// Readers that follow each other closely never let a passive checkpoint reach the end of the log,
// so from this multiple on the writer waits for them, each time after twice the growth.
constexpr std::uint64_t kRestartFactor = 8;
}  // namespace

Checkpointer::Checkpointer(SqliteConnection& writer, Policy policy)
    : writer_(writer), policy_(std::move(policy)) {
  policy_.pages = std::max<std::uint32_t>(policy_.pages, 1);
  next_restart_ = policy_.pages * kRestartFactor;
  sqlite3_wal_hook(writer_.raw(), &Checkpointer::on_commit, this);
}

Checkpointer::~Checkpointer() {
  sqlite3_wal_hook(writer_.raw(), nullptr, nullptr);
}

int Checkpointer::on_commit(void* self, sqlite3*, const char*, int frames) noexcept {
  static_cast<Checkpointer*>(self)->frames_ = static_cast<std::uint64_t>(frames);
  return SQLITE_OK;
}

void Checkpointer::checkpoint(int mode) {
  const int code = sqlite3_wal_checkpoint_v2(writer_.raw(), nullptr, mode, nullptr, nullptr);
  // Busy: a reader needs the log. Full: the log stays until there is room. Anything fatal goes to
  // the latch; what was committed is safe in the log.
  if (code != SQLITE_OK) static_cast<void>(writer_.judge(code, "checkpoint"));
}

void Checkpointer::after_commit() {
  if (frames_ < policy_.pages) {
    next_restart_ = policy_.pages * kRestartFactor;
  } else if (frames_ < next_restart_) {
    checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  } else {
    next_restart_ = frames_ * 2;
    sqlite3_busy_timeout(writer_.raw(), static_cast<int>(kPatience.count()));
    checkpoint(SQLITE_CHECKPOINT_RESTART);
    sqlite3_busy_timeout(writer_.raw(), static_cast<int>(policy_.busy_timeout.count()));
  }
  watch();
}

void Checkpointer::watch() {
  const std::uint64_t bytes = policy_.log_bytes();
  const bool over = bytes > policy_.alarm_bytes;
  if (over && !alarmed_ && policy_.on_alarm) policy_.on_alarm(bytes);
  alarmed_ = over;
}

void Checkpointer::finish() {
  sqlite3_busy_timeout(writer_.raw(), static_cast<int>(kPatience.count()));
  checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
}

}  // namespace gatehouse::database::sqlite
