#include "gatehouse/ledger/idempotency.hpp"

#include <optional>

#include "record.hpp"

namespace gatehouse::ledger {

using database::Connection;
using database::Row;
using database::Value;
using Decision = core::Result<IdempotencyDecision>;

namespace {

std::int64_t nanos(core::WallTime time) noexcept {
  return time.time_since_epoch().count();
}

core::Result<void> one(core::Result<std::int64_t> changed) {
  if (!changed) return core::pass(changed);
  if (*changed == 1) return {};
  return core::fail(core::Errc::not_found, "no call was started under this idempotency key");
}

IdempotencyDecision decide(const Row& row, std::string_view fingerprint) {
  using Kind = IdempotencyDecision::Kind;
  IdempotencyDecision decision;
  decision.call_id = row.text(2);
  if (row.text(0) != fingerprint) {
    decision.kind = Kind::mismatch;
  } else if (row.text(1) == "completed") {
    decision.kind = Kind::replay;
    decision.answer = {static_cast<int>(row.integer(3)), std::string(row.text(4)),
                       std::string(row.text(5))};
  } else {
    decision.kind = row.text(1) == "started" ? Kind::in_progress : Kind::unknown;
  }
  return decision;
}

}  // namespace

core::Result<IdempotencyStore> IdempotencyStore::open(database::Database& database) {
  auto done = database.write([](Connection& connection) -> core::Result<void> {
    auto freed = connection.execute(
        "DELETE FROM idempotency_key WHERE state = 'started' AND call_id IN"
        " (SELECT call_id FROM call_record WHERE status = 'interrupted' AND error_class = ?)",
        {kNotSent});
    if (!freed) return core::pass(freed);
    auto unknown =
        connection.execute("UPDATE idempotency_key SET state = 'unknown' WHERE state = 'started'");
    if (!unknown) return core::pass(unknown);
    return {};
  });
  if (!done) return core::pass(done);
  return IdempotencyStore(database);
}

Decision IdempotencyStore::begin(const IdempotentRequest& request, core::WallTime now) {
  if (request.key.empty() || request.key.size() > kMaxKey) {
    return core::fail(core::Errc::invalid_argument, "an idempotency key has 1 to 255 characters");
  }
  return database_->write([&](Connection& connection) -> Decision {
    // A call that still runs keeps its key, however long it takes.
    auto expired = connection.execute(
        "DELETE FROM idempotency_key WHERE scope = ? AND key = ? AND expires_at_ns <= ?"
        " AND state <> 'started'",
        {request.scope, request.key, nanos(now)});
    if (!expired) return core::pass(expired);
    std::optional<IdempotencyDecision> known;
    auto found = connection.query(
        "SELECT fingerprint, state, call_id, http_status, headers, body FROM idempotency_key"
        " WHERE scope = ? AND key = ?",
        {request.scope, request.key}, [&](const Row& row) -> core::Result<void> {
          known = decide(row, request.fingerprint);
          return {};
        });
    if (!found) return core::pass(found);
    if (known) return std::move(*known);
    auto inserted = connection.execute(
        "INSERT INTO idempotency_key (scope, key, fingerprint, state, call_id, started_at_ns,"
        " expires_at_ns) VALUES (?, ?, ?, 'started', ?, ?, ?)",
        {request.scope, request.key, request.fingerprint, request.call_id, nanos(now),
         nanos(now + kLifetime)});
    if (!inserted) return core::pass(inserted);
    IdempotencyDecision started;
    started.call_id = request.call_id;
    return started;
  });
}

core::Result<void> IdempotencyStore::complete(std::string_view scope, std::string_view key,
                                              const StoredAnswer& answer) {
  return database_->write([&](Connection& connection) {
    return one(connection.execute(
        "UPDATE idempotency_key SET state = 'completed', http_status = ?, headers = ?, body = ?"
        " WHERE scope = ? AND key = ? AND state = 'started'",
        {answer.status, answer.headers, Value::blob(answer.body), scope, key}));
  });
}

core::Result<void> IdempotencyStore::abandon(std::string_view scope, std::string_view key) {
  return database_->write([&](Connection& connection) {
    return one(connection.execute(
        "DELETE FROM idempotency_key WHERE scope = ? AND key = ? AND state = 'started'",
        {scope, key}));
  });
}

core::Result<std::int64_t> IdempotencyStore::expire(core::WallTime now, std::size_t limit) {
  return database_->write([&](Connection& connection) {
    return connection.execute(
        "DELETE FROM idempotency_key WHERE rowid IN (SELECT rowid FROM idempotency_key"
        " WHERE expires_at_ns <= ? AND state <> 'started' LIMIT ?)",
        {nanos(now), static_cast<std::int64_t>(limit)});
  });
}

}  // namespace gatehouse::ledger
