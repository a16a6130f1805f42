#include "applier.hpp"

#include <string>
#include <thread>

namespace gatehouse::ledger {

namespace {

/// Where cores are few, calls under way come first: a settler that keeps up lets them pass after
/// so many records, some hundred microseconds; one that falls behind (its batch is full) does not.
constexpr std::size_t kRecordsInARow = 16;

}  // namespace

using database::Connection;
using database::Row;
using database::Value;

core::Result<void> Applier::load() {
  streams_ = reader_.streams();
  Positions stored;
  auto read = database_.read(
      [&](Connection& connection) -> core::Result<void> {
        auto positions = connection.query("SELECT writer, position FROM journal_position", {},
                                          [&](const Row& row) -> core::Result<void> {
                                            stored[static_cast<std::uint32_t>(row.integer(0))] =
                                                static_cast<Position>(row.integer(1));
                                            return {};
                                          });
        if (!positions) return positions;
        return open_.load(connection);
      },
      {.statement_limit = core::Millis(0)});
  if (!read) return read;
  for (const auto& stream : streams_) {
    const auto found = stored.find(stream.writer);
    if (found == stored.end() || stream.fresh) {
      applied_[stream.writer] = stream.first;
      continue;
    }
    if (auto fits = check_start(stream, found->second); !fits) return fits;
    applied_[stream.writer] = found->second;
  }
  collected_ = applied_;
  return database_.write([this](Connection& connection) { return write_positions(connection); });
}

core::Result<void> Applier::check_start(const JournalReader::Stream& stream,
                                        Position stored) const {
  if (sequence_of(stored) >= sequence_of(stream.first)) return {};
  return core::fail(core::Errc::conflict, "the database is older than the journal",
                    "writer " + std::to_string(stream.writer) + " was applied up to segment " +
                        std::to_string(sequence_of(stored)) + ", its journal begins with " +
                        std::to_string(sequence_of(stream.first)));
}

core::Result<bool> Applier::collect(bool all) {
  std::size_t left = max_batch_;
  for (const auto& stream : streams_) {
    const bool gone = stream.run_start == ~Position{0};
    if (left == 0 || (gone && !all)) continue;
    Position& position = collected_[stream.writer];
    core::Result<void> accepted;
    auto progress =
        reader_.read(stream.writer, position, left, [&](Position at, std::string_view payload) {
          --left;
          if (accepted) accepted = take(stream, at, payload);
        });
    if (!progress) return core::pass(progress);
    if (!accepted) return core::pass(accepted);
    position = progress->next;
    taken_.damaged += progress->damaged;
  }
  return collected_ != applied_;
}

core::Result<void> Applier::take(const JournalReader::Stream& stream, Position at,
                                 std::string_view payload) {
  ++taken_.entries;
  const auto head = peek(payload);
  if (!head) {
    if (is_newer(payload)) {
      return core::fail(core::Errc::conflict, "the journal is of a later version of the program");
    }
    ++taken_.undecodable;
    return {};
  }
  switch (head->kind) {
    case EntryKind::dispatch:
      open_.dispatch(head->call_id);
      break;
    case EntryKind::reservation:
      if (decoder_.reservation(payload) == nullptr) {
        ++taken_.undecodable;
      } else {
        open_.reserve(head->call_id, payload, at < stream.run_start);
      }
      break;
    case EntryKind::settlement:
      open_.settle(head->call_id);
      settlements_.push_back(payload);
      break;
  }
  return {};
}

core::Result<void> Applier::apply() {
  std::uint64_t duplicates = 0;
  std::uint64_t undecodable = 0;
  auto done = database_.write([&](Connection& connection) -> core::Result<void> {
    duplicates = 0;
    undecodable = 0;
    Sums sums;
    const bool in_no_hurry = taken_.entries < max_batch_;
    std::size_t since_yield = 0;
    for (const std::string_view payload : settlements_) {
      if (in_no_hurry && ++since_yield == kRecordsInARow) {
        since_yield = 0;
        std::this_thread::yield();
      }
      const SettlementEntry* const entry = decoder_.settlement(payload);
      if (entry == nullptr) {
        ++undecodable;
        continue;
      }
      auto inserted = records_.insert(connection, *entry);
      if (!inserted) return core::pass(inserted);
      if (*inserted) {
        sums.add(*entry);
      } else {
        ++duplicates;
      }
    }
    if (auto written = sums.write(connection); !written) return written;
    if (auto written = open_.write(connection); !written) return written;
    return write_positions(connection);
  });
  if (!done) return done;
  open_.written();
  settlements_.clear();
  counted_.applied += taken_.entries;
  counted_.duplicates += duplicates;
  counted_.undecodable += taken_.undecodable + undecodable;
  counted_.damaged_bytes += taken_.damaged;
  taken_ = {};
  applied_ = collected_;
  for (const auto& [writer, position] : applied_) reader_.release(writer, position);
  return {};
}

core::Result<void> Applier::write_positions(Connection& connection) const {
  for (const auto& [writer, position] : collected_) {
    auto done = connection.execute(
        "INSERT INTO journal_position (writer, position) VALUES (?, ?)"
        " ON CONFLICT (writer) DO UPDATE SET position = excluded.position",
        {std::int64_t{writer}, static_cast<std::int64_t>(position)});
    if (!done) return core::pass(done);
  }
  return {};
}

std::uint64_t Applier::pending_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [writer, position] : applied_) bytes += reader_.pending_bytes(writer, position);
  return bytes;
}

core::Result<std::size_t> Applier::close_left_over(core::WallTime now) {
  const std::vector<std::string> calls = open_.left_over(max_batch_);
  if (calls.empty()) return 0;
  auto done = database_.write([&](Connection& connection) -> core::Result<void> {
    Sums sums;
    for (const std::string& call_id : calls) {
      if (auto closed = close(connection, call_id, now, sums); !closed) return closed;
    }
    return sums.write(connection);
  });
  if (!done) return core::pass(done);
  for (const std::string& call_id : calls) {
    ++(open_.at(call_id).dispatched ? counted_.unknown : counted_.voided);
    open_.settle(call_id);
  }
  open_.written();
  return calls.size();
}

namespace {

/// A deployment or provider with a budget is charged before the call leaves: so its record can say
/// where it went, and its counter has a record for all that it counts.
void name_charged(SettlementEntry& entry) {
  for (const core::ChargedPeriod& period : entry.periods) {
    if (period.scope == core::Scope::deployment) entry.deployment = period.id;
    if (period.scope == core::Scope::provider) entry.provider = period.id;
  }
}

}  // namespace

/// Nobody knows what a call cost that had left: it is charged at what it may have cost at most,
/// and listed. One that had not left cost nothing.
core::Result<void> Applier::close(Connection& connection, const std::string& call_id,
                                  core::WallTime now, Sums& sums) {
  const OpenCalls::Call& call = open_.at(call_id);
  auto removed = connection.execute("DELETE FROM open_reservation WHERE call_id = ?", {call_id});
  if (!removed) return core::pass(removed);
  const ReservationEntry* const reservation = decoder_.reservation(call.reservation());
  if (reservation == nullptr) {
    return core::fail(core::Errc::internal, "an open reservation cannot be read", call_id);
  }
  SettlementEntry entry;
  entry.facts = reservation->facts;
  entry.status = call.dispatched ? CallStatus::unknown : CallStatus::interrupted;
  entry.http_status = 0;
  entry.cost_known = !call.dispatched;
  entry.reserved = reservation->amount;
  entry.cost = call.dispatched ? reservation->amount : core::Money();
  entry.error_class = call.dispatched ? kUnknownOutcome : kNotSent;
  entry.error_message = "the server stopped during the call";
  entry.ended_at = now;
  if (call.dispatched) {
    entry.periods = reservation->periods;
    name_charged(entry);
  }
  auto inserted = records_.insert(connection, entry);
  if (!inserted) return core::pass(inserted);
  if (!*inserted) return {};
  sums.add(entry);
  if (!call.dispatched) return {};
  std::string bytes(kMaxEntry, '\0');
  bytes.resize(encode(entry, bytes).value_or(0));
  auto listed = connection.execute(
      "INSERT INTO reconciliation (call_id, state, reserved_nano, created_at_ns, entry)"
      " VALUES (?, 'open', ?, ?, ?) ON CONFLICT (call_id) DO NOTHING",
      {call_id, entry.reserved.nano_usd(), std::int64_t{now.time_since_epoch().count()},
       Value::blob(bytes)});
  if (!listed) return core::pass(listed);
  return {};
}

}  // namespace gatehouse::ledger
