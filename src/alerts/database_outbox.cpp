#include "gatehouse/alerts/database_outbox.hpp"

#include <utility>

namespace gatehouse::alerts {
namespace {

using database::Connection;
using database::Row;
using database::Value;
using Done = core::Result<void>;

std::int64_t nanos(core::WallTime time) noexcept {
  return time.time_since_epoch().count();
}

core::WallTime time_of(std::int64_t nanos) noexcept {
  return core::WallTime(core::Nanos(nanos));
}

Done run(Connection& connection, std::string_view sql, std::initializer_list<Value> values) {
  auto changed = connection.execute(sql, values);
  if (!changed) return core::pass(changed);
  return {};
}

Done keep(Connection& connection, const KeptClaim& claim) {
  return run(connection,
             "INSERT INTO alert_claim (subject, claimed_at_ns, until_ns) VALUES (?, ?, ?)"
             " ON CONFLICT (subject) DO UPDATE SET claimed_at_ns = excluded.claimed_at_ns,"
             " until_ns = excluded.until_ns",
             {claim.subject, nanos(claim.claimed_at), nanos(claim.until)});
}

Done keep(Connection& connection, const KeptAlert& alert) {
  return run(connection,
             "INSERT INTO alert_outbox (event_id, channel, channel_kind, body, created_at_ns,"
             " tries, next_try_at_ns) VALUES (?, ?, ?, ?, ?, ?, ?)",
             {alert.event_id, alert.channel, name_of(alert.kind), alert.body,
              nanos(alert.created_at), std::int64_t{alert.tries}, nanos(alert.next_try_at)});
}

Done keep(Connection& connection, const AlertRow& removed) {
  return run(connection, "DELETE FROM alert_outbox WHERE event_id = ? AND channel = ?",
             {removed.event_id, removed.channel});
}

Done keep(Connection& connection, const Untaken& untaken) {
  const std::int64_t tries = untaken.tries;
  if (!untaken.next_try_at) {
    return run(
        connection,
        "UPDATE alert_outbox SET state = 'failed', tries = ?, failed_at_ns = ?, reason = ?"
        " WHERE event_id = ? AND channel = ?",
        {tries, nanos(untaken.at), untaken.reason, untaken.row.event_id, untaken.row.channel});
  }
  return run(connection,
             "UPDATE alert_outbox SET tries = ?, next_try_at_ns = ?, reason = ?"
             " WHERE event_id = ? AND channel = ?",
             {tries, nanos(*untaken.next_try_at), untaken.reason, untaken.row.event_id,
              untaken.row.channel});
}

template <class Change>
Done keep_all(Connection& connection, const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    if (auto kept = keep(connection, change); !kept) return kept;
  }
  return {};
}

KeptAlert alert_of(const Row& row) {
  return {.event_id = std::string(row.text(0)),
          .channel = std::string(row.text(1)),
          .kind = row.text(2) == "slack" ? ChannelKind::slack : ChannelKind::webhook,
          .body = std::string(row.text(3)),
          .created_at = time_of(row.integer(4)),
          .tries = static_cast<std::uint32_t>(row.integer(5)),
          .next_try_at = time_of(row.integer(6))};
}

}  // namespace

core::Result<KeptState> DatabaseOutbox::load() {
  const database::ReadOptions patient{.statement_limit = core::Millis(0)};
  return database_.read(
      [&](Connection& connection) -> core::Result<KeptState> {
        KeptState kept;
        auto claims = connection.query(
            "SELECT subject, claimed_at_ns, until_ns FROM (SELECT * FROM alert_claim"
            " ORDER BY claimed_at_ns DESC LIMIT ?) ORDER BY claimed_at_ns",
            {bounds_.most_claims}, [&](const Row& row) -> Done {
              kept.claims.push_back(
                  {std::string(row.text(0)), time_of(row.integer(1)), time_of(row.integer(2))});
              return {};
            });
        if (!claims) return core::pass(claims);
        auto waiting = connection.query(
            "SELECT event_id, channel, channel_kind, body, created_at_ns, tries, next_try_at_ns"
            " FROM alert_outbox WHERE state = 'waiting' ORDER BY created_at_ns, event_id",
            {}, [&](const Row& row) -> Done {
              kept.waiting.push_back(alert_of(row));
              return {};
            });
        if (!waiting) return core::pass(waiting);
        return kept;
      },
      patient);
}

core::Result<void> DatabaseOutbox::apply(const OutboxChanges& changes) {
  return database_.write([&](Connection& connection) -> Done {
    if (auto kept = keep_all(connection, changes.claims); !kept) return kept;
    if (auto kept = keep_all(connection, changes.added); !kept) return kept;
    if (auto kept = keep_all(connection, changes.removed); !kept) return kept;
    return keep_all(connection, changes.untaken);
  });
}

core::Result<void> DatabaseOutbox::expire(core::WallTime now) {
  return database_.write([&](Connection& connection) -> Done {
    auto old =
        run(connection, "DELETE FROM alert_outbox WHERE state = 'failed' AND failed_at_ns <= ?",
            {nanos(now - bounds_.failed_for)});
    if (!old) return old;
    auto failed = run(connection,
                      "DELETE FROM alert_outbox WHERE state = 'failed' AND failed_at_ns <="
                      " (SELECT failed_at_ns FROM alert_outbox WHERE state = 'failed'"
                      " ORDER BY failed_at_ns DESC LIMIT 1 OFFSET ?)",
                      {bounds_.most_failed});
    if (!failed) return failed;
    return run(connection,
               "DELETE FROM alert_claim WHERE claimed_at_ns <= (SELECT claimed_at_ns"
               " FROM alert_claim ORDER BY claimed_at_ns DESC LIMIT 1 OFFSET ?)",
               {bounds_.most_claims});
  });
}

}  // namespace gatehouse::alerts
