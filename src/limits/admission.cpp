#include "gatehouse/limits/admission.hpp"

#include <algorithm>
#include <utility>

#include "admission_state.hpp"
#include "reserver.hpp"

namespace gatehouse::limits {

using core::Money;
using core::MonotonicTime;

Admission::State::~State() {
  if (settled) return;
  std::size_t post = 0;
  for (std::size_t charge = 0; charge < charges.size(); ++charge) {
    close(charge, post, Money{}, 0, now);
  }
}

std::size_t Admission::State::append(std::vector<Charge>&& more) {
  const std::size_t first = charges.size();
  // All memory first: from here on nothing fails, and the lists agree with each other.
  std::size_t most_posts = posts.size();
  for (const Charge& charge : more) {
    most_posts += 1 + (charge.limits != nullptr ? charge.limits->budgets.size() : 0);
  }
  holds.reserve(first + more.size());
  posts.reserve(most_posts);
  periods.reserve(most_posts);
  if (!charges.empty()) charges.reserve(first + more.size());
  if (charges.empty()) {
    charges = std::move(more);
  } else {
    std::ranges::move(more, std::back_inserter(charges));
  }
  std::size_t kept = first;
  for (std::size_t i = first; i < charges.size(); ++i) {
    const Account* account = charges[i].account.get();
    std::size_t same = 0;
    while (same < kept && charges[same].account.get() != account) ++same;
    if (account == nullptr || same < kept) continue;
    if (kept != i) charges[kept] = std::move(charges[i]);
    ++kept;
  }
  charges.resize(kept);
  holds.resize(charges.size());
  return first;
}

void Admission::State::truncate(std::size_t first) {
  charges.resize(first);
  holds.resize(first);
  while (!posts.empty() && posts.back().charge >= first) {
    posts.pop_back();
    periods.pop_back();
  }
}

void Admission::State::add_post(std::size_t charge, Counter& counter) {
  posts.push_back({&counter, charge});
  const Account::State& of = account(charge);
  periods.push_back({of.scope, of.id, counter.duration(), counter.current().start, counter.end()});
}

void Admission::State::close_rates(std::size_t charge, std::uint64_t used_tokens,
                                   MonotonicTime moment) {
  Account::State& of = account(charge);
  Hold& hold = holds[charge];
  of.touched = std::max(of.touched, moment);
  if (std::exchange(hold.counted, false)) --of.parallel;
  if (!hold.tokens.valid) return;
  const auto limit = charges[charge].limits->rate.tokens_per_minute.value_or(0);
  of.rates().tokens.change(pace(limit), hold.tokens, used_tokens, moment);
}

void Admission::State::close(std::size_t charge, std::size_t& post, Money actual,
                             std::uint64_t used_tokens, MonotonicTime moment) {
  Account::State& of = account(charge);
  const std::lock_guard lock(of.mutex);
  close_rates(charge, used_tokens, moment);
  for (; post < posts.size() && posts[post].charge == charge; ++post) {
    Tally* tally = posts[post].counter->of(periods[post].period_start);
    if (tally == nullptr) continue;
    tally->give_back(reserved);
    tally->settle(actual);
  }
  if (settled) of.collect(charges[charge].limits, reached);
}

Room Admission::State::drop(std::initializer_list<core::Scope> scopes) {
  Room room;
  room.parts_.reserve(posts.size());
  std::size_t kept = 0;
  std::size_t kept_posts = 0;
  std::size_t post = 0;
  for (std::size_t charge = 0; charge < charges.size(); ++charge) {
    const bool stays = std::ranges::find(scopes, account(charge).scope) == scopes.end();
    if (!stays) {
      const std::lock_guard lock(account(charge).mutex);
      close_rates(charge, 0, now);
    }
    for (; post < posts.size() && posts[post].charge == charge; ++post) {
      if (!stays) {
        room.parts_.push_back(
            {charges[charge].account, posts[post].counter, periods[post].period_start, reserved});
        continue;
      }
      posts[kept_posts] = {posts[post].counter, kept};
      periods[kept_posts++] = periods[post];
    }
    if (!stays) continue;
    if (kept != charge) {
      charges[kept] = std::move(charges[charge]);
      holds[kept] = holds[charge];
    }
    ++kept;
  }
  charges.resize(kept);
  holds.resize(kept);
  posts.resize(kept_posts);
  periods.resize(kept_posts);
  return room;
}

Room Admission::State::lower(Money cost) {
  Room room;
  const WideMoney less = wide(reserved) - wide(cost);
  if (settled || less <= 0) return room;
  room.parts_.reserve(posts.size());
  for (std::size_t post = 0; post < posts.size(); ++post) {
    room.parts_.push_back({charges[posts[post].charge].account, posts[post].counter,
                           periods[post].period_start, saturated(less)});
  }
  reserved = cost;
  return room;
}

Admission::Admission(std::unique_ptr<State> state) : state_(std::move(state)) {}
Admission::Admission(Admission&&) noexcept = default;
Admission& Admission::operator=(Admission&&) noexcept = default;
Admission::~Admission() = default;

std::expected<Admission, Denial> Admission::admit(std::vector<Charge> charges, const Demand& demand,
                                                  const Rules& rules) {
  auto state = std::make_unique<State>();
  state->mode = rules.rate;
  state->window = rules.rate_window;
  Admission admission(std::move(state));
  auto held = admission.extend(std::move(charges), demand, rules);
  if (!held) return std::unexpected(std::move(held.error()));
  return admission;
}

std::expected<void, Denial> Admission::extend(std::vector<Charge> charges, const Demand& demand,
                                              const Rules& rules) {
  const WideMoney cost = wide(demand.fixed_cost) + wide(demand.output_cost);
  if (state_->settled || demand.fixed_cost < Money{} || demand.output_cost < Money{} ||
      cost > wide(Money::max())) {
    Denial denial;
    denial.reason = Denial::Reason::amount;
    return std::unexpected(std::move(denial));
  }
  return Reserver(*state_, std::move(charges), demand, rules).run();
}

Money Admission::reserved() const noexcept {
  return state_->reserved;
}

std::span<const core::ChargedPeriod> Admission::periods() const noexcept {
  return state_->periods;
}

std::vector<RateState> Admission::rates(MonotonicTime now) const {
  std::vector<RateState> states;
  for (std::size_t i = 0; i < state_->charges.size(); ++i) {
    const core::LimitSet* limits = state_->charges[i].limits;
    if (limits == nullptr) continue;
    const core::RateLimit& rate = limits->rate;
    if (!rate.requests_per_minute && !rate.tokens_per_minute) continue;
    Account::State& account = state_->account(i);
    RateState state{account.scope, rate.requests_per_minute, {}, rate.tokens_per_minute, {}};
    const std::lock_guard lock(account.mutex);
    if (const auto limit = rate.requests_per_minute) {
      state.remaining_requests = account.rates().requests.remaining(state_->pace(*limit), now);
    }
    if (const auto limit = rate.tokens_per_minute) {
      state.remaining_tokens = account.rates().tokens.remaining(state_->pace(*limit), now);
    }
    states.push_back(state);
  }
  return states;
}

std::vector<Threshold> Admission::take_thresholds() {
  return std::exchange(state_->reached, {});
}

Room Admission::lower(Money cost) {
  return state_->lower(std::max(cost, Money{}));
}

Room Admission::drop(std::initializer_list<core::Scope> scopes) {
  return state_->settled ? Room() : state_->drop(scopes);
}

std::vector<Threshold> Admission::settle(Money actual, std::uint64_t tokens, MonotonicTime now) {
  if (std::exchange(state_->settled, true)) return {};
  actual = std::max(actual, Money{});
  std::size_t post = 0;
  for (std::size_t charge = 0; charge < state_->charges.size(); ++charge) {
    state_->close(charge, post, actual, tokens, now);
  }
  return take_thresholds();
}

}  // namespace gatehouse::limits
