#pragma once
/// `durability: power`: nobody is told, and nothing leaves, before the disk has what was written.

#include <coroutine>

#include "call.hpp"

namespace gatehouse::gateway {

/// `co_await Durable(call)` goes on once all that the journal holds of the call survives a power
/// failure, where that is asked for; then the call's budgets know of a settlement that was waiting
/// for it. At once, and without a cost, for `durability: process` and for calls of strangers, of
/// whom nothing was written. The loop's thread; what the scanner held is gone afterwards.
class Durable {
 public:
  explicit Durable(Call& call) noexcept : call_(call) {}
  bool await_ready() const noexcept {
    return call_.worker.tools.accounting.durability != ledger::Durability::power ||
           !call_.authenticated;
  }
  void await_suspend(std::coroutine_handle<> waiter);
  void await_resume();

 private:
  Call& call_;
  bool waited_ = false;
};

}  // namespace gatehouse::gateway
