#include <array>

#include "archive.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "listing_support.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 8> kSorts{{
    {"created_at", "created_at_ns"},
    {"updated_at", "updated_at_ns"},
    {"key_alias", "key_alias"},
    {"expires", "expires_ns"},
    {"max_budget", "max_budget_nano"},
    {"user_id", "user_id"},
    {"team_id", "team_id"},
    {"spend",
     "coalesce((SELECT spent_nano FROM budget_counter WHERE scope = 5 AND id = account AND "
     "duration = ''), 0)"},
}};

void add_visibility(database::Select& select, const Visibility& visible) {
  // One row of JSON per list keeps the number of parameters, and so of statements, constant.
  const std::string teams = to_json(visible.team_ids);
  const std::string organizations = to_json(visible.organization_ids);
  const std::array<database::Value, 6> values{visible.user_id, visible.created_by, teams,
                                              organizations,   organizations,      organizations};
  select.where(
      "(user_id = ? OR created_by = ? OR team_id IN (SELECT value FROM json_each(?)) "
      "OR organization_id IN (SELECT value FROM json_each(?)) "
      "OR team_id IN (SELECT team_id FROM team WHERE organization_id IN "
      "(SELECT value FROM json_each(?))) "
      "OR (organization_id IS NULL AND team_id IS NULL AND 'default' IN "
      "(SELECT value FROM json_each(?))))",
      values);
}

void add_text(database::Select& select, database::Fragment equal, database::Fragment column,
              const std::optional<std::string>& text, bool substring) {
  if (text && substring) {
    select.where_contains(column, *text);
  } else {
    select.where_if(equal, text);
  }
}

database::Select filtered(const KeyFilter& filter, core::WallTime now) {
  database::Select select = filter.deleted ? database::Select("*", "deleted_virtual_key")
                                           : database::Select("*", "virtual_key");
  select.where("replaced_by IS NULL");
  add_text(select, "user_id = ?", "user_id", filter.user_id, filter.substring);
  add_text(select, "key_alias = ?", "key_alias", filter.key_alias, filter.substring);
  select.where_if("team_id = ?", filter.team_id);
  select.where_if("organization_id = ?", filter.organization_id);
  select.where_if("token = ?", filter.token);
  const std::int64_t at = now.time_since_epoch().count();
  if (filter.expiry == KeyFilter::Expiry::active) {
    select.where("(expires_ns IS NULL OR expires_ns > ?)", at);
  }
  if (filter.expiry == KeyFilter::Expiry::expired) select.where("expires_ns <= ?", at);
  if (filter.visible) add_visibility(select, *filter.visible);
  return select;
}

}  // namespace

core::Result<Listing<KeyRecord>> KeyStore::list(const KeyFilter& filter, const Page& page,
                                                const Sort& sort) const {
  return context_.database.read([&](database::Connection& db) {
    return list_page<KeyRecord>(db, filtered(filter, context_.clock.wall()), {kSorts, "token"},
                                page, sort, [&](const database::Row& row) {
                                  return filter.deleted ? read_archived<KeyRecord>(row)
                                                        : read_row<KeyRecord>(row);
                                });
  });
}

}  // namespace gatehouse::tenancy
