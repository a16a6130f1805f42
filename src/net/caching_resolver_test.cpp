#include "caching_resolver.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <atomic>
#include <future>
#include <thread>

#include "loop_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Cancellation;
using core::Errc;
using core::Millis;
using Answer = core::Result<std::vector<SocketAddress>>;

std::vector<SocketAddress> addresses(std::size_t count) {
  return std::vector<SocketAddress>(count, parse_ip_literal("192.0.2.1", 0).value());
}

class CachingResolverTest : public testing::LoopTest {
 protected:
  void make(CachingResolver::Lookup lookup, CachingResolver::Options options = {}) {
    resolver_ = std::make_unique<CachingResolver>(
        [this, lookup = std::move(lookup)](const std::string& host) {
          ++lookups_;
          return lookup(host);
        },
        options);
  }

  static core::Task<void> ask(Resolver* resolver, EventLoop* loop, std::string host,
                              core::MonotonicTime deadline, Cancellation* cancellation,
                              std::optional<Answer>* answer) {
    *answer = co_await resolver->resolve(*loop, host, 443, deadline, *cancellation);
  }
  Answer resolve(const std::string& host, core::Nanos within = core::Seconds(5)) {
    std::optional<Answer> answer;
    run(ask(resolver_.get(), &loop(), host, clock_.monotonic() + within, &cancellation_, &answer));
    return std::move(*answer);
  }

  std::atomic<int> lookups_ = 0;
  std::unique_ptr<CachingResolver> resolver_;
  Cancellation cancellation_;
};

TEST_F(CachingResolverTest, AnswersCarryThePortAndAreCached) {
  make([](const std::string&) -> Answer { return addresses(2); });
  for (int i = 0; i < 3; ++i) {
    const Answer answer = resolve("a.example");
    ASSERT_TRUE(answer.has_value());
    ASSERT_EQ(answer->size(), 2U);
    EXPECT_EQ(answer->front().text(), "192.0.2.1");
    EXPECT_EQ(reinterpret_cast<const sockaddr_in&>(answer->front().storage).sin_port, htons(443));
  }
  EXPECT_EQ(lookups_, 1);
  EXPECT_TRUE(resolve("b.example").has_value());
  EXPECT_EQ(lookups_, 2);
}

TEST_F(CachingResolverTest, LiteralsNeedNoLookup) {
  make([](const std::string&) -> Answer { return addresses(0); });
  EXPECT_EQ(resolve("::1")->front().text(), "::1");
  EXPECT_EQ(lookups_, 0);
}

TEST_F(CachingResolverTest, AtMostSixteenAddresses) {
  make([](const std::string&) -> Answer { return addresses(200); });
  EXPECT_EQ(resolve("many.example")->size(), 16U);
}

TEST_F(CachingResolverTest, CachedAnswersExpire) {
  make([](const std::string&) -> Answer { return addresses(1); }, {.lifetime = Millis(0)});
  EXPECT_TRUE(resolve("a.example").has_value());
  EXPECT_TRUE(resolve("a.example").has_value());
  EXPECT_EQ(lookups_, 2);
}

TEST_F(CachingResolverTest, FailuresAreCachedForTheirOwnTime) {
  const auto failing = [](const std::string&) -> Answer {
    return core::fail(Errc::upstream_failed, "no such name");
  };
  make(failing);
  EXPECT_EQ(resolve("missing.example").error().code, Errc::upstream_failed);
  EXPECT_EQ(resolve("missing.example").error().code, Errc::upstream_failed);
  EXPECT_EQ(lookups_, 1);
  make(failing, {.failure_lifetime = Millis(0)});
  EXPECT_FALSE(resolve("missing.example").has_value());
  EXPECT_FALSE(resolve("missing.example").has_value());
  EXPECT_EQ(lookups_, 3);
}

TEST_F(CachingResolverTest, CacheIsBounded) {
  make([](const std::string&) -> Answer { return addresses(1); }, {.max_cached = 4});
  for (int i = 0; i < 12; ++i) EXPECT_TRUE(resolve("h" + std::to_string(i)).has_value());
  EXPECT_TRUE(resolve("h11").has_value());
  EXPECT_EQ(lookups_, 12);
}

TEST_F(CachingResolverTest, SlowLookupIsBoundedByTheDeadlineAndItsAnswerServesLaterCalls) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  make([opened](const std::string&) -> Answer {
    opened.wait();
    return addresses(1);
  });
  const Answer late = resolve("slow.example", Millis(12));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, Errc::upstream_timeout);
  gate.set_value();
  EXPECT_TRUE(resolve("slow.example").has_value());
  EXPECT_EQ(lookups_, 1);
}

TEST_F(CachingResolverTest, CancellationEndsTheWait) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  make([opened](const std::string&) -> Answer {
    opened.wait();
    return addresses(1);
  });
  loop().post([this] { cancellation_.request(Cancellation::Reason::client_left); });
  EXPECT_EQ(resolve("slow.example").error().code, Errc::cancelled);
  EXPECT_EQ(resolve("slow.example").error().code, Errc::cancelled);
  gate.set_value();
}

TEST_F(CachingResolverTest, ConcurrentQuestionsOfManyLoopsShareOneLookup) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  make([opened](const std::string&) -> Answer {
    opened.wait();
    return addresses(1);
  });
  constexpr int kLoops = 3;
  constexpr int kEach = 20;
  std::atomic<int> answered = 0;
  std::atomic<int> asking = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kLoops; ++t) {
    threads.emplace_back([&] {
      auto own = EventLoop::create(clock_).value();
      core::TaskGroup group;
      Cancellation never;
      std::array<std::optional<Answer>, kEach> answers;
      for (auto& answer : answers) {
        group.spawn(ask(resolver_.get(), own.get(), "same.example",
                        clock_.monotonic() + core::Seconds(5), &never, &answer));
      }
      if (++asking == kLoops) gate.set_value();
      core::TaskGroup joiner;
      joiner.spawn([](core::TaskGroup* all, EventLoop* to_stop) -> core::Task<void> {
        co_await all->join();
        to_stop->stop();
      }(&group, own.get()));
      own->run();
      for (const auto& answer : answers) answered += answer && answer->has_value() ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, kLoops * kEach);
  EXPECT_EQ(lookups_, 1);
}

TEST_F(CachingResolverTest, FullQueueIsAnErrorValue) {
  std::promise<void> gate;
  std::shared_future<void> opened = gate.get_future().share();
  make(
      [opened](const std::string&) -> Answer {
        opened.wait();
        return addresses(1);
      },
      {.threads = 1, .max_queued = 0});
  EXPECT_EQ(resolve("x.example").error().code, Errc::unavailable);
  gate.set_value();
}

TEST_F(CachingResolverTest, DestructionDoesNotWaitForALookupUnderWay) {
  auto gate = std::make_shared<std::promise<void>>();
  auto done = std::make_shared<std::promise<void>>();
  make([opened = gate->get_future().share(), done](const std::string&) -> Answer {
    opened.wait();
    done->set_value();
    return addresses(1);
  });
  EXPECT_EQ(resolve("slow.example", Millis(8)).error().code, Errc::upstream_timeout);
  resolver_.reset();
  gate->set_value();
  done->get_future().wait();
}

TEST(SystemResolver, LocalhostResolvesToLoopback) {
  core::SystemClock clock;
  auto loop = EventLoop::create(clock).value();
  const auto resolver = make_system_resolver();
  core::TaskGroup group;
  group.spawn([](Resolver* asked, EventLoop* own) -> core::Task<void> {
    Cancellation never;
    const std::string host = "localhost";
    Answer answer = co_await asked->resolve(*own, host, 80, own->now() + core::Seconds(5), never);
    EXPECT_TRUE(answer.has_value());
    for (const SocketAddress& address : *answer) EXPECT_FALSE(is_public_address(address));
    own->stop();
  }(resolver.get(), loop.get()));
  loop->run();
}

}  // namespace
}  // namespace gatehouse::net
