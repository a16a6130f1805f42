#pragma once
/// When the writer moves the log's pages into the file.

#include <cstdint>
#include <functional>

#include "sqlite/sqlite_connection.hpp"

namespace gatehouse::database::sqlite {

/// Belongs to the writer's connection and is used under its place only.
class Checkpointer {
 public:
  struct Policy {
    std::uint32_t pages = 1'000;
    std::uint64_t alarm_bytes = 0;
    std::function<void(std::uint64_t)> on_alarm;
    std::function<std::uint64_t()> log_bytes;
    core::Millis busy_timeout{5'000};  ///< restored after a shorter one
  };
  /// Time that a checkpoint may wait for readers, and the writer with it.
  static constexpr core::Millis kPatience{100};

  Checkpointer(SqliteConnection& writer, Policy policy);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  void after_commit();
  /// Moves everything and empties the log, for a clean end.
  void finish();

 private:
  static int on_commit(void* self, sqlite3* db, const char* name, int frames) noexcept;
  void checkpoint(int mode);
  void watch();

  SqliteConnection& writer_;
  Policy policy_;
  std::uint64_t frames_ = 0;        // in the log after the latest commit
  std::uint64_t next_restart_ = 0;  // frames from which readers are waited for
  bool alarmed_ = false;
};

}  // namespace gatehouse::database::sqlite
