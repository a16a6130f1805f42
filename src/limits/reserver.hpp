#pragma once
/// One attempt to take hold of everything that a call needs.

#include <expected>
#include <optional>
#include <vector>

#include "admission_state.hpp"

namespace gatehouse::limits {

/// Takes from one account after the other: rates of all, then budgets of all. Gives everything
/// back at its end unless run() succeeded, so that neither a refusal nor an exception leaks.
class Reserver {
 public:
  Reserver(Admission::State& state, std::vector<Charge>&& charges, const Demand& demand,
           const Rules& rules);
  ~Reserver();
  Reserver(const Reserver&) = delete;
  Reserver& operator=(const Reserver&) = delete;

  std::expected<void, Denial> run();

 private:
  using Refusal = std::optional<Denial>;

  bool is_new(std::size_t charge) const noexcept { return charge >= first_new_; }
  /// What this attempt adds to each of the charge's counters.
  core::Money step(std::size_t charge) const noexcept { return is_new(charge) ? target_ : raise_; }

  Refusal take_rates(std::size_t charge);
  Refusal raise_tokens(std::size_t charge);
  Refusal check_rates(std::size_t charge, Account::State& account);
  Refusal take_budgets(std::size_t charge);
  /// Calls `use(budget, counter, tally)` for each budget of the charge. Needs the account's lock.
  template <class Use>
  void each_budget(std::size_t charge, Use use);
  void collect_news() noexcept;
  bool has_post(std::size_t first, const Counter& counter) const noexcept;
  bool admits(core::Scope scope, const Tally& tally, core::Money max,
              core::Money amount) const noexcept;
  /// Gives everything back first.
  core::Money affordable();
  void give_back() noexcept;
  void give_back_rates(std::size_t charge, Account::State& account) noexcept;

  Denial of(std::size_t charge, Denial::Reason reason) const;
  Denial rate_denial(std::size_t charge, Denial::Reason reason, const Meter& meter,
                     std::uint64_t limit, std::uint64_t amount) const;
  Denial budget_denial(std::size_t charge, const Counter& counter, const Tally& tally,
                       core::Money max) const;

  Admission::State& state_;
  const Demand& demand_;
  const Rules& rules_;
  const TimeZone& zone_;
  std::size_t first_new_ = 0;
  std::size_t budgeted_ = 0;  ///< charges whose counters hold step()
  core::Money target_;        ///< what each counter shall hold
  core::Money raise_;
  std::uint64_t tokens_ = 0;
  bool done_ = false;
};

}  // namespace gatehouse::limits
