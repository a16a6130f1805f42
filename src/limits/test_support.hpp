#pragma once
/// Calendar times and amounts for tests of this module.

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/limits/admission.hpp"

namespace gatehouse::limits::test {

inline core::WallTime utc(int year, unsigned month, unsigned day, int hour = 0, int minute = 0,
                          int second = 0) {
  namespace chr = std::chrono;
  const chr::sys_days date = chr::year(year) / chr::month(month) / chr::day(day);
  return core::WallTime(date) + chr::hours(hour) + chr::minutes(minute) + chr::seconds(second);
}

constexpr core::Money usd(std::int64_t whole) {
  return core::Money::nano_usd(whole * 1'000'000'000);
}
constexpr core::Money nano(std::int64_t count) {
  return core::Money::nano_usd(count);
}

/// Monotonic time in nanoseconds since an arbitrary moment.
constexpr core::MonotonicTime tick(std::int64_t nanos) {
  return core::MonotonicTime(core::Nanos(nanos));
}

inline std::shared_ptr<Account> account(core::Scope scope = core::Scope::key,
                                        const std::string& id = "k",
                                        const std::vector<CounterState>& settled = {}) {
  return std::make_shared<Account>(scope, id, settled);
}

/// A call for `cost`, all of it output, in the middle of July 2026 unless said otherwise.
inline Demand call(core::Money cost, std::uint64_t tokens = 0, core::MonotonicTime now = tick(0),
                   core::WallTime at = utc(2026, 7, 15, 12)) {
  return {core::Money{}, cost, tokens, at, now};
}

inline core::LimitSet budgets(std::vector<core::BudgetLimit> all) {
  core::LimitSet limits;
  limits.budgets = std::move(all);
  return limits;
}

}  // namespace gatehouse::limits::test
