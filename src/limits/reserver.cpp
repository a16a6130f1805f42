#include "reserver.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::limits {

using core::Money;
using core::Scope;
using Reason = Denial::Reason;

namespace {

/// Lenient: whether a spend that equals the budget is too much (litellm-contract.md 1.3).
bool blocks_at_budget(Scope scope) {
  switch (scope) {
    case Scope::key:
    case Scope::organization:
    case Scope::team_member:
    case Scope::model:
    case Scope::provider:
    case Scope::deployment:
      return true;
    case Scope::global:
    case Scope::team:
    case Scope::user:
    case Scope::end_user:
    case Scope::tag:
    case Scope::key_model:
    case Scope::team_model:
      return false;
  }
  return true;
}

}  // namespace

Reserver::Reserver(Admission::State& state, std::vector<Charge>&& charges, const Demand& demand,
                   const Rules& rules)
    : state_(state),
      demand_(demand),
      rules_(rules),
      zone_(rules.zone != nullptr ? *rules.zone : TimeZone::utc()),
      target_(
          std::max(state.reserved, saturated(wide(demand.fixed_cost) + wide(demand.output_cost)))),
      raise_(saturated(wide(target_) - wide(state.reserved))),
      tokens_(std::max(state.tokens, demand.tokens)) {
  first_new_ = state.append(std::move(charges));
}

Reserver::~Reserver() {
  if (done_) return;
  give_back();
  state_.truncate(first_new_);
}

std::expected<void, Denial> Reserver::run() {
  for (std::size_t charge = 0; charge < state_.charges.size(); ++charge) {
    Refusal refusal = is_new(charge) ? take_rates(charge) : raise_tokens(charge);
    if (refusal) return std::unexpected(*std::move(refusal));
  }
  for (std::size_t charge = 0; charge < state_.charges.size(); ++charge) {
    Refusal refusal = take_budgets(charge);
    if (!refusal) {
      ++budgeted_;
      continue;
    }
    if (rules_.reservation == ReservationMode::strict) refusal->affordable_output = affordable();
    return std::unexpected(*std::move(refusal));
  }
  state_.reserved = target_;
  state_.tokens = tokens_;
  state_.now = demand_.now;
  done_ = true;
  collect_news();
  return {};
}

void Reserver::collect_news() noexcept {
  // Not before the whole call is admitted: what a refused one had collected would be lost.
  for (std::size_t charge = first_new_; charge < state_.charges.size(); ++charge) {
    if (!state_.holds[charge].news) continue;
    Account::State& account = state_.account(charge);
    const std::lock_guard lock(account.mutex);
    account.collect(state_.charges[charge].limits, state_.reached);
  }
}

Reserver::Refusal Reserver::take_rates(std::size_t charge) {
  const core::LimitSet* limits = state_.charges[charge].limits;
  if (limits == nullptr || limits->rate.empty()) return {};
  const core::RateLimit& rate = limits->rate;
  Account::State& account = state_.account(charge);
  const std::lock_guard lock(account.mutex);
  Refusal refusal = check_rates(charge, account);
  if (refusal) return refusal;
  Admission::State::Hold& hold = state_.holds[charge];
  if (const auto limit = rate.requests_per_minute) {
    hold.requests = account.rates().requests.take(state_.pace(*limit), 1, demand_.now);
  }
  if (const auto limit = rate.tokens_per_minute) {
    hold.tokens = account.rates().tokens.take(state_.pace(*limit), tokens_, demand_.now);
  }
  ++account.parallel;
  hold.counted = true;
  return {};
}

Reserver::Refusal Reserver::check_rates(std::size_t charge, Account::State& account) {
  const core::RateLimit& rate = state_.charges[charge].limits->rate;
  if (const auto limit = rate.requests_per_minute) {
    Meter& meter = account.rates().requests;
    if (meter.remaining(state_.pace(*limit), demand_.now) == 0) {
      meter.refused(state_.pace(*limit), demand_.now);
      return rate_denial(charge, Reason::requests, meter, *limit, 1);
    }
  }
  if (const auto limit = rate.tokens_per_minute) {
    const Meter& meter = account.rates().tokens;
    if (meter.remaining(state_.pace(*limit), demand_.now) < tokens_) {
      return rate_denial(charge, Reason::tokens, meter, *limit, tokens_);
    }
  }
  if (rate.parallel_requests && account.parallel >= *rate.parallel_requests) {
    Denial denial = of(charge, Reason::parallel);
    denial.limit = *rate.parallel_requests;
    return denial;
  }
  return {};
}

Reserver::Refusal Reserver::raise_tokens(std::size_t charge) {
  Taken& taken = state_.holds[charge].tokens;
  if (!taken.valid || tokens_ <= taken.amount) return {};
  const std::uint64_t limit = state_.charges[charge].limits->rate.tokens_per_minute.value_or(0);
  Account::State& account = state_.account(charge);
  const std::lock_guard lock(account.mutex);
  Meter& meter = account.rates().tokens;
  const Pace pace = state_.pace(limit);
  if (!meter.counts(pace, taken)) return {};
  const std::uint64_t more = tokens_ - taken.amount;
  if (meter.remaining(pace, demand_.now) < more) {
    return rate_denial(charge, Reason::tokens, meter, limit, more);
  }
  meter.change(pace, taken, tokens_, demand_.now);
  return {};
}

template <class Use>
void Reserver::each_budget(std::size_t charge, Use use) {
  const core::LimitSet* limits = state_.charges[charge].limits;
  if (limits == nullptr) return;
  Account::State& account = state_.account(charge);
  const auto& budgets = limits->budgets;
  for (auto budget = budgets.begin(); budget != budgets.end(); ++budget) {
    Counter& counter = account.counter(budget->duration);
    if (is_new(charge)) {
      const bool repeated = std::any_of(budgets.begin(), budget, [&](const auto& earlier) {
        return earlier.duration == budget->duration;
      });
      if (!repeated) counter.enter(*budget, demand_.at, zone_);
      use(*budget, counter, counter.current());
      continue;
    }
    for (std::size_t post = 0; post < state_.posts.size(); ++post) {
      if (state_.posts[post].charge != charge || state_.posts[post].counter != &counter) continue;
      Tally* tally = counter.of(state_.periods[post].period_start);
      if (tally != nullptr) use(*budget, counter, *tally);
    }
  }
}

bool Reserver::has_post(std::size_t first, const Counter& counter) const noexcept {
  for (; first < state_.posts.size(); ++first) {
    if (state_.posts[first].counter == &counter) return true;
  }
  return false;
}

bool Reserver::admits(Scope scope, const Tally& tally, Money max, Money amount) const noexcept {
  if (amount == Money{}) return true;
  if (rules_.reservation == ReservationMode::strict) {
    return tally.committed() + wide(amount) <= wide(max);
  }
  return blocks_at_budget(scope) ? tally.committed() < wide(max) : tally.committed() <= wide(max);
}

Reserver::Refusal Reserver::take_budgets(std::size_t charge) {
  const Money amount = step(charge);
  if (!is_new(charge) && amount == Money{}) return {};
  Account::State& account = state_.account(charge);
  const std::lock_guard lock(account.mutex);
  std::size_t post = 0;
  if (is_new(charge)) {
    account.touched = std::max(account.touched, demand_.now);
    if (!std::exchange(state_.holds[charge].counted, true)) ++account.parallel;
    post = state_.posts.size();
    state_.add_post(charge, account.lifetime);
  } else {
    while (state_.posts[post].charge != charge) ++post;
  }
  const bool held = !is_new(charge) && rules_.reservation == ReservationMode::lenient;
  Refusal refusal;
  each_budget(charge, [&](const core::BudgetLimit& budget, Counter& counter, Tally& tally) {
    if (!refusal && !held && !admits(account.scope, tally, budget.max, amount)) {
      refusal = budget_denial(charge, counter, tally, budget.max);
    }
    if (is_new(charge) && !counter.is_lifetime() && !has_post(post, counter)) {
      state_.add_post(charge, counter);
    }
  });
  if (refusal) return refusal;
  const auto tally_of = [&](std::size_t index) {
    return state_.posts[index].counter->of(state_.periods[index].period_start);
  };
  std::size_t end = post;
  for (; end < state_.posts.size() && state_.posts[end].charge == charge; ++end) {
    const Tally* tally = tally_of(end);
    if (tally == nullptr || tally->has_room_for(amount)) continue;
    return budget_denial(charge, *state_.posts[end].counter, *tally, Money::max());
  }
  for (; post < end; ++post) {
    if (Tally* tally = tally_of(post)) tally->reserve(amount);
  }
  if (is_new(charge)) {
    state_.holds[charge].news = account.may_have_news(state_.charges[charge].limits);
  }
  return {};
}

Money Reserver::affordable() {
  give_back();
  WideMoney least = wide(Money::max());
  for (std::size_t charge = 0; charge < state_.charges.size(); ++charge) {
    Account::State& account = state_.account(charge);
    const WideMoney own = is_new(charge) ? 0 : wide(state_.reserved);
    const std::lock_guard lock(account.mutex);
    const auto look = [&](const Tally& tally, Money max) {
      least = std::min(least, wide(max) - (tally.committed() - own) - wide(demand_.fixed_cost));
    };
    look(account.lifetime.current(), Money::max());
    each_budget(charge, [&](const core::BudgetLimit& budget, const Counter&, const Tally& tally) {
      look(tally, budget.max);
    });
  }
  return saturated(least);
}

void Reserver::give_back() noexcept {
  std::size_t post = 0;
  for (std::size_t charge = 0; charge < state_.charges.size(); ++charge) {
    Account::State& account = state_.account(charge);
    const std::lock_guard lock(account.mutex);
    give_back_rates(charge, account);
    for (; post < state_.posts.size() && state_.posts[post].charge == charge; ++post) {
      Tally* tally = state_.posts[post].counter->of(state_.periods[post].period_start);
      if (charge < budgeted_ && tally != nullptr) tally->give_back(step(charge));
    }
  }
  budgeted_ = 0;
}

void Reserver::give_back_rates(std::size_t charge, Account::State& account) noexcept {
  Admission::State::Hold& hold = state_.holds[charge];
  if (is_new(charge) && std::exchange(hold.counted, false)) --account.parallel;
  if (!hold.requests.valid && !hold.tokens.valid) return;
  const core::RateLimit& rate = state_.charges[charge].limits->rate;
  if (is_new(charge)) {
    const Pace requests = state_.pace(rate.requests_per_minute.value_or(0));
    account.rates().requests.change(requests, hold.requests, 0, demand_.now);
  }
  const std::uint64_t before = is_new(charge) ? 0 : state_.tokens;
  if (hold.tokens.amount > before) {
    const Pace tokens = state_.pace(rate.tokens_per_minute.value_or(0));
    account.rates().tokens.change(tokens, hold.tokens, before, demand_.now);
  }
}

Denial Reserver::of(std::size_t charge, Reason reason) const {
  const Account::State& account = state_.account(charge);
  Denial denial;
  denial.reason = reason;
  denial.scope = account.scope;
  denial.id = account.id;
  return denial;
}

Denial Reserver::rate_denial(std::size_t charge, Reason reason, const Meter& meter,
                             std::uint64_t limit, std::uint64_t amount) const {
  const Pace pace = state_.pace(limit);
  Denial denial = of(charge, reason);
  denial.limit = limit;
  denial.remaining = meter.remaining(pace, demand_.now);
  denial.retry_after = meter.wait_for(pace, amount, demand_.now);
  if (denial.retry_after) denial.resets_at = demand_.at + *denial.retry_after;
  return denial;
}

Denial Reserver::budget_denial(std::size_t charge, const Counter& counter, const Tally& tally,
                               Money max) const {
  Denial denial = of(charge, Reason::budget);
  denial.duration = counter.duration();
  denial.spent = tally.settled;
  denial.reserved = tally.reserved;
  denial.max = max;
  if (counter.end() != core::WallTime::max()) {
    denial.resets_at = counter.end();
    denial.retry_after = std::max(counter.end() - demand_.at, core::Nanos{0});
  }
  return denial;
}

}  // namespace gatehouse::limits
