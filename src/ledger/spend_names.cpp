/// How keys and teams are called, and what corrections did.

#include <utility>

#include "gatehouse/database/select.hpp"
#include "gatehouse/ledger/spend_queries.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;
using database::Select;

/// Ids per statement: an engine bounds the parameters of one.
constexpr std::size_t kTogether = 512;

template <class Each>
core::Result<void> in_parts(std::span<const std::string> ids, const Each& each) {
  while (!ids.empty()) {
    const auto part = ids.first(std::min(ids.size(), kTogether));
    auto done = each(part);
    if (!done) return core::pass(done);
    ids = ids.subspan(part.size());
  }
  return {};
}

}  // namespace

core::Result<std::map<std::string, KeyName>> SpendQueries::key_names(
    std::span<const std::string> keys) const {
  using Names = std::map<std::string, KeyName>;
  return database_.read([&](Connection& connection) -> core::Result<Names> {
    Names names;
    const auto add = [&](const Row& row) -> core::Result<void> {
      KeyName name{std::string(row.text(0)), row.maybe_text(1), std::string(row.text(2)),
                   row.maybe_text(3), std::string(row.text(4))};
      std::string hash = name.api_key;
      names.try_emplace(std::move(hash), std::move(name));
      return {};
    };
    auto done = in_parts(keys, [&](std::span<const std::string> part) -> core::Result<void> {
      auto living = Select("token, key_alias, key_name, team_id, token", "virtual_key")
                        .where_in("token", part)
                        .each(connection, add);
      if (!living) return living;
      // Calls from before a regeneration go by the key's present name.
      auto former = Select("f.token, k.key_alias, k.key_name, k.team_id, k.token",
                           "former_key AS f JOIN virtual_key AS k "
                           "ON k.account = f.account AND k.replaced_by IS NULL")
                        .where_in("f.token", part)
                        .each(connection, add);
      if (!former) return former;
      return Select("token, key_alias, key_name, team_id, token", "deleted_virtual_key")
          .where_in("token", part)
          .each(connection, add);
    });
    if (!done) return core::pass(done);
    return names;
  });
}

core::Result<std::map<std::string, std::string>> SpendQueries::team_names(
    std::span<const std::string> teams) const {
  using Names = std::map<std::string, std::string>;
  return database_.read([&](Connection& connection) -> core::Result<Names> {
    Names names;
    const auto add = [&](const Row& row) -> core::Result<void> {
      if (!row.is_null(1)) names.try_emplace(std::string(row.text(0)), row.text(1));
      return {};
    };
    auto done = in_parts(teams, [&](std::span<const std::string> part) -> core::Result<void> {
      auto living =
          Select("team_id, team_alias", "team").where_in("team_id", part).each(connection, add);
      if (!living) return living;
      return Select("team_id, team_alias", "deleted_team")
          .where_in("team_id", part)
          .each(connection, add);
    });
    if (!done) return core::pass(done);
    return names;
  });
}

core::Result<void> SpendQueries::changes_of(
    std::string_view correction, const std::function<void(const CounterChange&)>& each) const {
  return database_.read([&](Connection& connection) {
    return Select("scope, id, duration, period_start_ns, delta_nano", "adjustment_line")
        .where("adjustment_id = ?", correction)
        .each(connection, [&](const Row& row) -> core::Result<void> {
          each({.scope = {static_cast<core::Scope>(row.integer(0)), std::string(row.text(1))},
                .duration = std::string(row.text(2)),
                .period_start = core::WallTime(core::Nanos(row.integer(3))),
                .delta = core::Money::nano_usd(row.integer(4))});
          return {};
        });
  });
}

}  // namespace gatehouse::ledger
