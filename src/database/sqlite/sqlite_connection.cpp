#include "sqlite/sqlite_connection.hpp"

#include <string>
#include <utility>

namespace gatehouse::database::sqlite {

namespace {
constexpr int kStepsBetweenTicks = 4'000;  // about 0.1 ms

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(int column) const override {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(statement_, column);
  }
  std::string_view text(int column) const override {
    // A blob must not pass through the conversion to text, which may change bytes.
    const void* bytes = sqlite3_column_type(statement_, column) == SQLITE_BLOB
                            ? sqlite3_column_blob(statement_, column)
                            : sqlite3_column_text(statement_, column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  sqlite3_stmt* statement_;
};

/// The texts are not copied: they live until the statement has run.
int bind(sqlite3_stmt* statement, int index, const Value& value) {
  const std::string_view text = value.text();
  // A null pointer would be NULL.
  const char* bytes = text.data() == nullptr ? "" : text.data();
  switch (value.kind()) {
    case Value::Kind::integer:
      return sqlite3_bind_int64(statement, index, value.integer());
    case Value::Kind::text:
      return sqlite3_bind_text64(statement, index, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    case Value::Kind::blob:
      return sqlite3_bind_blob64(statement, index, bytes, text.size(), SQLITE_STATIC);
    case Value::Kind::null:
      break;
  }
  return sqlite3_bind_null(statement, index);
}
}  // namespace

/// Gives the statement that starts its time, and the one around it the rest of its own.
class SqliteConnection::Deadline {
 public:
  explicit Deadline(SqliteConnection& connection)
      : connection_(connection), outer_(connection.deadline_) {
    if (!outer_ && connection.limit_.count() > 0) {
      connection.deadline_ = connection.clock_.monotonic() + connection.limit_;
    }
  }
  ~Deadline() { connection_.deadline_ = outer_; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  SqliteConnection& connection_;
  std::optional<core::MonotonicTime> outer_;
};

SqliteConnection::SqliteConnection(Handle handle, const core::Clock& clock, FatalLatch& fatal)
    : handle_(std::move(handle)), clock_(clock), fatal_(fatal), statements_(handle_.get()) {
  sqlite3_progress_handler(handle_.get(), kStepsBetweenTicks, &SqliteConnection::tick, this);
}

SqliteConnection::~SqliteConnection() {
  rollback();
  sqlite3_progress_handler(handle_.get(), 0, nullptr, nullptr);
}

int SqliteConnection::tick(void* self) noexcept {
  const auto& connection = *static_cast<const SqliteConnection*>(self);
  return connection.deadline_ && connection.clock_.monotonic() >= *connection.deadline_ ? 1 : 0;
}

core::Error SqliteConnection::judge(int code, std::string_view step) {
  core::Error error = error_of(code, handle_.get(), step);
  fatal_.judge(code, handle_.get(), error);
  return error;
}

std::unexpected<core::Error> SqliteConnection::refuse(core::Error error) {
  if (in_transaction_ && !failed_) failed_ = error;
  return std::unexpected<core::Error>(std::move(error));
}

core::Result<void> SqliteConnection::check_open() const {
  if (auto alive = fatal_.check(); !alive) return alive;
  if (failed_) return std::unexpected<core::Error>(*failed_);
  // Some failures end the transaction by themselves; a statement would then be one of its own.
  if (in_transaction_ && sqlite3_get_autocommit(handle_.get()) != 0) {
    return core::fail(core::Errc::internal, "the database refused a statement",
                      "the transaction has ended");
  }
  return {};
}

core::Result<StatementCache::Lease> SqliteConnection::prepared(std::string_view sql) {
  auto lease = statements_.lease(sql);
  if (!lease) {
    fatal_.judge(sqlite3_extended_errcode(handle_.get()), handle_.get(), lease.error());
  }
  return lease;
}

core::Result<StatementCache::Lease> SqliteConnection::start(std::string_view sql,
                                                            std::span<const Value> values) {
  if (auto open = check_open(); !open) return core::pass(open);
  auto lease = prepared(sql);
  if (!lease) return refuse(std::move(lease.error()));
  sqlite3_stmt* statement = lease->get();
  if (reads_only_ && sqlite3_stmt_readonly(statement) == 0) {
    return refuse(core::Error{core::Errc::internal, "the database refused a statement",
                              "a read that writes: " + std::string(sql)});
  }
  if (sqlite3_bind_parameter_count(statement) != static_cast<int>(values.size())) {
    return refuse(core::Error{core::Errc::internal, "the database refused a statement",
                              "wrong number of values: " + std::string(sql)});
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int code = bind(statement, static_cast<int>(i) + 1, values[i]);
    if (code != SQLITE_OK) return refuse(judge(code, sql));
  }
  return std::move(*lease);
}

core::Result<void> SqliteConnection::step_all(sqlite3_stmt* statement, std::string_view sql,
                                              const RowFunction& each) {
  const Deadline deadline(*this);
  const SqliteRow row(statement);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return {};
    if (code != SQLITE_ROW) return refuse(judge(code, sql));
    if (!each) continue;
    if (auto taken = each(row); !taken) return taken;
  }
}

core::Result<std::int64_t> SqliteConnection::execute(std::string_view sql,
                                                     std::span<const Value> values) {
  auto lease = start(sql, values);
  if (!lease) return core::pass(lease);
  const std::int64_t before = sqlite3_total_changes64(handle_.get());
  if (auto done = step_all(lease->get(), sql, {}); !done) return core::pass(done);
  // Statements that change no row leave the figure of the one before.
  if (sqlite3_total_changes64(handle_.get()) == before) return 0;
  return sqlite3_changes64(handle_.get());
}

core::Result<void> SqliteConnection::query(std::string_view sql, std::span<const Value> values,
                                           const RowFunction& each) {
  auto lease = start(sql, values);
  if (!lease) return core::pass(lease);
  return step_all(lease->get(), sql, each);
}

core::Result<void> SqliteConnection::run(std::string_view sql) {
  auto lease = prepared(sql);
  if (!lease) return core::pass(lease);
  const int code = sqlite3_step(lease->get());
  if (code == SQLITE_DONE) return {};
  return std::unexpected<core::Error>(judge(code, sql));
}

core::Result<void> SqliteConnection::begin(std::string_view sql, bool reads_only) {
  if (auto alive = fatal_.check(); !alive) return alive;
  if (auto begun = run(sql); !begun) return begun;
  in_transaction_ = true;
  reads_only_ = reads_only;
  failed_.reset();
  return {};
}

core::Result<void> SqliteConnection::commit() {
  if (auto open = check_open(); !open) return open;
  auto done = run("COMMIT");
  if (done) in_transaction_ = false;
  return done;
}

void SqliteConnection::rollback() noexcept {
  if (sqlite3_get_autocommit(handle_.get()) == 0) {
    sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
  in_transaction_ = false;
  failed_.reset();
}

}  // namespace gatehouse::database::sqlite
