#pragma once
/// Carries rows of LiteLLM's tables over into a data folder's database.
///
/// A row that is there already stays as it is, so that a second run changes nothing; one that was
/// deleted here stays deleted. A row that cannot be understood, or that names another that is not
/// there, is not carried over and listed: nobody may end up with fewer bounds than before.

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fields.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/limit_set.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/daily_sums.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "source.hpp"

namespace gatehouse::app::import {

struct TableSummary {
  std::string table;
  bool present = false;  ///< in the dump
  std::uint64_t added = 0;
  std::uint64_t known = 0;  ///< were there already
  std::uint64_t refused = 0;
};

struct ImportReport {
  std::vector<TableSummary> tables;
  std::uint64_t balances = 0;      ///< opening balances that were posted
  core::Money spend;               ///< their sum over keys
  std::vector<std::string> notes;  ///< what was not carried over, at most kMaxNotes
  std::uint64_t more_notes = 0;
  static constexpr std::size_t kMaxNotes = 200;
  void note(std::string text);
};

/// Called now and then with a table and the part of it that was read.
using Progress = std::function<void(std::string_view table, unsigned percent)>;

class Importer {
 public:
  Importer(database::Database& database, Dump& dump, core::WallTime now,
           const limits::TimeZone& zone, Progress progress);

  /// Blocking. What was written before a failure stays; running it again goes on.
  core::Result<ImportReport> run();

 private:
  using Handler = core::Result<bool> (Importer::*)(database::Connection&, const SourceRow&);
  struct Opening;

  core::Result<void> load_known();
  core::Result<void> read_table(std::string_view table, Handler handler);
  core::Result<void> write_batch(RowSource& source, Handler handler, TableSummary& summary,
                                 bool& more);
  /// Adds a row; false when it was there, or is refused with a note.
  core::Result<bool> add_budget(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_organization(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_user(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_team(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_membership(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_organization_member(database::Connection& connection,
                                             const SourceRow& row);
  core::Result<bool> add_tag(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_key(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_end_user(database::Connection& connection, const SourceRow& row);
  core::Result<bool> add_call(database::Connection& connection, const SourceRow& row);

  core::Result<bool> add_members(database::Connection& connection, const std::string& team,
                                 std::string_view members, core::WallTime joined);
  core::Result<bool> finish(database::Connection& connection, const Insertion& insertion,
                            Fields& fields, std::string_view table, const std::string& id);
  core::Result<bool> exists(database::Connection& connection, std::string_view sql,
                            const std::string& value) const;
  core::Result<bool> refuse(const std::string& id, const std::string& why);
  /// False with a note when a row names another that is not there.
  bool known_references(Fields& fields, const std::string& id);

  void remember_spend(core::Scope scope, const std::string& id, Fields& fields);
  core::Result<void> post_openings();
  core::Result<void> sum_calls(database::Connection& connection);
  core::Result<void> post(database::Connection& connection, const Opening& opening);
  core::Result<bool> adjust(database::Connection& connection, const Opening& opening,
                            std::string_view duration, core::Money delta);
  core::Result<void> charge(database::Connection& connection, core::Scope scope,
                            const std::string& id, std::int64_t nano);

  database::Database& database_;
  Dump& dump_;
  core::WallTime now_;
  const limits::TimeZone& zone_;
  Progress progress_;
  ImportReport report_;
  TableSummary* current_ = nullptr;
  std::set<std::string, std::less<>> budgets_, organizations_, teams_, users_;
  std::vector<Opening> openings_;
  ledger::DailySums daily_;  ///< of the calls that the present transaction added
  /// What the calls of this and of earlier imports were charged to lifetimes, by scope and id.
  std::map<std::pair<core::Scope, std::string>, std::int64_t> charged_;
};

/// What an identity had spent before it came here.
struct Importer::Opening {
  core::Scope scope = core::Scope::key;
  std::string id;
  core::Money spend;
  std::string duration;  ///< of its budget; empty: none
  std::optional<core::WallTime> anchor;
};

}  // namespace gatehouse::app::import
