#include "durable.hpp"

namespace gatehouse::gateway {

void Durable::await_suspend(std::coroutine_handle<> waiter) {
  waited_ = true;
  net::EventLoop* loop = &call_.worker.tools.loop;
  ledger::Journal& journal = call_.worker.tools.accounting.journal;
  journal.when_durable(journal.position(),
                       [loop, waiter] { loop->post([waiter] { waiter.resume(); }); });
}

void Durable::await_resume() {
  if (!waited_) return;
  call_.fresh_outline.reset();
  settle_budgets(call_);
}

}  // namespace gatehouse::gateway
