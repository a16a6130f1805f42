#pragma once
/// For tests: a loop that runs one coroutine to its end and fails a test that hangs.

#include <gtest/gtest.h>

#include <memory>
#include <utility>

#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/event_loop.hpp"

namespace gatehouse::net::testing {

class LoopTest : public ::testing::Test {
 protected:
  LoopTest() : loop_(EventLoop::create(clock_).value()) {}

  EventLoop& loop() { return *loop_; }

  /// Runs `task` and everything that it spawns in `group()`; returns when all is done.
  void run(core::Task<void> task) {
    bool timed_out = false;
    Timer guard([&] {
      timed_out = true;
      loop_->stop();
    });
    loop_->arm(guard, clock_.monotonic() + core::Seconds(10));
    core::TaskGroup runner;
    group_.spawn(std::move(task));
    runner.spawn(stop_when_done(group_, *loop_));
    loop_->run();
    if (timed_out) {
      std::fputs("test hangs\n", stderr);
      std::abort();  // suspended coroutines cannot be unwound
    }
  }

  core::TaskGroup& group() { return group_; }
  core::SystemClock clock_;

 private:
  static core::Task<void> stop_when_done(core::TaskGroup& group, EventLoop& loop) {
    co_await group.join();
    loop.stop();
  }

  std::unique_ptr<EventLoop> loop_;
  core::TaskGroup group_;
};

}  // namespace gatehouse::net::testing
