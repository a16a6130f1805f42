#include "gatehouse/ledger/balances.hpp"

#include "codec.hpp"

namespace gatehouse::ledger {

using database::Connection;
using database::Row;

core::Result<std::vector<std::vector<Counter>>> Balances::read(
    std::span<const ScopeId> scopes) const {
  std::vector<std::vector<Counter>> found(scopes.size());
  auto done = database_.read([&](Connection& connection) -> core::Result<void> {
    for (std::size_t i = 0; i < scopes.size(); ++i) {
      const auto take = [&](const Row& row) -> core::Result<void> {
        found[i].push_back({.duration = std::string(row.text(0)),
                            .period_start = core::WallTime(core::Nanos(row.integer(1))),
                            .period_end = row.is_null(2)
                                              ? core::WallTime::max()
                                              : core::WallTime(core::Nanos(row.integer(2))),
                            .spent = core::Money::nano_usd(row.integer(3))});
        return {};
      };
      auto read = connection.query(
          "SELECT duration, period_start_ns, period_end_ns, spent_nano FROM budget_counter"
          " WHERE scope = ? AND id = ? ORDER BY duration",
          {static_cast<std::int64_t>(scopes[i].scope), bounded_id(scopes[i].scope, scopes[i].id)},
          take);
      if (!read) return read;
    }
    return {};
  });
  if (!done) return core::pass(done);
  return found;
}

}  // namespace gatehouse::ledger
