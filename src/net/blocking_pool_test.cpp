#include "gatehouse/net/blocking_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "loop_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Errc;
using core::Result;
using core::Task;
using BlockingPoolTest = testing::LoopTest;

TEST_F(BlockingPoolTest, RunsElsewhereAndResumesOnTheLoop) {
  BlockingPool pool(2);
  const auto scenario = [](BlockingPool* workers, EventLoop* own_loop) -> Task<void> {
    const auto here = std::this_thread::get_id();
    auto work = [here]() -> Result<std::string> {
      return std::this_thread::get_id() == here ? "same" : "other";
    };
    Result<std::string> where = co_await workers->run(*own_loop, work);
    EXPECT_EQ(where.value_or(""), "other");
    EXPECT_EQ(std::this_thread::get_id(), here);
  };
  run(scenario(&pool, &loop()));
}

TEST_F(BlockingPoolTest, ErrorsAreValuesAndBugsAreThrown) {
  BlockingPool pool(1);
  const auto scenario = [](BlockingPool* workers, EventLoop* own_loop) -> Task<void> {
    auto failing = []() -> Result<int> { return core::fail(Errc::io, "disk"); };
    Result<int> failed = co_await workers->run(*own_loop, failing);
    EXPECT_TRUE(!failed && failed.error().code == Errc::io);
    auto broken = []() -> Result<int> { throw std::logic_error("bug"); };
    bool caught = false;
    try {
      (void)co_await workers->run(*own_loop, broken);
    } catch (const std::logic_error&) {
      caught = true;
    }
    EXPECT_TRUE(caught);
  };
  run(scenario(&pool, &loop()));
}

Task<void> count_up(BlockingPool* workers, EventLoop* own_loop, std::atomic<int>* ran,
                    int* resumed) {
  auto work = [ran]() -> Result<int> { return ++*ran; };
  Result<int> done = co_await workers->run(*own_loop, work);
  if (done) ++*resumed;
}

TEST_F(BlockingPoolTest, ManyJobsOnSeveralThreads) {
  BlockingPool pool(4);
  std::atomic<int> ran = 0;
  int resumed = 0;
  for (int i = 0; i < 499; ++i) group().spawn(count_up(&pool, &loop(), &ran, &resumed));
  run(count_up(&pool, &loop(), &ran, &resumed));
  EXPECT_EQ(ran, 500);
  EXPECT_EQ(resumed, 500);
}

Task<void> expect_busy(BlockingPool* workers, EventLoop* own_loop, std::promise<void>* gate) {
  auto work = []() -> Result<int> { return 1; };
  Result<int> refused = co_await workers->run(*own_loop, work);
  EXPECT_TRUE(!refused && refused.error().code == Errc::unavailable);
  gate->set_value();
}

TEST_F(BlockingPoolTest, FullQueueIsAnErrorValue) {
  BlockingPool pool(1, 1);
  std::promise<void> gate;
  std::promise<void> begun;
  const auto blocked = [](BlockingPool* workers, EventLoop* own_loop, std::promise<void>* opened,
                          std::promise<void>* started) -> Task<void> {
    auto work = [opened, started]() -> Result<int> {
      started->set_value();
      opened->get_future().wait();
      return 1;
    };
    Result<int> done = co_await workers->run(*own_loop, work);
    EXPECT_TRUE(done.has_value());
  };
  std::atomic<int> ran = 0;
  int resumed = 0;
  group().spawn(blocked(&pool, &loop(), &gate, &begun));
  begun.get_future().wait();                                // one runs
  group().spawn(count_up(&pool, &loop(), &ran, &resumed));  // one is queued
  run(expect_busy(&pool, &loop(), &gate));
  EXPECT_EQ(resumed, 1);
}

TEST_F(BlockingPoolTest, DestroyedWaiterIsNotResumed) {
  std::promise<void> gate;
  std::atomic<bool> finished = false;
  {
    BlockingPool pool(1);
    auto work = [&]() -> Result<int> {
      gate.get_future().wait();
      finished = true;
      return 1;
    };
    auto own = EventLoop::create(clock_).value();
    {
      // Starts the task, then destroys it while its work is under way, and its loop too.
      struct Holder {
        struct promise_type {
          Holder get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
          }
          std::suspend_never initial_suspend() const noexcept { return {}; }
          std::suspend_always final_suspend() const noexcept { return {}; }
          void return_void() const noexcept {}
          void unhandled_exception() const noexcept { std::terminate(); }
        };
        std::coroutine_handle<promise_type> handle;
      };
      const auto hold = [](BlockingPool* workers, EventLoop* own_loop, auto job) -> Holder {
        Result<int> never = co_await workers->run(*own_loop, job);
        ADD_FAILURE() << never.has_value();
      };
      const Holder holder = hold(&pool, own.get(), work);
      holder.handle.destroy();
    }
    own.reset();
    gate.set_value();
  }
  EXPECT_TRUE(finished);
}

}  // namespace
}  // namespace gatehouse::net
