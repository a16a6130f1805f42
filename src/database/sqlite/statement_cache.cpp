#include "sqlite/statement_cache.hpp"

#include <utility>

#include "sqlite/error.hpp"

namespace gatehouse::database::sqlite {

namespace {
bool only_space(std::string_view text) {
  return text.find_first_not_of(" \t\r\n;") == std::string_view::npos;
}
}  // namespace

StatementCache::Lease::~Lease() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  // What was bound may be gone before the next use.
  sqlite3_clear_bindings(statement_);
  if (busy_ != nullptr) *busy_ = false;
}

core::Result<Statement> StatementCache::prepare(std::string_view sql, unsigned flags) {
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int code =
      sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), flags, &raw, &rest);
  Statement statement(raw);
  if (code != SQLITE_OK) return std::unexpected<core::Error>(error_of(code, db_, sql));
  if (raw == nullptr || !only_space(sql.substr(static_cast<std::size_t>(rest - sql.data())))) {
    return core::fail(core::Errc::internal, "the database refused a statement",
                      "not one statement: " + std::string(sql));
  }
  return statement;
}

void StatementCache::make_room() {
  for (auto entry = entries_.end(); entries_.size() >= kCapacity && entry != entries_.begin();) {
    --entry;
    if (entry->busy) continue;
    by_text_.erase(entry->sql);
    entry = entries_.erase(entry);
  }
}

core::Result<StatementCache::Lease> StatementCache::lease(std::string_view sql) {
  // The same again, as in a loop over rows: comparing a long text is cheaper than its hash.
  if (!entries_.empty() && !entries_.front().busy && entries_.front().sql == sql) {
    Entry& entry = entries_.front();
    entry.busy = true;
    return Lease(&entry.busy, nullptr, entry.statement.get());
  }
  if (const auto found = by_text_.find(sql); found != by_text_.end()) {
    Entry& entry = *found->second;
    if (!entry.busy) {
      entries_.splice(entries_.begin(), entries_, found->second);
      entry.busy = true;
      return Lease(&entry.busy, nullptr, entry.statement.get());
    }
    auto second = prepare(sql, 0);
    if (!second) return core::pass(second);
    sqlite3_stmt* statement = second->get();
    return Lease(nullptr, std::move(*second), statement);
  }
  auto statement = prepare(sql, SQLITE_PREPARE_PERSISTENT);
  if (!statement) return core::pass(statement);
  make_room();
  entries_.push_front(Entry{std::string(sql), std::move(*statement), true});
  Entry& entry = entries_.front();
  by_text_.emplace(entry.sql, entries_.begin());
  return Lease(&entry.busy, nullptr, entry.statement.get());
}

}  // namespace gatehouse::database::sqlite
