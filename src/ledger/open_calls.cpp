#include "open_calls.hpp"

#include <utility>

namespace gatehouse::ledger {

using database::Value;

core::Result<void> OpenCalls::load(database::Connection& connection) {
  return connection.query("SELECT call_id, dispatched, entry FROM open_reservation", {},
                          [this](const database::Row& row) -> core::Result<void> {
                            Call& call = calls_[std::string(row.text(0))];
                            call.dispatched = row.integer(1) != 0;
                            call.entry = row.text(2);
                            call.left_over = true;
                            call.stored = true;
                            return {};
                          });
}

void OpenCalls::touch(const std::string& call_id, Call& call) {
  if (call.changed) return;
  call.changed = true;
  changed_.push_back(call_id);
}

void OpenCalls::reserve(std::string_view call_id, std::string_view payload, bool left_over) {
  auto at = calls_.find(call_id);
  if (at == calls_.end()) at = calls_.emplace(call_id, Call{}).first;
  at->second.fresh = payload;
  at->second.left_over = left_over;
  touch(at->first, at->second);
}

void OpenCalls::dispatch(std::string_view call_id) {
  const auto at = calls_.find(call_id);
  if (at == calls_.end()) return;
  at->second.dispatched = true;
  touch(at->first, at->second);
}

void OpenCalls::settle(std::string_view call_id) {
  const auto at = calls_.find(call_id);
  if (at == calls_.end()) return;
  if (at->second.stored) removed_.push_back(at->first);
  calls_.erase(at);
}

core::Result<void> OpenCalls::write(database::Connection& connection) {
  for (const std::string& call_id : removed_) {
    auto done = connection.execute("DELETE FROM open_reservation WHERE call_id = ?", {call_id});
    if (!done) return core::pass(done);
  }
  for (const std::string& call_id : changed_) {
    const auto at = calls_.find(call_id);
    if (at == calls_.end()) continue;
    const Call& call = at->second;
    const ReservationEntry* const entry = decoder_.reservation(call.reservation());
    if (entry == nullptr) continue;  // refused before it came here
    auto done = connection.execute(
        "INSERT INTO open_reservation (call_id, dispatched, amount_nano, api_key, team_id,"
        " started_at_ns, entry) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (call_id) DO UPDATE SET"
        " dispatched = excluded.dispatched, amount_nano = excluded.amount_nano,"
        " entry = excluded.entry",
        {call_id, call.dispatched, entry->amount.nano_usd(), entry->facts.api_key,
         entry->facts.team_id, std::int64_t{entry->facts.started_at.time_since_epoch().count()},
         Value::blob(call.reservation())});
    if (!done) return core::pass(done);
  }
  return {};
}

void OpenCalls::written() {
  for (const std::string& call_id : changed_) {
    const auto at = calls_.find(call_id);
    if (at == calls_.end()) continue;
    Call& call = at->second;
    if (!call.fresh.empty()) call.entry = std::exchange(call.fresh, {});
    call.stored = true;
    call.changed = false;
  }
  changed_.clear();
  removed_.clear();
}

std::vector<std::string> OpenCalls::left_over(std::size_t limit) const {
  std::vector<std::string> found;
  for (const auto& [call_id, call] : calls_) {
    if (found.size() == limit) break;
    if (call.left_over) found.push_back(call_id);
  }
  return found;
}

}  // namespace gatehouse::ledger
