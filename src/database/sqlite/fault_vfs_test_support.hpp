#pragma once
/// A file layer for SQLite that fails on demand and remembers what was synced, over the system's.

#include <sqlite3.h>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::database::sqlite {

/// Never syncs for real, so that thousands of commits take no time. Thread-safe.
class FaultVfs {
 public:
  enum class Kind : std::uint8_t { read, write, sync };
  static constexpr std::size_t kKinds = 3;

  FaultVfs();
  ~FaultVfs();
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  const char* name() const { return name_.c_str(); }

  /// The nth operation of `kind` from now on (1 = the next) answers with EIO.
  void fail(Kind kind, int nth);
  /// The process ends by SIGKILL at the nth operation of any kind.
  void kill(int nth);
  /// Bytes by which files may still grow; nothing = as many as there are.
  void set_space(std::optional<std::uint64_t> bytes);
  /// A fault has struck since it was asked for.
  bool struck() const;
  int operations() const;

  void start_log();
  /// Operations logged so far: a moment for `crash`.
  std::size_t moment() const;
  /// Writes to `folder` what a loss of power at `moment` may leave of the files: what was synced,
  /// and of every later write any sectors, each with the probability `kept`.
  void crash(std::size_t moment, std::uint64_t seed, double kept, const std::string& folder) const;

  // Called by the files.
  int enter(Kind kind, std::uint64_t growth);
  void log_write(int file, std::uint64_t offset, std::string_view bytes);
  void log_truncate(int file, std::uint64_t size);
  void log_sync(int file);
  int file_index(std::string_view path);
  void log_removal(std::string_view path, bool synced);
  sqlite3_vfs* real() const { return real_; }

 private:
  struct Operation {
    enum class Kind : std::uint8_t { write, truncate, sync, removal } kind;
    int file;
    std::uint64_t offset = 0;
    std::string bytes = {};
    bool synced = false;  // by itself: a removal with its folder
  };
  std::string image(int file, std::size_t moment, std::uint64_t seed, double kept) const;

  std::string name_;
  sqlite3_vfs vfs_{};
  sqlite3_vfs* real_ = nullptr;
  mutable std::mutex mutex_;
  std::array<int, kKinds> left_{};  // operations until the fault; 0 = none
  int until_kill_ = 0;
  std::optional<std::uint64_t> space_;
  bool struck_ = false;
  int operations_ = 0;
  bool logging_ = false;
  std::map<std::string, int, std::less<>> files_;  // base names
  std::vector<Operation> log_;
};

}  // namespace gatehouse::database::sqlite
