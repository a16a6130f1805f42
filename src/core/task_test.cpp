#include "gatehouse/core/task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gatehouse/core/task_group.hpp"

namespace gatehouse::core {
namespace {

/// Suspends its awaiters until released, oldest first.
class Gate {
 public:
  struct Awaiter {
    Gate& gate;
    bool await_ready() const noexcept { return gate.open_; }
    void await_suspend(std::coroutine_handle<> waiter) { gate.waiters_.push_back(waiter); }
    void await_resume() const noexcept {}
  };
  Awaiter operator co_await() noexcept { return Awaiter{*this}; }

  void release_one() {
    const std::coroutine_handle<> waiter = waiters_.front();
    waiters_.erase(waiters_.begin());
    waiter.resume();
  }
  std::size_t waiting() const noexcept { return waiters_.size(); }

 private:
  bool open_ = false;
  std::vector<std::coroutine_handle<>> waiters_;
};

/// Counts live objects, to see frames destroyed.
class Probe {
 public:
  explicit Probe(int& alive) : alive_(&alive) { ++*alive_; }
  Probe(const Probe& other) : alive_(other.alive_) { ++*alive_; }
  Probe& operator=(const Probe&) = delete;
  ~Probe() { --*alive_; }

 private:
  int* alive_;
};

Task<int> number(int value) {
  co_return value;
}

Task<std::unique_ptr<std::string>> movable() {
  co_return std::make_unique<std::string>("owned");
}

Task<> mark(bool* flag) {
  *flag = true;
  co_return;
}

Task<int> throwing() {
  throw std::runtime_error("a bug");
  co_return 0;
}

Task<> wait(Gate* gate) {
  co_await *gate;
}

Task<int> wait_for(Gate* gate, int value) {
  co_await *gate;
  co_return value;
}

Task<> throw_later(Gate* gate) {
  co_await *gate;
  throw std::runtime_error("a late bug");
}

/// Runs a task that does not suspend.
void run(Task<> task) {
  TaskGroup group;
  group.spawn(std::move(task));
  ASSERT_EQ(group.size(), 0u) << "the task did not finish";
}

Task<> values_body(int* seen) {
  const int one = co_await number(1);
  const int two = co_await number(2);
  const std::unique_ptr<std::string> text = co_await movable();
  *seen = one + two + static_cast<int>(text->size());
}

TEST(Task, YieldsValues) {
  int seen = 0;
  run(values_body(&seen));
  EXPECT_EQ(seen, 8);
}

TEST(Task, StartsWhenAwaited) {
  bool flag = false;
  {
    const Task<> never = mark(&flag);
  }
  EXPECT_FALSE(flag);
  run(mark(&flag));
  EXPECT_TRUE(flag);
}

Task<> catch_body(std::string* what) {
  try {
    const int never = co_await throwing();
    *what = std::to_string(never);
  } catch (const std::runtime_error& error) {
    *what = error.what();
  }
}

TEST(Task, PassesExceptionsToTheAwaiter) {
  std::string what;
  run(catch_body(&what));
  EXPECT_EQ(what, "a bug");
}

Task<> catch_late_body(Gate* gate, std::string* what) {
  try {
    co_await throw_later(gate);
  } catch (const std::runtime_error& error) {
    *what = error.what();
  }
}

TEST(Task, PassesExceptionsAfterASuspension) {
  Gate gate;
  std::string what;
  TaskGroup group;
  group.spawn(catch_late_body(&gate, &what));
  EXPECT_EQ(what, "");
  gate.release_one();
  EXPECT_EQ(what, "a late bug");
  EXPECT_EQ(group.size(), 0u);
}

Task<int> nested(Gate* gate, int depth) {
  if (depth == 0) co_return co_await wait_for(gate, 1);
  const int below = co_await nested(gate, depth - 1);
  co_return below + 1;
}

Task<> nested_body(Gate* gate, int* seen) {
  *seen = co_await nested(gate, 100);
}

TEST(Task, ResumesThroughManyAwaiters) {
  Gate gate;
  int seen = 0;
  TaskGroup group;
  group.spawn(nested_body(&gate, &seen));
  EXPECT_EQ(seen, 0);
  gate.release_one();
  EXPECT_EQ(seen, 101);
}

/// The stack pointer, roughly.
[[gnu::noinline]] std::uintptr_t stack_position() {
  return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

struct StackRange {
  std::uintptr_t low = ~std::uintptr_t{0};
  std::uintptr_t high = 0;
  void note(std::uintptr_t at) {
    low = std::min(low, at);
    high = std::max(high, at);
  }
  std::uintptr_t size() const { return high - low; }
};

Task<int> note_stack(StackRange* range) {
  range->note(stack_position());
  co_return 1;
}

Task<> loop_body(int rounds, StackRange* range, int* sum) {
  for (int i = 0; i < rounds; ++i) {
    const int one = co_await note_stack(range);
    *sum += one;
  }
}

// docs/adr/0002: without optimisation the compiler makes no tail calls, so this would overflow.
TEST(Task, AMillionSynchronousAwaitsUseNoStack) {
  StackRange range;
  int sum = 0;
  run(loop_body(1'000'000, &range, &sum));
  EXPECT_EQ(sum, 1'000'000);
  EXPECT_LT(range.size(), 4096u);
}

Task<> suspended_loop_body(Gate* gate, StackRange* range, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    co_await wait(gate);
    const int one = co_await note_stack(range);
    static_cast<void>(one);
  }
}

TEST(Task, SuspendedAwaitsUseNoStackEither) {
  Gate gate;
  StackRange range;
  TaskGroup group;
  group.spawn(suspended_loop_body(&gate, &range, 10'000));
  while (gate.waiting() != 0) gate.release_one();
  EXPECT_EQ(group.size(), 0u);
  EXPECT_LT(range.size(), 4096u);
}

Task<> holding(Gate* gate, Probe probe) {
  const Probe local(probe);
  co_await *gate;
}

Task<> holding_parent(Gate* gate, Probe probe) {
  const Probe local(probe);
  co_await holding(gate, local);
}

/// Starts `task` and leaves it where it suspends.
struct Started {
  struct promise_type {
    Started get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Started start(Task<> task) {
  co_await std::move(task);
}

TEST(Task, DestroyingASuspendedTaskDestroysAllBelow) {
  Gate gate;
  int alive = 0;
  const Started started = start(holding_parent(&gate, Probe(alive)));
  EXPECT_EQ(gate.waiting(), 1u);
  EXPECT_GE(alive, 4);
  started.handle.destroy();
  EXPECT_EQ(alive, 0);
}

TEST(Task, AnUnstartedTaskFreesItsArguments) {
  Gate gate;
  int alive = 0;
  {
    const Task<> never = holding(&gate, Probe(alive));
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Task, MovesLikeAPointer) {
  bool first = false;
  bool second = false;
  Task<> task = mark(&first);
  Task<> other = mark(&second);
  task = std::move(other);  // drops the first, never run
  Task<> last(std::move(task));
  run(std::move(last));
  EXPECT_FALSE(first);
  EXPECT_TRUE(second);
}

Task<int> large_frame(Gate* gate) {
  std::array<char, 10'000> bytes{};
  bytes[5'000] = 7;
  co_await *gate;
  co_return bytes[5'000];
}

Task<> large_body(Gate* gate, int* seen) {
  *seen = co_await large_frame(gate);
}

TEST(Task, FramesBeyondThePoolWorkToo) {
  Gate gate;
  int seen = 0;
  TaskGroup group;
  group.spawn(large_body(&gate, &seen));
  gate.release_one();
  EXPECT_EQ(seen, 7);
}

TEST(Task, ThousandsOfFramesComeAndGo) {
  for (int round = 0; round < 3; ++round) {
    Gate gate;
    TaskGroup group;
    for (int i = 0; i < 2'000; ++i) group.spawn(wait(&gate));
    EXPECT_EQ(group.size(), 2'000u);
    while (gate.waiting() != 0) gate.release_one();
    EXPECT_EQ(group.size(), 0u);
  }
}

Task<> join_body(TaskGroup* group, bool* joined) {
  co_await group->join();
  *joined = true;
}

TEST(TaskGroup, JoinsWhenTheLastTaskEnds) {
  Gate gate;
  TaskGroup work;
  TaskGroup outer;
  bool joined = false;
  work.spawn(wait(&gate));
  work.spawn(wait(&gate));
  outer.spawn(join_body(&work, &joined));
  EXPECT_FALSE(joined);
  gate.release_one();
  EXPECT_FALSE(joined);
  EXPECT_EQ(work.size(), 1u);
  gate.release_one();
  EXPECT_TRUE(joined);
  EXPECT_EQ(outer.size(), 0u);
}

TEST(TaskGroup, JoinOfAnEmptyGroupDoesNotSuspend) {
  TaskGroup empty;
  bool joined = false;
  run(join_body(&empty, &joined));
  EXPECT_TRUE(joined);
}

Task<> owner_body(Gate* gate, bool* gone) {
  {
    const auto group = std::make_unique<TaskGroup>();
    group->spawn(wait(gate));
    co_await group->join();
  }
  *gone = true;
}

TEST(TaskGroup, TheJoinerMayDestroyTheGroup) {
  Gate gate;
  bool gone = false;
  TaskGroup outer;
  outer.spawn(owner_body(&gate, &gone));
  gate.release_one();
  EXPECT_TRUE(gone);
}

Task<> spawner(TaskGroup* group, Gate* gate) {
  co_await *gate;
  group->spawn(wait(gate));
}

TEST(TaskGroup, WaitsForTasksSpawnedByTasks) {
  Gate gate;
  TaskGroup work;
  TaskGroup outer;
  bool joined = false;
  work.spawn(spawner(&work, &gate));
  outer.spawn(join_body(&work, &joined));
  gate.release_one();
  EXPECT_FALSE(joined);
  gate.release_one();
  EXPECT_TRUE(joined);
}

TEST(TaskGroup, FreesTheTaskBeforeItCountsItAsDone) {
  Gate gate;
  int alive = 0;
  int alive_at_join = -1;
  TaskGroup work;
  TaskGroup outer;
  work.spawn(holding(&gate, Probe(alive)));
  struct Body {
    static Task<> note(TaskGroup* group, const int* count, int* seen) {
      co_await group->join();
      *seen = *count;
    }
  };
  outer.spawn(Body::note(&work, &alive, &alive_at_join));
  gate.release_one();
  EXPECT_EQ(alive_at_join, 0);
}

TEST(TaskGroup, HandsBugsToItsHandler) {
  std::string what;
  TaskGroup group([&](std::exception_ptr bug) {
    try {
      std::rethrow_exception(bug);
    } catch (const std::exception& error) {
      what = error.what();
    }
  });
  Gate gate;
  group.spawn(throw_later(&gate));
  gate.release_one();
  EXPECT_EQ(what, "a late bug");
  EXPECT_EQ(group.size(), 0u);
}

TEST(TaskGroupDeathTest, TerminatesOnAnUnhandledBug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Gate gate;
        TaskGroup group;
        group.spawn(throw_later(&gate));
        gate.release_one();
      },
      "");
}

TEST(TaskGroupDeathTest, TerminatesWhenTheJoinWasForgotten) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Gate gate;
        TaskGroup group;
        group.spawn(wait(&gate));
      },
      "");
}

}  // namespace
}  // namespace gatehouse::core
