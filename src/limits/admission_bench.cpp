// What one call pays for its admission and settlement.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "gatehouse/limits/admission.hpp"

namespace gatehouse::limits {
namespace {

using core::Money;
using core::Scope;

constexpr core::WallTime kAt{core::Seconds(1'784'000'000)};

core::BudgetLimit budget(const char* duration) {
  return {.max = Money::nano_usd(std::int64_t{1} << 61), .duration = duration};
}

struct Limits {
  core::LimitSet key{.budgets = {budget("1d"), budget("30d")}};
  core::LimitSet team{.budgets = {budget("30d")}};
  core::LimitSet none;
  Limits() {
    key.rate.requests_per_minute = std::uint64_t{1} << 40;
    key.rate.tokens_per_minute = std::uint64_t{1} << 60;
  }
};

const Limits& limits() {
  static const Limits all;
  return all;
}

/// Key, user, team, organization, model, global: three budgets, two rate limits.
std::vector<Charge> charges_of(AccountBook& book, const std::string& key) {
  const auto charge = [&](Scope scope, const std::string& id, const core::LimitSet& bounds) {
    return Charge{book.add(scope, id, {}), &bounds};
  };
  return {charge(Scope::key, key, limits().key),    charge(Scope::user, key, limits().none),
          charge(Scope::team, "t", limits().team),  charge(Scope::organization, "o", limits().none),
          charge(Scope::model, "m", limits().none), charge(Scope::global, "", limits().none)};
}

AccountBook& shared_book() {
  static AccountBook book;
  return book;
}

void run(benchmark::State& state, const std::vector<Charge>& charges) {
  const Rules rules;
  std::int64_t tick = 1;
  std::int64_t refused = 0;
  for (auto _ : state) {
    const core::MonotonicTime now{core::Nanos(tick += 1000)};
    const Demand demand{Money::nano_usd(10), Money::nano_usd(100), 50, kAt, now};
    auto admission = Admission::admit(charges, demand, rules);
    if (!admission) {
      ++refused;
      continue;
    }
    benchmark::DoNotOptimize(admission->settle(Money::nano_usd(20), 30, now));
  }
  if (refused != 0) state.SkipWithError("refused");
}

/// All scopes shared by all threads: the worst case.
void admit_and_settle(benchmark::State& state) {
  run(state, charges_of(shared_book(), "shared"));
}
BENCHMARK(admit_and_settle)->Threads(1)->Threads(2)->Threads(4)->UseRealTime();

/// Keys of their own, the other scopes shared.
void admit_and_settle_own_key(benchmark::State& state) {
  run(state, charges_of(shared_book(), "key " + std::to_string(state.thread_index())));
}
BENCHMARK(admit_and_settle_own_key)->Threads(1)->Threads(2)->Threads(4)->UseRealTime();

/// Nothing shared: what locks without contention cost.
void admit_and_settle_apart(benchmark::State& state) {
  AccountBook book;
  run(state, charges_of(book, "own"));
}
BENCHMARK(admit_and_settle_apart)->Threads(1)->Threads(2)->UseRealTime();

void find_in_book(benchmark::State& state) {
  AccountBook book;
  std::vector<std::string> ids;
  for (int i = 0; i < 100'000; ++i) {
    ids.push_back(std::string(58, 'a') + std::to_string(100'000 + i));
    book.add(Scope::key, ids.back(), {});
  }
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(book.find(Scope::key, ids[next]));
    next = (next + 7919) % ids.size();
  }
}
BENCHMARK(find_in_book);

void refuse_by_budget(benchmark::State& state) {
  AccountBook book;
  core::LimitSet nothing{.budgets = {{.max = Money::nano_usd(1), .duration = "1d"}}};
  std::vector<Charge> charges = charges_of(book, "own");
  charges.push_back({book.add(Scope::tag, "t", {}), &nothing});
  const Rules rules;
  for (auto _ : state) {
    const Demand demand{Money::nano_usd(10), Money::nano_usd(100), 0, kAt, {}};
    benchmark::DoNotOptimize(Admission::admit(charges, demand, rules));
  }
}
BENCHMARK(refuse_by_budget);

}  // namespace
}  // namespace gatehouse::limits
