#pragma once
/// A task that runs beside the coroutine that owns it.

#include <coroutine>
#include <exception>
#include <utility>

#include "gatehouse/core/task.hpp"

namespace gatehouse::net {

/// Returned by run_beside(). Unlike a TaskGroup it may be destroyed with its task suspended, and
/// then destroys it. Join before reading what the task writes. An exception of the task is a bug
/// and terminates.
class Concurrent {
 public:
  struct promise_type {
    std::coroutine_handle<> joiner;

    Concurrent get_return_object() {
      return Concurrent(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    struct Final {
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> done) noexcept {
        const auto next = done.promise().joiner;
        return next ? next : std::coroutine_handle<>(std::noop_coroutine());
      }
      void await_resume() const noexcept {}
    };
    Final final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };

  Concurrent(const Concurrent&) = delete;
  Concurrent& operator=(const Concurrent&) = delete;
  ~Concurrent() { handle_.destroy(); }

  bool done() const noexcept { return handle_.done(); }

  struct Join {
    std::coroutine_handle<promise_type> task;
    bool await_ready() const noexcept { return task.done(); }
    void await_suspend(std::coroutine_handle<> waiter) const noexcept {
      task.promise().joiner = waiter;
    }
    void await_resume() const noexcept {}
  };
  Join join() const noexcept { return Join{handle_}; }

 private:
  explicit Concurrent(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// Starts `task` at once.
inline Concurrent run_beside(core::Task<void> task) {
  core::Task<void> owned = std::move(task);
  co_await std::move(owned);
}

}  // namespace gatehouse::net
