#pragma once
/// The owner of background coroutines: nothing runs detached.

#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>

#include "gatehouse/core/task.hpp"

namespace gatehouse::core {

/// Runs tasks that nobody awaits and can be joined. One thread only. The group must outlive its
/// tasks: join() before destruction. An exception that leaves a task is a bug and goes to
/// `on_bug`, which by default terminates.
class TaskGroup {
 public:
  using BugHandler = std::function<void(std::exception_ptr)>;

  TaskGroup() = default;
  explicit TaskGroup(BugHandler on_bug) : on_bug_(std::move(on_bug)) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();

  /// Starts the task at once, on the calling thread. Arguments of the coroutine behind `task`
  /// must be values or outlive the group.
  void spawn(Task<void> task);

  std::size_t size() const noexcept { return running_; }

  /// Suspends until no task runs. At most one joiner at a time.
  struct JoinAwaiter {
    TaskGroup& group;
    bool await_ready() const noexcept { return group.running_ == 0; }
    void await_suspend(std::coroutine_handle<> waiter) const noexcept { group.joiner_ = waiter; }
    void await_resume() const noexcept {}
  };
  JoinAwaiter join() noexcept { return JoinAwaiter{*this}; }

 private:
  struct Runner;
  static Runner run(TaskGroup* group, Task<void> task);
  void finished() noexcept;

  std::size_t running_ = 0;
  std::coroutine_handle<> joiner_;
  BugHandler on_bug_;
};

}  // namespace gatehouse::core
