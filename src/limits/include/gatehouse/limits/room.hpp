#pragma once
/// Room in budgets that a call has given up and that is not for others yet.

#include <memory>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"

namespace gatehouse::limits {

class Account;
class Counter;

/// Stays reserved until this is destroyed. Whoever writes down what a call holds keeps it until the
/// new amount is written: a crash in between brings the old one back, and what others had taken
/// meanwhile would be beyond the budget. One thread at a time; outlives its admission if need be.
class Room {
 public:
  Room() = default;
  Room(Room&&) noexcept = default;
  Room& operator=(Room&&) = delete;
  ~Room();

  bool empty() const noexcept { return parts_.empty(); }

 private:
  friend class Admission;
  /// Of one counter, in the period that begins at `start`.
  struct Part {
    std::shared_ptr<Account> account;
    Counter* counter = nullptr;
    core::WallTime start{};
    core::Money amount;
  };
  std::vector<Part> parts_;
};

}  // namespace gatehouse::limits
