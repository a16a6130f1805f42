#include "gatehouse/tenancy/budget_store.hpp"

#include <array>

#include "listing_support.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 3> kSorts{{
    {"created_at", "created_at_ns"},
    {"budget_id", "budget_id"},
    {"max_budget", "max_budget_nano"},
}};

core::Result<LimitTerms> terms_of(LimitTerms terms, const LimitPatch& patch,
                                  const Writing& writing) {
  if (patch.budget_id.has_value()) {
    return core::fail(core::Errc::invalid_argument, "a budget cannot name another budget");
  }
  const auto had = terms.budget_duration;
  auto result = patched(std::move(terms), patch, writing.context.durations);
  if (!result) return result;
  // A shared budget counts exactly from its beginning; so does one with another duration.
  if (result->budget_duration != had && !patch.budget_anchor.has_value()) {
    result->budget_anchor = result->budget_duration ? std::optional(writing.now) : std::nullopt;
  }
  return result;
}

core::Result<BudgetRecord> enter(const Writing& writing, std::optional<std::string> budget_id,
                                 const LimitPatch& fields) {
  BudgetRecord budget;
  budget.budget_id = budget_id ? *std::move(budget_id) : writing.context.ids.uuid();
  if (auto sound = check_name(budget.budget_id, "budget_id"); !sound) return core::pass(sound);
  auto present = maybe_row<BudgetRecord>(writing.db, budget.budget_id);
  if (!present) return core::pass(present);
  if (*present) {
    return core::fail(core::Errc::conflict,
                      "Budget " + core::printable(budget.budget_id) + " already exists.");
  }
  auto limits = terms_of({}, fields, writing);
  if (!limits) return core::pass(limits);
  budget.limits = *std::move(limits);
  budget.provenance = writing.created();
  if (auto done = writing.insert(budget, budget.budget_id); !done) return core::pass(done);
  writing.changes.budgets.push_back(budget.budget_id);
  return budget;
}

/// Those that named the budget lose it (ON DELETE SET NULL), so their records change, too.
core::Result<void> note_users_of(const Writing& writing, std::string_view budget_id) {
  const auto note = [&](std::string_view sql, std::vector<std::string>& to) -> core::Result<void> {
    auto ids = texts(writing.db, sql, {budget_id});
    if (!ids) return core::pass(ids);
    add_all(to, *ids);
    return {};
  };
  Changes& changes = writing.changes;
  if (auto done = note("SELECT token FROM virtual_key WHERE budget_id = ?", changes.keys); !done) {
    return done;
  }
  if (auto done = note("SELECT user_id FROM user_account WHERE budget_id = ?", changes.users);
      !done) {
    return done;
  }
  if (auto done = note("SELECT organization_id FROM organization WHERE budget_id = ?",
                       changes.organizations);
      !done) {
    return done;
  }
  for (const char* sql : {"SELECT team_id FROM team WHERE budget_id = ?",
                          "SELECT team_id FROM team WHERE member_budget_id = ?",
                          "SELECT team_id FROM team_member WHERE budget_id = ?"}) {
    if (auto done = note(sql, changes.teams); !done) return done;
  }
  if (auto done = note("SELECT name FROM tag WHERE budget_id = ?", changes.tags); !done) {
    return done;
  }
  return note("SELECT user_id FROM end_user WHERE budget_id = ?", changes.end_users);
}

}  // namespace

core::Result<BudgetRecord> BudgetStore::create(const Actor& actor,
                                               std::optional<std::string> budget_id,
                                               const LimitPatch& fields) const {
  return write(context_, actor,
               [&](const Writing& writing) { return enter(writing, budget_id, fields); });
}

core::Result<BudgetRecord> BudgetStore::update(const Actor& actor, std::string_view budget_id,
                                               const LimitPatch& patch) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<BudgetRecord> {
    auto before = find_row<BudgetRecord>(writing.db, budget_id);
    if (!before) return before;
    auto limits = terms_of(before->limits, patch, writing);
    if (!limits) return core::pass(limits);
    BudgetRecord after = *before;
    after.limits = *std::move(limits);
    writing.touch(after.provenance);
    if (auto done = writing.update(*before, after, budget_id); !done) return core::pass(done);
    writing.changes.budgets.emplace_back(budget_id);
    return after;
  });
}

core::Result<BudgetRecord> BudgetStore::remove(const Actor& actor,
                                               std::string_view budget_id) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<BudgetRecord> {
    auto budget = find_row<BudgetRecord>(writing.db, budget_id);
    if (!budget) return budget;
    if (auto done = note_users_of(writing, budget_id); !done) return core::pass(done);
    writing.changes.budgets.emplace_back(budget_id);
    if (auto done = writing.remove(*budget, budget_id); !done) return core::pass(done);
    return budget;
  });
}

core::Result<BudgetRecord> BudgetStore::find(std::string_view budget_id) const {
  return context_.database.read(
      [&](database::Connection& db) { return find_row<BudgetRecord>(db, budget_id); });
}

core::Result<std::vector<BudgetRecord>> BudgetStore::find_all(
    const std::vector<std::string>& budget_ids) const {
  return context_.database.read(
      [&](database::Connection& db) { return rows_of<BudgetRecord>(db, budget_ids); });
}

core::Result<Listing<BudgetRecord>> BudgetStore::list(const Page& page, const Sort& sort) const {
  return context_.database.read([&](database::Connection& db) {
    return list_page<BudgetRecord>(db, database::Select("*", "budget"), {kSorts, "budget_id"}, page,
                                   sort, read_row<BudgetRecord>);
  });
}

}  // namespace gatehouse::tenancy
