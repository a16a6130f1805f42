#include "sums.hpp"

#include <algorithm>
#include <limits>

#include "packed_key.hpp"

namespace gatehouse::ledger {
namespace {

using database::Value;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// A period that is over is left as it is: its call is in the daily sums, and nobody asks any more.
constexpr std::string_view kAddToCounter =
    "INSERT INTO budget_counter (scope, id, duration, period_start_ns, period_end_ns, spent_nano)"
    " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, id, duration) DO UPDATE SET"
    " spent_nano = CASE WHEN excluded.period_start_ns > period_start_ns THEN excluded.spent_nano"
    "  WHEN excluded.period_start_ns < period_start_ns THEN spent_nano"
    "  WHEN excluded.spent_nano > 0 AND spent_nano > 9223372036854775807 - excluded.spent_nano"
    "  THEN 9223372036854775807"
    "  ELSE spent_nano + excluded.spent_nano END,"
    " period_end_ns = CASE WHEN excluded.period_start_ns >= period_start_ns"
    "  THEN excluded.period_end_ns ELSE period_end_ns END,"
    " period_start_ns = max(period_start_ns, excluded.period_start_ns)";

CallDimensions dimensions_of(const SettlementEntry& entry) {
  const CallFacts& facts = entry.facts;
  return {.started_at = facts.started_at,
          .api_key = facts.api_key,
          .user_id = facts.user_id,
          .team_id = facts.team_id,
          .organization_id = facts.organization_id,
          .end_user = facts.end_user,
          .model = entry.model,
          .model_group = facts.model_group,
          .provider = entry.provider,
          .call_type = facts.call_type,
          .tags = facts.tags};
}

}  // namespace

std::int64_t saturating_add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a > 0 ? kMost : std::numeric_limits<std::int64_t>::min();
}

std::int64_t stored_tokens(std::uint64_t count) noexcept {
  return static_cast<std::int64_t>(std::min(count, core::kMaxPlausibleTokens));
}

void Sums::add(const SettlementEntry& entry) {
  const core::TokenUsage& usage = entry.usage;
  const bool answered = entry.status == CallStatus::answered;
  days_.add(dimensions_of(entry), {.spend_nano = entry.cost.nano_usd(),
                                   .prompt_tokens = stored_tokens(usage.prompt),
                                   .completion_tokens = stored_tokens(usage.completion),
                                   .cache_read_tokens = stored_tokens(usage.cache_read),
                                   .cache_write_tokens = stored_tokens(usage.cache_write) +
                                                         stored_tokens(usage.cache_write_1h),
                                   .reasoning_tokens = stored_tokens(usage.reasoning),
                                   .api_requests = 1,
                                   .successful_requests = answered ? 1 : 0,
                                   .failed_requests = answered ? 0 : 1});
  charge(entry.periods, entry.cost.nano_usd());
}

void Sums::correct(const SettlementEntry& entry, core::Money delta) {
  days_.add(dimensions_of(entry), {.spend_nano = delta.nano_usd()});
  charge(entry.periods, delta.nano_usd());
}

void Sums::charge(std::span<const core::ChargedPeriod> periods, std::int64_t cost) {
  for (const core::ChargedPeriod& period : periods) {
    key_.assign(1, static_cast<char>(period.scope));
    pack(key_, period.id);
    key_ += period.duration;
    const std::int64_t start = period.period_start.time_since_epoch().count();
    const auto [at, added] = counters_.try_emplace(key_);
    Counter& counter = at->second;
    if (!added && start < counter.start) continue;
    if (added || start > counter.start) counter.spent = 0;
    counter.start = start;
    counter.end = period.period_end.time_since_epoch().count();
    counter.endless = period.period_end == core::WallTime::max();
    counter.spent = saturating_add(counter.spent, cost);
  }
}

core::Result<void> Sums::write(database::Connection& connection) const {
  if (auto done = write_counters(connection); !done) return done;
  return days_.write(connection);
}

core::Result<void> Sums::write_counters(database::Connection& connection) const {
  for (const auto& [packed, counter] : counters_) {
    std::string_view rest = std::string_view(packed).substr(1);
    const std::string_view id = unpack(rest);
    const Value end = counter.endless ? Value() : Value(counter.end);
    auto done = connection.execute(
        kAddToCounter, {std::int64_t{packed[0]}, id, rest, counter.start, end, counter.spent});
    if (!done) return core::pass(done);
  }
  return {};
}

}  // namespace gatehouse::ledger
