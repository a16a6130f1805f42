#include "writing.hpp"

#include "gatehouse/core/text.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::size_t kMaxName = 256;
constexpr std::uint64_t kMaxPageSize = 1'000;
constexpr std::uint64_t kMaxPage = 1'000'000'000;

}  // namespace

core::Result<void> Writing::audit(const AuditEntry& entry) const {
  auto done = db.execute(
      "INSERT INTO audit_log (id, updated_at_ns, changed_by, changed_by_api_key, action, "
      "table_name, object_id, before_value, after_value) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {context.ids.uuid(), std::int64_t{now.time_since_epoch().count()}, actor.user_id,
       actor.api_key, entry.action, entry.table_name, entry.object_id, entry.before, entry.after});
  if (!done) return core::pass(done);
  return {};
}

core::Result<bool> exists(database::Connection& db, std::string_view sql,
                          std::initializer_list<database::Value> values) {
  bool found = false;
  auto done = db.query(sql, values, [&](const database::Row&) -> core::Result<void> {
    found = true;
    return {};
  });
  if (!done) return core::pass(done);
  return found;
}

core::Result<std::vector<std::string>> texts(database::Connection& db, std::string_view sql,
                                             std::initializer_list<database::Value> values) {
  std::vector<std::string> found;
  auto done = db.query(sql, values, [&](const database::Row& row) -> core::Result<void> {
    found.emplace_back(row.text(0));
    return {};
  });
  if (!done) return core::pass(done);
  return found;
}

core::Result<void> check_name(std::string_view text, std::string_view what) {
  const bool control = std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (text.empty() || text.size() > kMaxName || control || !core::is_utf8(text)) {
    return core::fail(
        core::Errc::invalid_argument,
        std::string(what) + " must be UTF-8 text of 1 to 256 bytes without control characters");
  }
  return {};
}

core::Result<void> check_given_name(const Patch<std::string>& patch, std::string_view what) {
  return patch.has_value() ? check_name(patch.value(), what) : core::Result<void>();
}

core::Result<void> check_budget_exists(database::Connection& db, const LimitTerms& terms) {
  if (!terms.budget_id) return {};
  auto found = exists(db, "SELECT 1 FROM budget WHERE budget_id = ?", {*terms.budget_id});
  if (!found) return core::pass(found);
  if (*found) return {};
  return core::fail(core::Errc::invalid_argument,
                    "Budget not found: " + core::printable(*terms.budget_id));
}

core::Result<std::int64_t> offset_of(const Page& page) {
  if (page.number < 1 || page.number > kMaxPage) {
    return core::fail(core::Errc::invalid_argument, "page must be at least 1");
  }
  if (page.size < 1 || page.size > kMaxPageSize) {
    return core::fail(core::Errc::invalid_argument, "page size must be from 1 to 1000");
  }
  return static_cast<std::int64_t>((page.number - 1) * page.size);
}

void add_all(std::vector<std::string>& to, const std::vector<std::string>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace gatehouse::tenancy
