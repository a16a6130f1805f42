#pragma once
/// One page of a list.

#include <span>
#include <string>

#include "gatehouse/database/select.hpp"
#include "gatehouse/tenancy/store.hpp"
#include "writing.hpp"

namespace gatehouse::tenancy {

/// How one list may be sorted; the first of `choices` stands for an empty word and is descending
/// then.
struct SortRules {
  std::span<const database::Choice> choices;
  database::Fragment tie;  ///< a column that is unique
};

/// Counts, sorts and cuts `select`, and reads its rows with `read(row)`.
template <class Item, class Read>
core::Result<Listing<Item>> list_page(database::Connection& db, database::Select select,
                                      const SortRules& rules, const Page& page, const Sort& sort,
                                      Read read) {
  auto offset = offset_of(page);
  if (!offset) return core::pass(offset);
  const std::string_view word = sort.by.empty() ? rules.choices.front().word : sort.by;
  const auto column = database::choose(rules.choices, word);
  if (!column) {
    return core::fail(core::Errc::invalid_argument,
                      "cannot sort by " + core::printable(sort.by, 64));
  }
  auto total = select.count(db);
  if (!total) return core::pass(total);
  Listing<Item> listing;
  listing.total = static_cast<std::uint64_t>(*total);
  const bool descending = sort.by.empty() || sort.descending;
  select.order_by(*column, descending)
      .order_by(rules.tie, descending)
      .limit(static_cast<std::int64_t>(page.size), *offset);
  auto done = select.each(db, [&](const database::Row& row) -> core::Result<void> {
    listing.items.push_back(read(row));
    return {};
  });
  if (!done) return core::pass(done);
  return listing;
}

}  // namespace gatehouse::tenancy
