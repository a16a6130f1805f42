#include "gatehouse/limits/account.hpp"

#include "account_state.hpp"

namespace gatehouse::limits {

using core::Money;
using core::WallTime;

Counter& Account::State::counter(std::string_view duration) {
  if (Counter* known = find(duration)) return *known;
  return periodic.emplace_front(std::string(duration));
}

Account::State::Meters& Account::State::rates() {
  if (!meters) meters = std::make_unique<Meters>();
  return *meters;
}

void Account::State::report(Counter& counter, std::size_t index, Money max,
                            std::vector<Threshold>& out) {
  if (!counter.reaches(index, max)) return;
  const bool soft = index == Counter::kSoft;
  out.push_back({scope, id, counter.duration(), soft, soft ? 100 : kThresholds.at(index),
                 counter.current().settled, max, counter.end(), counter.is_fresh()});
}

void Account::State::collect_bounds(const core::LimitSet& limits, std::vector<Threshold>& out) {
  bool fresh = false;
  for (const core::BudgetLimit& budget : limits.budgets) {
    Counter* counter = find(budget.duration);
    if (counter == nullptr || counter->is_far_below(budget.max)) continue;
    for (std::size_t index = 0; index < kThresholds.size(); ++index) {
      report(*counter, index, budget.max, out);
    }
    fresh = fresh || counter->is_fresh();
  }
  if (limits.soft_budget) {
    Counter* counter = limits.budgets.empty() ? &lifetime : find(limits.budgets.front().duration);
    if (counter == nullptr) return;
    report(*counter, Counter::kSoft, *limits.soft_budget, out);
    counter->set_seen();
  }
  if (!fresh) return;
  for (const core::BudgetLimit& budget : limits.budgets) {
    if (Counter* counter = find(budget.duration)) counter->set_seen();
  }
}

Account::Account(core::Scope scope, std::string id, std::span<const CounterState> settled)
    : state_(std::make_unique<State>(scope, std::move(id))) {
  for (const CounterState& counter : settled) {
    state_->counter(counter.duration).load(counter.period_start, counter.spent);
  }
}

Account::~Account() = default;

core::Scope Account::scope() const noexcept {
  return state_->scope;
}

const std::string& Account::id() const noexcept {
  return state_->id;
}

Account::Balance Account::balance(const core::BudgetLimit& window, WallTime at,
                                  const TimeZone& zone) const {
  const std::lock_guard lock(state_->mutex);
  const Counter* counter = state_->find(window.duration);
  if (counter == nullptr) return {};
  Counter then = *counter;
  then.touch(window, at, zone);
  return {then.current().settled, then.current().reserved};
}

Account::Pace Account::remaining(const core::RateLimit& limit, const Rules& rules,
                                 core::MonotonicTime now) const {
  const std::lock_guard lock(state_->mutex);
  const auto left = [&](const std::optional<std::uint64_t>& bound, Meter State::Meters::* meter) {
    if (!bound || !state_->meters) return bound;
    const limits::Pace pace{.mode = rules.rate, .window = rules.rate_window, .limit = *bound};
    return std::optional(((*state_->meters).*meter).remaining(pace, now));
  };
  return {left(limit.requests_per_minute, &State::Meters::requests),
          left(limit.tokens_per_minute, &State::Meters::tokens)};
}

std::uint64_t Account::parallel_requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->parallel;
}

bool Account::idle_since(core::MonotonicTime moment) const {
  const std::lock_guard lock(state_->mutex);
  return state_->parallel == 0 && state_->touched < moment;
}

void Account::adjust(const core::BudgetLimit& window, WallTime at, Money delta,
                     const TimeZone& zone) {
  const std::lock_guard lock(state_->mutex);
  Counter& counter = state_->counter(window.duration);
  counter.touch(window, at, zone);
  if (counter.is_lifetime() || at >= counter.current().start) counter.current().settle(delta);
}

}  // namespace gatehouse::limits
