#include "sqlite/sqlite_database.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "sqlite/backup.hpp"
#include "sqlite/handle.hpp"

namespace gatehouse::database::sqlite {

namespace {
/// The log's file falls back to this size once a reader that kept it large has gone.
constexpr std::uint64_t kKeptLogBytes = std::uint64_t{16} << 20;

std::unexpected<core::Error> busy(std::string_view who) {
  core::Error error{core::Errc::unavailable, "the database is busy", "no free " + std::string(who)};
  error.retryable = true;
  return std::unexpected<core::Error>(std::move(error));
}

/// Undoes what was not committed, also when `step` throws.
class Undo {
 public:
  explicit Undo(SqliteConnection& connection) : connection_(connection) {}
  ~Undo() { connection_.rollback(); }
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;

 private:
  SqliteConnection& connection_;
};
}  // namespace

SqliteDatabase::SqliteDatabase(DatabaseOptions options, const Foundation& foundation)
    : options_(std::move(options)),
      vfs_(foundation.vfs),
      clock_(options_.clock == nullptr ? system_clock_ : *options_.clock),
      fatal_(options_.on_fatal, options_.on_failure),
      reader_places_(std::max<std::size_t>(options_.readers, 1)) {}

SqliteDatabase::~SqliteDatabase() {
  readers_.clear();
  if (checkpointer_ && !fatal_.closed()) checkpointer_->finish();
  checkpointer_.reset();
  if (writer_ && fatal_.closed()) {
    // A last checkpoint could write what was never synced over what is whole.
    sqlite3_db_config(writer_->raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
}

core::Result<std::unique_ptr<SqliteConnection>> SqliteDatabase::connect(Role role) {
  auto handle = open_handle({.file = options_.file,
                             .role = role,
                             .sync_commits = options_.sync_commits,
                             .busy_timeout = options_.busy_timeout,
                             .kept_log_bytes = kKeptLogBytes,
                             .vfs = vfs_});
  if (!handle) return core::pass(handle);
  return std::make_unique<SqliteConnection>(std::move(*handle), clock_, fatal_);
}

core::Result<void> SqliteDatabase::open_writer(const Foundation& foundation) {
  auto writer = connect(Role::writer);
  if (!writer) return core::pass(writer);
  writer_ = std::move(*writer);
  if (auto migrated = migrate(writer_->raw(), foundation.migrations, clock_,
                              foundation.before_migration_statement);
      !migrated) {
    return migrated;
  }
  checkpointer_ = std::make_unique<Checkpointer>(
      *writer_, Checkpointer::Policy{.pages = options_.checkpoint_pages,
                                     .alarm_bytes = options_.wal_alarm_bytes,
                                     .on_alarm = options_.on_wal_alarm,
                                     .log_bytes = [this] { return wal_bytes(); },
                                     .busy_timeout = options_.busy_timeout});
  return {};
}

core::Result<void> SqliteDatabase::open_readers() {
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.readers, 1); ++i) {
    auto reader = connect(Role::reader);
    if (!reader) return core::pass(reader);
    readers_.push_back(std::move(*reader));
  }
  return {};
}

core::Result<std::unique_ptr<Database>> SqliteDatabase::open(DatabaseOptions options,
                                                             const Foundation& foundation) {
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(std::move(options), foundation));
  if (auto opened = database->open_writer(foundation); !opened) return core::pass(opened);
  if (auto opened = database->open_readers(); !opened) return core::pass(opened);
  return database;
}

core::Result<void> SqliteDatabase::run_write(const Step& step) {
  const auto grant = writer_place_.take(options_.busy_timeout);
  if (!grant) return busy("writer");
  if (grant->again) {
    return core::fail(core::Errc::internal, "the database refused a statement",
                      "a write inside a write of the same thread");
  }
  const PlaceGuard place(writer_place_, grant->place);
  if (auto begun = writer_->begin_write(); !begun) return begun;
  const Undo undo(*writer_);
  if (auto done = step(*writer_); !done) return done;
  if (auto committed = writer_->commit(); !committed) return committed;
  checkpointer_->after_commit();
  return {};
}

core::Result<void> SqliteDatabase::run_read(const Step& step, const ReadOptions& options) {
  const auto grant = reader_places_.take(options_.busy_timeout);
  if (!grant) return busy("reader");
  SqliteConnection& reader = *readers_[grant->place];
  if (grant->again) return step(reader);
  const PlaceGuard place(reader_places_, grant->place);
  reader.limit_statements(options.statement_limit.value_or(options_.statement_limit));
  if (auto begun = reader.begin_read(); !begun) return begun;
  const Undo undo(reader);
  return step(reader);
}

core::Result<void> SqliteDatabase::backup(
    const std::string& file, const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (auto alive = fatal_.check(); !alive) return alive;
  // A connection of its own: a copy of a large file must not take a reader from the pool.
  auto source = connect(Role::reader);
  if (!source) return core::pass(source);
  return copy_to_new_file(**source, file, progress);
}

std::uint64_t SqliteDatabase::wal_bytes() const {
  struct stat status{};
  const std::string log = options_.file + "-wal";
  return ::stat(log.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

}  // namespace gatehouse::database::sqlite

namespace gatehouse::database {

core::Result<std::unique_ptr<Database>> open_sqlite(DatabaseOptions options) {
  return sqlite::SqliteDatabase::open(std::move(options), sqlite::Foundation{});
}

}  // namespace gatehouse::database
