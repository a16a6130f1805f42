#include "importer.hpp"

#include <utility>

#include "gatehouse/core/text.hpp"

namespace gatehouse::app::import {
namespace {

constexpr std::size_t kBatch = 1'000;

core::Result<void> collect(database::Connection& connection, std::string_view sql,
                           std::set<std::string, std::less<>>& into) {
  return connection.query(sql, {}, [&](const database::Row& row) -> core::Result<void> {
    into.emplace(row.text(0));
    return {};
  });
}

}  // namespace

void ImportReport::note(std::string text) {
  if (notes.size() < kMaxNotes) {
    notes.push_back(std::move(text));
  } else {
    ++more_notes;
  }
}

Importer::Importer(database::Database& database, Dump& dump, core::WallTime now,
                   const limits::TimeZone& zone, Progress progress)
    : database_(database), dump_(dump), now_(now), zone_(zone), progress_(std::move(progress)) {}

core::Result<ImportReport> Importer::run() {
  if (auto loaded = load_known(); !loaded) return core::pass(loaded);
  // Rows name others: those that are named come first. Calls come before what they do not explain.
  static constexpr std::pair<std::string_view, Handler> kTables[] = {
      {"LiteLLM_BudgetTable", &Importer::add_budget},
      {"LiteLLM_OrganizationTable", &Importer::add_organization},
      {"LiteLLM_UserTable", &Importer::add_user},
      {"LiteLLM_OrganizationMembership", &Importer::add_organization_member},
      {"LiteLLM_TeamTable", &Importer::add_team},
      {"LiteLLM_TeamMembership", &Importer::add_membership},
      {"LiteLLM_TagTable", &Importer::add_tag},
      {"LiteLLM_VerificationToken", &Importer::add_key},
      {"LiteLLM_EndUserTable", &Importer::add_end_user},
      {"LiteLLM_SpendLogs", &Importer::add_call},
  };
  for (const auto& [table, handler] : kTables) {
    if (auto read = read_table(table, handler); !read) return core::pass(read);
  }
  if (auto posted = post_openings(); !posted) return core::pass(posted);
  return std::move(report_);
}

core::Result<void> Importer::load_known() {
  return database_.read([this](database::Connection& connection) -> core::Result<void> {
    auto loaded = collect(connection, "SELECT budget_id FROM budget", budgets_);
    if (!loaded) return loaded;
    loaded = collect(connection, "SELECT organization_id FROM organization", organizations_);
    if (!loaded) return loaded;
    loaded = collect(connection, "SELECT user_id FROM user_account", users_);
    if (!loaded) return loaded;
    return collect(connection, "SELECT team_id FROM team", teams_);
  });
}

core::Result<void> Importer::read_table(std::string_view table, Handler handler) {
  TableSummary summary;
  summary.table = table;
  current_ = &summary;
  auto source = dump_.open(table);
  if (!source) return core::pass(source);
  if (*source) {
    summary.present = true;
    bool more = true;
    while (more) {
      auto written = write_batch(**source, handler, summary, more);
      if (!written) {
        return core::fail(written.error().code,
                          std::string(table) + ": " + written.error().public_message,
                          written.error().internal_detail);
      }
      if (progress_) progress_(table, (*source)->percent());
    }
  }
  report_.tables.push_back(std::move(summary));
  current_ = nullptr;
  return {};
}

core::Result<void> Importer::write_batch(RowSource& source, Handler handler, TableSummary& summary,
                                         bool& more) {
  return database_.write([&](database::Connection& connection) -> core::Result<void> {
    SourceRow row;
    daily_.clear();
    for (std::size_t i = 0; i < kBatch; ++i) {
      auto read = source.next(row);
      if (!read) return core::pass(read);
      more = *read;
      if (!more) break;
      const std::uint64_t refused = summary.refused;
      auto added = (this->*handler)(connection, row);
      if (!added) return core::pass(added);
      if (*added) {
        ++summary.added;
      } else if (summary.refused == refused) {
        ++summary.known;
      }
    }
    return daily_.write(connection);
  });
}

core::Result<bool> Importer::refuse(const std::string& id, const std::string& why) {
  ++current_->refused;
  report_.note(current_->table + " " + core::printable(id, 80) + ": " + why);
  return false;
}

bool Importer::known_references(Fields& fields, const std::string& id) {
  const std::pair<std::string_view, const std::set<std::string, std::less<>>*> references[] = {
      {"budget_id", &budgets_}, {"organization_id", &organizations_}, {"team_id", &teams_}};
  for (const auto& [column, known] : references) {
    const auto value = fields.text(column);
    // A row's own id is no reference.
    if (!value || value->empty() || *value == id || known->contains(*value)) continue;
    fields.fail(column, core::printable(*value, 60) + " is not there");
  }
  return !fields.failure();
}

core::Result<bool> Importer::exists(database::Connection& connection, std::string_view sql,
                                    const std::string& value) const {
  bool found = false;
  auto asked = connection.query(sql, {database::Value(value)},
                                [&](const database::Row&) -> core::Result<void> {
                                  found = true;
                                  return {};
                                });
  if (!asked) return core::pass(asked);
  return found;
}

core::Result<bool> Importer::finish(database::Connection& connection, const Insertion& insertion,
                                    Fields& fields, std::string_view table, const std::string& id) {
  if (fields.failure()) return refuse(id, fields.problem());
  auto added = insertion.run(connection);
  if (!added || !*added) return added;
  Insertion audit("audit_log");
  audit.text("id", "import:" + std::string(table) + ":" + id)
      .time("updated_at_ns", now_)
      .text("changed_by", "import")
      .text("changed_by_api_key", "")
      .text("action", "created")
      .text("table_name", std::string(table))
      .text("object_id", id)
      .text("before_value", "null")
      .text("after_value", R"({"imported_from":"litellm"})");
  auto audited = audit.run(connection);
  if (!audited) return audited;
  return true;
}

}  // namespace gatehouse::app::import
