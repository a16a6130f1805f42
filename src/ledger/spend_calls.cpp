/// Pages of the call log.

#include <algorithm>
#include <utility>

#include "gatehouse/ledger/spend_queries.hpp"
#include "spend_call_count.hpp"
#include "spend_call_row.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;
using database::Select;

/// A page that is complete but for its total is worth more than an exact total.
constexpr core::Millis kCountPatience{500};

void sort(Select& select, CallOrder order, bool descending) {
  switch (order) {
    case CallOrder::started_at:
      select.order_by("started_at_ns", descending);
      break;
    case CallOrder::ended_at:
      select.order_by("ended_at_ns", descending);
      break;
    case CallOrder::cost:
      select.order_by("cost_nano", descending);
      break;
    case CallOrder::total_tokens:
      select.order_by("prompt_tokens + completion_tokens", descending);
      break;
    case CallOrder::model:
      select.order_by("model", descending);
      break;
    case CallOrder::duration:
      select.order_by("ended_at_ns - started_at_ns", descending);
      break;
  }
  select.order_by("seq", descending);
}

/// The numbers of a page's rows. Apart from the rows themselves, so that an offset skips entries
/// of an index and not whole rows.
core::Result<std::vector<std::int64_t>> numbers(Connection& connection, const CallFilter& filter,
                                                const CallPageRequest& request) {
  Select select("seq", "call_record");
  narrow(select, filter);
  sort(select, request.order, request.descending);
  select.limit(static_cast<std::int64_t>(request.limit), static_cast<std::int64_t>(request.offset));
  std::vector<std::int64_t> found;
  auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
    found.push_back(row.integer(0));
    return {};
  });
  if (!done) return core::pass(done);
  return found;
}

core::Result<std::vector<LoggedCall>> rows(Connection& connection,
                                           const std::vector<std::int64_t>& seqs) {
  std::vector<LoggedCall> calls;
  calls.reserve(seqs.size());
  for (const std::int64_t seq : seqs) {
    Select select(kCallColumns, "call_record");
    select.where("seq = ?", seq);
    auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
      calls.push_back(read_call(row));
      return {};
    });
    if (!done) return core::pass(done);
  }
  return calls;
}

/// The only value that `query` gives; nothing when there are none or several.
core::Result<std::optional<std::string>> single(Connection& connection, std::string_view sql,
                                                std::span<const database::Value> values) {
  std::vector<std::string> found;
  auto done = connection.query(sql, values, [&](const Row& row) -> core::Result<void> {
    found.emplace_back(row.text(0));
    return {};
  });
  if (!done) return core::pass(done);
  return found.size() == 1 ? std::optional(std::move(found.front())) : std::nullopt;
}

/// Filters without an index of their own, said in terms of one that has: the group of a model, the
/// hash of an alias.
core::Result<CallFilter> with_index(Connection& connection, CallFilter filter) {
  if (filter.model && !filter.model_group) {
    const database::Value values[] = {*filter.model};
    auto group = single(connection,
                        "SELECT DISTINCT model_group FROM daily_model_usage WHERE model = ? "
                        "LIMIT 2",
                        values);
    if (!group) return core::pass(group);
    filter.model_group = std::move(*group);
  }
  if (filter.key_alias && !filter.api_key) {
    const database::Value values[] = {*filter.key_alias};
    auto key = single(connection, "SELECT token FROM virtual_key WHERE key_alias = ?", values);
    if (!key) return core::pass(key);
    filter.api_key = std::move(*key);
    if (!filter.api_key) return filter;
    filter.key_alias.reset();
    const database::Value token[] = {*filter.api_key};
    auto done = connection.query(
        "SELECT token FROM former_key WHERE account = "
        "(SELECT account FROM virtual_key WHERE token = ?)",
        token, [&](const Row& row) -> core::Result<void> {
          filter.other_hashes.emplace_back(row.text(0));
          return {};
        });
    if (!done) return core::pass(done);
  }
  return filter;
}

}  // namespace

core::Result<CallPage> SpendQueries::page(const CallFilter& filter,
                                          const CallPageRequest& request) const {
  CallFilter indexed;
  CallPage page;
  auto done = database_.read([&](Connection& connection) -> core::Result<void> {
    auto better = with_index(connection, filter);
    if (!better) return core::pass(better);
    indexed = std::move(*better);
    auto seqs = numbers(connection, indexed, request);
    if (!seqs) return core::pass(seqs);
    auto calls = rows(connection, *seqs);
    if (!calls) return core::pass(calls);
    page.calls = std::move(*calls);
    return {};
  });
  if (!done) return core::pass(done);
  const std::uint64_t seen = request.offset + page.calls.size();
  // The last page tells how many there are.
  const bool last =
      page.calls.size() < request.limit && (request.offset == 0 || !page.calls.empty());
  if (last) {
    page.total = seen;
    return page;
  }

  auto total = database_.read(
      [&](Connection& connection) -> core::Result<std::uint64_t> {
        return count_calls(connection, indexed);
      },
      {.statement_limit = kCountPatience});
  if (total) {
    page.total = std::max(*total, page.calls.empty() ? std::uint64_t{0} : seen);
  } else if (total.error().code == core::Errc::deadline_exceeded) {
    page.total = page.calls.size() == request.limit ? seen + 1 : seen;
  } else {
    return core::pass(total);
  }
  return page;
}

core::Result<std::vector<LoggedCall>> SpendQueries::newest(const CallFilter& filter,
                                                           const std::optional<Cursor>& before,
                                                           std::uint64_t limit) const {
  return database_.read([&](Connection& connection) -> core::Result<std::vector<LoggedCall>> {
    Select select(kCallColumns, "call_record");
    narrow(select, filter);
    if (before) {
      const std::int64_t at = nanos_of(before->started_at);
      const database::Value values[] = {at, at, before->seq};
      select.where("started_at_ns <= ? AND (started_at_ns < ? OR seq < ?)",
                   std::span<const database::Value>(values));
    }
    sort(select, CallOrder::started_at, true);
    select.limit(static_cast<std::int64_t>(limit));
    std::vector<LoggedCall> calls;
    auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
      calls.push_back(read_call(row));
      return {};
    });
    if (!done) return core::pass(done);
    return calls;
  });
}

core::Result<std::map<std::string, std::uint64_t>> SpendQueries::session_sizes(
    std::span<const std::string> sessions) const {
  using Sizes = std::map<std::string, std::uint64_t>;
  return database_.read([&](Connection& connection) -> core::Result<Sizes> {
    Sizes sizes;
    if (sessions.empty()) return sizes;
    Select select("session_id, COUNT(*)", "call_record");
    select.where("session_id <> ''").where_in("session_id", sessions).group_by("session_id");
    auto done = select.each(connection, [&](const Row& row) -> core::Result<void> {
      sizes[std::string(row.text(0))] = static_cast<std::uint64_t>(row.integer(1));
      return {};
    });
    if (!done) return core::pass(done);
    return sizes;
  });
}

}  // namespace gatehouse::ledger
