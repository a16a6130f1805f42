#pragma once
/// The one database of the server, behind a port that knows no engine.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"

namespace gatehouse::database {

struct DatabaseOptions {
  std::string file = {};  ///< created when missing, readable by its owner alone
  std::size_t readers = 4;
  /// Wait for another process's lock, for the writer or for a free reader, then Errc::unavailable.
  core::Millis busy_timeout{5'000};
  /// A commit is on the disk when it is acknowledged, so that it survives a loss of power. Without
  /// it a commit survives the end of the process, and a loss of power undoes the latest ones.
  bool sync_commits = false;
  /// Time that one statement of a read may take, then Errc::deadline_exceeded; 0 = no limit.
  core::Millis statement_limit{2'000};
  /// Pages in the write-ahead log from which the writer moves them into the file.
  std::uint32_t checkpoint_pages = 1'000;
  std::uint64_t wal_alarm_bytes = std::uint64_t{256} << 20;
  /// Called by the writing thread when the log has grown over the alarm (a reader that does not
  /// end keeps it), and again only after it has been below. Must not call the database.
  std::function<void(std::uint64_t bytes)> on_wal_alarm = {};
  /// Called once when a write or a sync failed or the file is damaged: the process has to end, and
  /// every later call fails with Errc::io. On the thread that found it; must not call the database.
  std::function<void(const core::Error&)> on_fatal = {};
  /// Called for each statement that failed for the disk and changed nothing: a page that cannot be
  /// read. On the thread that found it; must not call the database.
  std::function<void(const core::Error&)> on_failure = {};
  /// For limits and for the times of migrations; the system's when null. Outlives the database.
  const core::Clock* clock = nullptr;
};

struct ReadOptions {
  std::optional<core::Millis> statement_limit = {};  ///< in place of the database's; 0 = no limit
};

/// Blocking and thread-safe; from an event loop only through net::BlockingPool. One writer at a
/// time; any number of readers see a consistent snapshot meanwhile. A read inside a read of the
/// same thread sees the same snapshot; a write inside a write is Errc::internal.
class Database {
 public:
  virtual ~Database() = default;

  /// Runs `work(Connection&)`, which returns a core::Result, in one transaction: committed when it
  /// succeeds, undone when it or any statement in it fails. After Errc::io it is unknown whether
  /// the transaction will be there at the next start.
  template <class Work>
  std::invoke_result_t<Work&, Connection&> write(Work work) {
    using Outcome = std::invoke_result_t<Work&, Connection&>;
    std::optional<Outcome> outcome;
    auto done = run_write([&](Connection& connection) -> core::Result<void> {
      outcome.emplace(work(connection));
      if (!*outcome) return std::unexpected<core::Error>(outcome->error());
      return {};
    });
    if (!done) return Outcome(std::unexpected<core::Error>(std::move(done.error())));
    return std::move(*outcome);  // NOLINT(bugprone-unchecked-optional-access): it has run
  }
  /// Runs `work(Connection&)` in one read transaction; it must not write. All its statements see
  /// what was committed before the first of them.
  template <class Work>
  std::invoke_result_t<Work&, Connection&> read(Work work, const ReadOptions& options = {}) {
    using Outcome = std::invoke_result_t<Work&, Connection&>;
    std::optional<Outcome> outcome;
    auto done = run_read(
        [&](Connection& connection) -> core::Result<void> {
          outcome.emplace(work(connection));
          return {};
        },
        options);
    if (!done) return Outcome(std::unexpected<core::Error>(std::move(done.error())));
    return std::move(*outcome);  // NOLINT(bugprone-unchecked-optional-access): it has run
  }

  /// Copies the database, as of now, to a new file while work goes on. `progress` (pages done,
  /// pages in all) may be empty. Errc::conflict when the file exists: a backup is never
  /// overwritten. The file appears under its name whole and synced, or not at all.
  virtual core::Result<void> backup(
      const std::string& file,
      const std::function<void(std::uint64_t, std::uint64_t)>& progress) = 0;
  /// Size of the write-ahead log's file.
  virtual std::uint64_t wal_bytes() const = 0;

 protected:
  using Step = std::function<core::Result<void>(Connection&)>;

 private:
  virtual core::Result<void> run_write(const Step& step) = 0;
  virtual core::Result<void> run_read(const Step& step, const ReadOptions& options) = 0;
};

/// Opens (or creates) the embedded engine's file, checks its settings by reading them back, and
/// brings its schema up to date. Errc::conflict when the schema is newer than this program or an
/// applied migration is not the one that this program holds.
core::Result<std::unique_ptr<Database>> open_sqlite(DatabaseOptions options);

/// What `gatehouse doctor` says about a file.
struct Inspection {
  std::int64_t schema_version = 0;        ///< newest applied migration; 0 = none
  std::int64_t newest_known = 0;          ///< newest migration of this program
  std::vector<std::string> problems;      ///< of the file's structure; empty = sound
  std::vector<std::string> broken_links;  ///< rows whose foreign key leads nowhere
};

/// Reads a database or a backup of one without changing its schema. Takes time in proportion to
/// the file.
core::Result<Inspection> inspect_sqlite(const std::string& file);

/// Database::backup() of a file that another process may have open, without changing its schema.
core::Result<void> backup_sqlite(const std::string& file, const std::string& target,
                                 const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace gatehouse::database
