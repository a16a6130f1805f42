#pragma once
/// Remembers the first failure after which nothing may be acknowledged.

#include <atomic>
#include <functional>
#include <utility>

#include "gatehouse/core/error.hpp"

namespace gatehouse::ledger {

/// Thread-safe.
class FailureLatch {
 public:
  explicit FailureLatch(std::function<void(const core::Error&)> on_fatal)
      : on_fatal_(std::move(on_fatal)) {}

  bool failed() const noexcept { return failed_.load(std::memory_order_relaxed); }
  void fail(const core::Error& error) {
    if (!failed_.exchange(true) && on_fatal_) on_fatal_(error);
  }

 private:
  std::function<void(const core::Error&)> on_fatal_;
  std::atomic<bool> failed_{false};
};

}  // namespace gatehouse::ledger
