#include "gatehouse/net/event_loop.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gatehouse/core/task_group.hpp"
#include "loop_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Cancellation;
using core::Millis;
using core::Result;
using core::Task;
using EventLoopTest = testing::LoopTest;

struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0); }
  ~Pair() {
    for (const int fd : fds) ::close(fd);
  }
  std::array<int, 2> fds{};
};

struct RecordingSink : ReadinessSink {
  void on_ready(Readiness edges) override {
    all.push_back(edges);
    if (action) action();
  }
  std::vector<Readiness> all;
  std::function<void()> action;
};

TEST_F(EventLoopTest, PostedWorkRunsInOrderOnTheLoopsThread) {
  std::vector<int> order;
  const auto loop_thread = std::this_thread::get_id();
  std::thread poster([&] {
    for (int i = 0; i < 100; ++i) {
      loop().post([&order, i, loop_thread] {
        EXPECT_EQ(std::this_thread::get_id(), loop_thread);
        order.push_back(i);
      });
    }
    loop().post([&] { loop().stop(); });
  });
  loop().run();
  poster.join();
  ASSERT_EQ(order.size(), 100U);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(EventLoopTest, PostsFromManyThreadsAllArrive) {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  int arrived = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        loop().post([&] {
          if (++arrived == kThreads * kEach) loop().stop();
        });
      }
    });
  }
  loop().run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(arrived, kThreads * kEach);
}

TEST_F(EventLoopTest, WorkPostedByPostedWorkRunsInALaterTurn) {
  int depth = 0;
  std::function<void()> step = [&] {
    if (++depth == 10) return loop().stop();
    loop().post(step);
    EXPECT_LT(depth, 10);
  };
  loop().post(step);
  loop().run();
  EXPECT_EQ(depth, 10);
}

TEST_F(EventLoopTest, StopFromAnotherThreadEndsAWaitWithoutTimers) {
  std::thread stopper([&] { loop().stop(); });
  loop().run();
  stopper.join();
  loop().post([&] { loop().stop(); });
  loop().run();  // a stopped loop can run again
}

EventLoop* signalled_loop = nullptr;

TEST_F(EventLoopTest, StopWorksInASignalHandler) {
  signalled_loop = &loop();
  const auto previous = std::signal(SIGUSR1, [](int) { signalled_loop->stop(); });
  loop().post([] { std::raise(SIGUSR1); });
  loop().run();
  std::signal(SIGUSR1, previous);
}

TEST_F(EventLoopTest, SleepEndsAtItsDueTimeAndNotBefore) {
  const auto start = clock_.monotonic();
  const auto sleeper = [](EventLoop* loop, core::MonotonicTime due) -> Task<void> {
    Cancellation never;
    const Result<void> slept = co_await loop->sleep_until(due, never);
    EXPECT_TRUE(slept.has_value());
    EXPECT_GE(loop->now(), due);
  };
  run(sleeper(&loop(), start + Millis(9)));
}

Task<void> expect_cancelled_sleep(EventLoop* loop, Cancellation* cancellation, bool* done) {
  const Result<void> slept =
      co_await loop->sleep_until(loop->now() + std::chrono::hours(1), *cancellation);
  EXPECT_TRUE(!slept.has_value() && slept.error().code == core::Errc::cancelled);
  *done = true;
}

TEST_F(EventLoopTest, CancellationEndsASleepButNotInsideTheRequest) {
  Cancellation cancellation;
  bool done = false;
  loop().post([&] {
    cancellation.request(Cancellation::Reason::client_left);
    EXPECT_FALSE(done);
  });
  run(expect_cancelled_sleep(&loop(), &cancellation, &done));
  EXPECT_TRUE(done);
}

TEST_F(EventLoopTest, SleepWithARequestedCancellationReturnsAtOnce) {
  Cancellation cancellation;
  cancellation.request(Cancellation::Reason::shutdown);
  bool done = false;
  run(expect_cancelled_sleep(&loop(), &cancellation, &done));
  EXPECT_TRUE(done);
}

TEST(EventLoopWithManualClock, TimersFollowTheClockOfTheLoop) {
  core::ManualClock clock;
  auto loop = EventLoop::create(clock).value();
  const auto start = clock.monotonic();
  std::vector<int> fired;
  Timer late([&] {
    fired.push_back(60);
    loop->stop();
  });
  Timer early([&] {
    fired.push_back(30);
    EXPECT_GE(loop->now(), start + core::Seconds(30));
    clock.advance(core::Seconds(30));
  });
  loop->arm(late, start + core::Seconds(60));
  loop->arm(early, start + core::Seconds(30));
  loop->post([&] { clock.advance(core::Seconds(30)); });
  loop->run();
  EXPECT_EQ(fired, (std::vector<int>{30, 60}));
}

Task<void> send(EventLoop* loop, std::vector<std::string>* order, std::string name) {
  order->push_back("ask " + name);
  SendingPhase first(*loop);
  co_await first;
  order->push_back("send " + name);
  SendingPhase second(*loop);
  co_await second;  // the loop is sending: at once
  order->push_back("send " + name + " again");
}

TEST_F(EventLoopTest, SendsOfATurnFollowEachOtherAtItsEnd) {
  std::vector<std::string> order;
  core::TaskGroup senders;
  for (const char* name : {"a", "b"}) {
    loop().post([&, name] { senders.spawn(send(&loop(), &order, name)); });
  }
  loop().post([&] {
    order.emplace_back("other work");
    loop().stop();
  });
  loop().run();
  EXPECT_EQ(order, (std::vector<std::string>{"ask a", "ask b", "other work", "send a",
                                             "send a again", "send b", "send b again"}));
}

TEST_F(EventLoopTest, SendAskedForOutsideATurnDoesNotWaitForAnEvent) {
  std::vector<std::string> order;
  const auto sender = [](EventLoop* loop, std::vector<std::string>* said) -> Task<void> {
    co_await send(loop, said, "a");
    loop->stop();
  };
  core::TaskGroup senders;
  senders.spawn(sender(&loop(), &order));
  EXPECT_EQ(order.size(), 1U);
  loop().run();
  EXPECT_EQ(order.size(), 3U);
}

TEST_F(EventLoopTest, SenderThatIsDestroyedWhileItWaitsIsForgotten) {
  std::array<std::optional<SendingPhase>, 3> phases;
  for (auto& phase : phases) {
    phase.emplace(loop());
    ASSERT_FALSE(phase->await_ready());
    phase->await_suspend(std::noop_coroutine());
  }
  std::vector<std::string> order;
  phases[1].reset();
  phases[0].reset();
  phases[2].reset();
  core::TaskGroup senders;
  senders.spawn(send(&loop(), &order, "a"));
  loop().post([&] { loop().stop(); });
  loop().run();
  EXPECT_EQ(order.back(), "send a again");
}

/// Sinks that are all ready in the first turn and each start a send.
TEST_F(EventLoopTest, SendsDoNotWaitForAWholeTurnOfManyEvents) {
  constexpr std::size_t kConnections = 100;
  std::vector<Pair> pairs(kConnections);
  std::vector<RecordingSink> sinks(kConnections);
  std::vector<std::string> order;
  core::TaskGroup senders;
  for (std::size_t i = 0; i < kConnections; ++i) {
    sinks[i].action = [&] { senders.spawn(send(&loop(), &order, "x")); };
    ASSERT_TRUE(loop().add(pairs[i].fds[0], sinks[i]).has_value());
  }
  loop().post([&] { loop().stop(); });
  loop().run();
  ASSERT_EQ(order.size(), 3 * kConnections);
  const auto first_send = std::find(order.begin(), order.end(), "send x") - order.begin();
  EXPECT_GT(first_send, 1);
  EXPECT_LT(first_send, static_cast<std::ptrdiff_t>(kConnections) / 2);
  for (std::size_t i = 0; i < kConnections; ++i) loop().remove(pairs[i].fds[0], sinks[i]);
}

TEST_F(EventLoopTest, ReadinessIsReportedAsEdges) {
  Pair pair;
  RecordingSink sink;
  int turns = 0;
  std::function<void()> step = [&] {
    ++turns;
    if (turns == 3) {
      ASSERT_EQ(::write(pair.fds[1], "x", 1), 1);
    }
    if (turns == 6) ::shutdown(pair.fds[1], SHUT_WR);
    if (turns == 9) return loop().stop();
    loop().post(step);
  };
  ASSERT_TRUE(loop().add(pair.fds[0], sink).has_value());
  loop().post(step);
  loop().run();
  loop().remove(pair.fds[0], sink);
  ASSERT_EQ(sink.all.size(), 3U);
  EXPECT_TRUE(sink.all[0].writable && !sink.all[0].readable && !sink.all[0].hang_up);
  EXPECT_TRUE(sink.all[1].readable && !sink.all[1].hang_up);
  EXPECT_TRUE(sink.all[2].readable && sink.all[2].hang_up);
}

TEST_F(EventLoopTest, SinkRemovedEarlierInTheSameTurnHearsNothing) {
  Pair first;
  Pair second;
  RecordingSink left;
  RecordingSink right;
  // Both become ready in one turn; whichever is told first removes the other.
  left.action = [&] { loop().remove(second.fds[0], right); };
  right.action = [&] { loop().remove(first.fds[0], left); };
  ASSERT_TRUE(loop().add(first.fds[0], left).has_value());
  ASSERT_TRUE(loop().add(second.fds[0], right).has_value());
  loop().post([&] { loop().stop(); });
  loop().run();
  EXPECT_EQ(left.all.size() + right.all.size(), 1U);
}

TEST_F(EventLoopTest, AddOfAClosedDescriptorIsAnErrorValue) {
  RecordingSink sink;
  const Result<void> added = loop().add(-1, sink);
  ASSERT_FALSE(added.has_value());
  EXPECT_EQ(added.error().code, core::Errc::io);
}

TEST(EventLoopLimits, CreationWithoutDescriptorsIsAnErrorValue) {
  core::SystemClock clock;
  rlimit saved{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &saved), 0);
  const rlimit none{.rlim_cur = 3, .rlim_max = saved.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto loop = EventLoop::create(clock);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &saved), 0);
  ASSERT_FALSE(loop.has_value());
  EXPECT_EQ(loop.error().code, core::Errc::io);
}

}  // namespace
}  // namespace gatehouse::net
