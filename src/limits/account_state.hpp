#pragma once
/// The inside of an account.

#include <forward_list>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "counter.hpp"
#include "gatehouse/limits/account.hpp"
#include "meter.hpp"

namespace gatehouse::limits {

/// `mutex` guards everything below it. It is held for a few dozen instructions at a time, and
/// never while another one is taken.
struct Account::State {
  State(core::Scope of, std::string named) : scope(of), id(std::move(named)) {}

  const core::Scope scope;
  const std::string id;
  mutable std::mutex mutex;

  struct Meters {
    Meter requests;
    Meter tokens;
  };
  Counter lifetime;
  std::forward_list<Counter> periodic;  ///< few; nodes stay where they are
  std::unique_ptr<Meters> meters;       ///< null until a rate limit was in force
  std::uint64_t parallel = 0;
  core::MonotonicTime touched{};

  /// Null when there is none.
  Counter* find(std::string_view duration) {
    if (duration.empty()) return &lifetime;
    for (Counter& each : periodic) {
      if (each.duration() == duration) return &each;
    }
    return nullptr;
  }
  /// Makes one where there is none.
  Counter& counter(std::string_view duration);
  Meters& rates();
  /// False when collect() has nothing to say: cheap, and right most of the time.
  bool may_have_news(const core::LimitSet* limits) noexcept {
    if (limits == nullptr) return false;
    for (const core::BudgetLimit& budget : limits->budgets) {
      const Counter* counter = find(budget.duration);
      if (counter != nullptr && !counter->is_far_below(budget.max)) return true;
    }
    if (!limits->soft_budget) return false;
    const Counter* counter =
        limits->budgets.empty() ? &lifetime : find(limits->budgets[0].duration);
    return counter != nullptr && !counter->is_far_below(*limits->soft_budget);
  }
  /// Appends what the settled spend has newly reached of the bounds in `limits`, if any. Without
  /// memory for it nobody is told: the money comes first.
  void collect(const core::LimitSet* limits, std::vector<Threshold>& out) noexcept {
    if (limits == nullptr || (limits->budgets.empty() && !limits->soft_budget)) return;
    try {
      collect_bounds(*limits, out);
    } catch (const std::bad_alloc&) {
    }
  }

 private:
  void collect_bounds(const core::LimitSet& limits, std::vector<Threshold>& out);
  void report(Counter& counter, std::size_t index, core::Money max, std::vector<Threshold>& out);
};

}  // namespace gatehouse::limits
