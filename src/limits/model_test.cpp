// Random operations against a model that is too simple to be wrong.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "gatehouse/limits/admission.hpp"
#include "test_support.hpp"

namespace gatehouse::limits {
namespace {

using core::LimitSet;
using core::Money;
using core::MonotonicTime;
using core::Nanos;
using core::Scope;
using core::WallTime;
using test::nano;
using test::utc;
using Reason = Denial::Reason;

constexpr std::int64_t kMinute = 60'000'000'000;
constexpr Scope kScopes[] = {Scope::key, Scope::team, Scope::user, Scope::organization};

/// One scope as a list of sums, by period.
struct ModelAccount {
  std::map<std::pair<std::string, WallTime>, std::int64_t> settled, held;
  std::map<std::string, WallTime> latest;  // start of the period in force
  std::int64_t parallel = 0;
  struct Window {
    std::int64_t start = -kMinute;
    std::int64_t count = 0;
  } requests, tokens;

  /// The start of the period in force at `at`.
  WallTime peek(const core::BudgetLimit& budget, WallTime at) const {
    const auto known = latest.find(budget.duration);
    const WallTime start = period_of(budget, at).start;
    return known == latest.end() ? start : std::max(known->second, start);
  }
  WallTime start(const core::BudgetLimit& budget, WallTime at) {
    return latest[budget.duration] = peek(budget, at);
  }
};

struct ModelCall {
  Admission admission;
  std::vector<std::size_t> accounts;
  std::map<std::size_t, std::vector<std::pair<std::string, WallTime>>> periods;
  std::map<std::size_t, std::int64_t> token_window;
  std::int64_t cost = 0;
  std::int64_t tokens = 0;
};

class Model {
 public:
  explicit Model(std::uint64_t seed, ReservationMode mode) : random_(seed) {
    rules_.reservation = mode;
    for (std::size_t i = 0; i < std::size(kScopes); ++i) {
      accounts_.push_back(test::account(kScopes[i], std::to_string(i)));
      LimitSet set;
      for (const char* duration : {"", "1h", "1d"}) {
        if (below(2) == 0)
          set.budgets.push_back({.max = nano(200 + below(800)), .duration = duration});
      }
      if (below(2) == 0) set.rate.requests_per_minute = static_cast<std::uint64_t>(2 + below(5));
      if (below(2) == 0) set.rate.tokens_per_minute = static_cast<std::uint64_t>(100 + below(300));
      if (below(2) == 0) set.rate.parallel_requests = static_cast<std::uint64_t>(2 + below(6));
      limits_.push_back(set);
    }
    model_.resize(accounts_.size());
  }

  void step() {
    wall_ += Nanos(below(8) == 0 ? below(90 * kMinute) : below(kMinute / 20));
    mono_ += below(kMinute / 10);
    if (below(50) == 0) wall_ -= Nanos(below(30 * kMinute));  // the clock is set back
    const std::int64_t dice = below(10);
    if (dice < 6 || calls_.empty()) {
      admit();
    } else {
      const auto index = static_cast<std::size_t>(below(static_cast<std::int64_t>(calls_.size())));
      dice < 9 ? settle(calls_[index]) : drop(calls_[index]);
      std::swap(calls_[index], calls_.back());
      calls_.pop_back();
    }
    compare();
  }

  std::int64_t admitted() const { return admitted_; }
  std::int64_t refused() const { return refused_; }

 private:
  std::int64_t below(std::int64_t bound) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound));
  }

  std::int64_t sum(std::size_t i, const core::BudgetLimit& budget) {
    ModelAccount& account = model_[i];
    const auto at = std::pair(budget.duration, account.start(budget, wall_));
    return account.settled[at] + account.held[at];
  }

  ModelAccount::Window current(ModelAccount::Window window) const {
    return mono_ - window.start < kMinute ? window : ModelAccount::Window{mono_, 0};
  }

  std::uint64_t left(std::uint64_t limit, ModelAccount::Window window) const {
    const auto used = static_cast<std::uint64_t>(current(window).count);
    return limit > used ? limit - used : 0;
  }

  std::optional<Reason> expect(const std::vector<std::size_t>& chosen, std::int64_t cost,
                               std::int64_t tokens) {
    for (const std::size_t i : chosen) {
      const core::RateLimit& rate = limits_[i].rate;
      ModelAccount& account = model_[i];
      if (const auto limit = rate.requests_per_minute) {
        ModelAccount::Window window = current(account.requests);
        const auto most = static_cast<std::int64_t>(*limit);
        if (window.count >= most) {
          if (window.count == most) ++window.count;
          account.requests = window;
          return Reason::requests;
        }
      }
      if (const auto limit = rate.tokens_per_minute) {
        if (tokens > 0 &&
            current(account.tokens).count + tokens > static_cast<std::int64_t>(*limit)) {
          return Reason::tokens;
        }
      }
      if (rate.parallel_requests &&
          account.parallel >= static_cast<std::int64_t>(*rate.parallel_requests)) {
        return Reason::parallel;
      }
    }
    for (const std::size_t i : chosen) {
      for (const core::BudgetLimit& budget : limits_[i].budgets) model_[i].start(budget, wall_);
      for (const core::BudgetLimit& budget : limits_[i].budgets) {
        if (cost == 0) continue;
        const std::int64_t spent = sum(i, budget), most = budget.max.nano_usd();
        const bool at_budget = kScopes[i] == Scope::key || kScopes[i] == Scope::organization;
        const bool fits = rules_.reservation == ReservationMode::strict ? spent + cost <= most
                          : at_budget                                   ? spent < most
                                                                        : spent <= most;
        if (!fits) return Reason::budget;
      }
    }
    return {};
  }

  void admit() {
    std::vector<std::size_t> chosen;
    std::vector<Charge> charges;
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
      if (below(3) == 0) continue;
      chosen.push_back(i);
      charges.push_back({accounts_[i], &limits_[i]});
    }
    const std::int64_t cost = below(10) == 0 ? 0 : below(150), tokens = below(120);
    const std::int64_t fixed = cost / 3;
    const Demand demand{nano(fixed), nano(cost - fixed), static_cast<std::uint64_t>(tokens), wall_,
                        MonotonicTime(Nanos(mono_))};
    auto admission = Admission::admit(charges, demand, rules_);
    const auto expected = expect(chosen, cost, tokens);
    ASSERT_EQ(!admission.has_value(), expected.has_value());
    if (!admission) {
      ++refused_;
      ASSERT_EQ(admission.error().reason, *expected);
      open_windows(chosen, *expected, admission.error().scope);
      check_affordable(admission.error(), charges, demand, chosen);
      return;
    }
    ++admitted_;
    ModelCall call{*std::move(admission), chosen, {}, {}, cost, tokens};
    for (const std::size_t i : chosen) take(i, call);
    ASSERT_EQ(call.admission.periods().size(), periods_of(call));
    calls_.push_back(std::move(call));
  }

  /// Accounts before the one that refused had opened their windows, and given back their counts.
  void open_windows(const std::vector<std::size_t>& chosen, Reason reason, Scope scope) {
    for (const std::size_t i : chosen) {
      if (reason != Reason::budget && kScopes[i] == scope) break;
      if (limits_[i].rate.requests_per_minute) model_[i].requests = current(model_[i].requests);
      if (limits_[i].rate.tokens_per_minute) model_[i].tokens = current(model_[i].tokens);
    }
  }

  void check_affordable(const Denial& denial, const std::vector<Charge>& charges, Demand demand,
                        const std::vector<std::size_t>& chosen) {
    if (denial.reason != Reason::budget || rules_.reservation == ReservationMode::lenient) return;
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const std::size_t i : chosen) {
      for (const core::BudgetLimit& budget : limits_[i].budgets) {
        least = std::min(least, budget.max.nano_usd() - sum(i, budget));
      }
    }
    ASSERT_EQ(denial.affordable_output.nano_usd(), least - demand.fixed_cost.nano_usd());
    if (denial.affordable_output < Money{}) return;
    demand.output_cost = denial.affordable_output;
    demand.tokens = 0;
    auto retry = Admission::admit(charges, demand, rules_);
    ASSERT_TRUE(retry);
    // Dropped at once: leaves one counted request on each.
    for (const std::size_t i : chosen) ++model_[i].requests.count;
  }

  void take(std::size_t i, ModelCall& call) {
    ModelAccount& account = model_[i];
    if (limits_[i].rate.requests_per_minute) {
      account.requests = current(account.requests);
      ++account.requests.count;
    }
    if (limits_[i].rate.tokens_per_minute) {
      account.tokens = current(account.tokens);
      account.tokens.count += call.tokens;
      call.token_window[i] = account.tokens.start;
    }
    ++account.parallel;
    auto& periods = call.periods[i];
    periods.emplace_back("", WallTime{});
    for (const core::BudgetLimit& budget : limits_[i].budgets) {
      const auto period = std::pair(budget.duration, account.start(budget, wall_));
      if (!budget.duration.empty()) periods.push_back(period);
    }
    for (const auto& period : periods) account.held[period] += call.cost;
  }

  static std::size_t periods_of(const ModelCall& call) {
    std::size_t total = 0;
    for (const auto& [i, periods] : call.periods) total += periods.size();
    return total;
  }

  void settle(ModelCall& call) {
    const std::int64_t actual = below(call.cost + 30), used = below(call.tokens + 20);
    call.admission.settle(nano(actual), static_cast<std::uint64_t>(used),
                          MonotonicTime(Nanos(mono_)));
    finish(call, actual, used);
  }

  void drop(ModelCall& call) {
    const Admission gone = std::move(call.admission);
    finish(call, 0, 0);
  }

  void finish(ModelCall& call, std::int64_t actual, std::int64_t used) {
    for (const std::size_t i : call.accounts) {
      ModelAccount& account = model_[i];
      --account.parallel;
      const auto window = call.token_window.find(i);
      if (window != call.token_window.end() && window->second == account.tokens.start) {
        account.tokens.count += used - call.tokens;
      }
      for (const auto& period : call.periods[i]) {
        account.held[period] -= call.cost;
        account.settled[period] += actual;
      }
    }
  }

  void compare() {
    for (const ModelCall& call : calls_) {
      std::size_t k = 0;
      const auto rates = call.admission.rates(MonotonicTime(Nanos(mono_)));
      for (const std::size_t i : call.accounts) {
        const core::RateLimit& rate = limits_[i].rate;
        if (!rate.requests_per_minute && !rate.tokens_per_minute) continue;
        const RateState& state = rates.at(k++);
        ASSERT_EQ(state.scope, kScopes[i]);
        if (const auto limit = rate.tokens_per_minute) {
          ASSERT_EQ(state.remaining_tokens, left(*limit, model_[i].tokens));
        }
        if (const auto limit = rate.requests_per_minute) {
          ASSERT_EQ(state.remaining_requests, left(*limit, model_[i].requests));
        }
      }
    }
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
      ASSERT_EQ(accounts_[i]->parallel_requests(), static_cast<std::uint64_t>(model_[i].parallel));
      for (const core::BudgetLimit& budget : limits_[i].budgets) {
        const auto period = std::pair(budget.duration, model_[i].peek(budget, wall_));
        const auto balance = accounts_[i]->balance(budget, wall_);
        ASSERT_EQ(balance.spent.nano_usd(), model_[i].settled[period]) << budget.duration;
        ASSERT_EQ(balance.reserved.nano_usd(), model_[i].held[period]) << budget.duration;
      }
    }
  }

  std::mt19937_64 random_;
  Rules rules_;
  std::vector<std::shared_ptr<Account>> accounts_;
  std::vector<LimitSet> limits_;
  std::vector<ModelAccount> model_;
  std::vector<ModelCall> calls_;
  WallTime wall_ = utc(2026, 12, 30);
  std::int64_t mono_ = 0;
  std::int64_t admitted_ = 0;
  std::int64_t refused_ = 0;
};

void run(ReservationMode mode) {
  std::int64_t admitted = 0, refused = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Model model(seed, mode);
    for (int i = 0; i < 2'000; ++i) {
      model.step();
      ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "step " << i;
    }
    admitted += model.admitted();
    refused += model.refused();
  }
  EXPECT_GT(admitted, 2'000);
  EXPECT_GT(refused, 2'000);
}

TEST(Model, AgreesWhenStrict) {
  run(ReservationMode::strict);
}

TEST(Model, AgreesWhenLenient) {
  run(ReservationMode::lenient);
}

}  // namespace
}  // namespace gatehouse::limits
