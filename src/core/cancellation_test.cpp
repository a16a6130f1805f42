#include "gatehouse/core/cancellation.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace gatehouse::core {
namespace {

using Reason = Cancellation::Reason;

TEST(Cancellation, StartsUnrequested) {
  Cancellation cancellation;
  EXPECT_FALSE(cancellation.requested());
  EXPECT_EQ(cancellation.reason(), Reason::none);
  cancellation.request(Reason::none);
  EXPECT_FALSE(cancellation.requested());
}

TEST(Cancellation, FirstReasonWins) {
  Cancellation cancellation;
  int runs = 0;
  CancelCallback callback(cancellation, [&] { ++runs; });
  cancellation.request(Reason::deadline);
  cancellation.request(Reason::client_left);
  EXPECT_EQ(cancellation.reason(), Reason::deadline);
  EXPECT_EQ(runs, 1);
}

TEST(Cancellation, RunsTheMostRecentFirst) {
  Cancellation cancellation;
  std::string order;
  CancelCallback a(cancellation, [&] { order += 'a'; });
  CancelCallback b(cancellation, [&] { order += 'b'; });
  CancelCallback c(cancellation, [&] { order += 'c'; });
  cancellation.request(Reason::shutdown);
  EXPECT_EQ(order, "cba");
}

TEST(Cancellation, RunsALateCallbackAtOnce) {
  Cancellation cancellation;
  cancellation.request(Reason::client_left);
  int runs = 0;
  CancelCallback late(cancellation, [&] { ++runs; });
  EXPECT_EQ(runs, 1);
  cancellation.request(Reason::deadline);
  EXPECT_EQ(runs, 1);
}

TEST(Cancellation, ForgetsDestroyedCallbacksInAnyOrder) {
  for (int gone = 0; gone < 3; ++gone) {
    Cancellation cancellation;
    std::string order;
    std::optional<CancelCallback> callbacks[3];
    for (int i = 0; i < 3; ++i) {
      callbacks[i].emplace(cancellation, [&order, i] { order += static_cast<char>('0' + i); });
    }
    callbacks[gone].reset();
    cancellation.request(Reason::deadline);
    std::string expected = "210";
    std::erase(expected, static_cast<char>('0' + gone));
    EXPECT_EQ(order, expected);
  }
}

TEST(Cancellation, ACallbackMayDestroyOthers) {
  Cancellation cancellation;
  int runs = 0;
  auto older = std::make_unique<CancelCallback>(cancellation, [&] { ++runs; });
  auto oldest_alive = std::make_unique<CancelCallback>(cancellation, [&] { ++runs; });
  CancelCallback newest(cancellation, [&] { older.reset(); });
  cancellation.request(Reason::shutdown);
  EXPECT_EQ(runs, 1);
}

// A callback that resumes a coroutine may end the scope that holds it.
TEST(Cancellation, ACallbackMayDestroyItself) {
  Cancellation cancellation;
  std::unique_ptr<CancelCallback> self;
  const auto marker = std::make_shared<int>(0);
  self = std::make_unique<CancelCallback>(cancellation, [&self, marker] {
    self.reset();
    ++*marker;  // reads the closure, which must still be there
  });
  cancellation.request(Reason::client_left);
  EXPECT_EQ(*marker, 1);
  EXPECT_EQ(marker.use_count(), 1);
}

TEST(Cancellation, ACallbackMayRegisterAnother) {
  Cancellation cancellation;
  int runs = 0;
  std::unique_ptr<CancelCallback> inner;
  CancelCallback outer(cancellation, [&] {
    inner = std::make_unique<CancelCallback>(cancellation, [&] { ++runs; });
  });
  cancellation.request(Reason::deadline);
  EXPECT_EQ(runs, 1);
}

TEST(Cancellation, AShutdownOutranksAClientThatHasLeft) {
  Cancellation cancellation;
  std::string heard;
  CancelCallback goes_on(cancellation, [&] {
    heard += 'a';
    goes_on.listen_on(cancellation, [&] { heard += 'b'; });
  });
  CancelCallback ends(cancellation, [&] { heard += 'c'; });
  cancellation.request(Reason::client_left);
  EXPECT_EQ(heard, "ca");
  cancellation.request(Reason::client_left);
  cancellation.request(Reason::deadline);
  EXPECT_EQ(heard, "ca");
  EXPECT_EQ(cancellation.reason(), Reason::client_left);
  cancellation.request(Reason::shutdown);
  EXPECT_EQ(heard, "cab");
  EXPECT_EQ(cancellation.reason(), Reason::shutdown);
  cancellation.request(Reason::client_left);
  EXPECT_EQ(cancellation.reason(), Reason::shutdown);
}

TEST(Cancellation, OneThatListensOnMayBeDestroyed) {
  Cancellation cancellation;
  int runs = 0;
  auto first = std::make_unique<CancelCallback>(cancellation, [] {});
  auto second = std::make_unique<CancelCallback>(cancellation, [] {});
  cancellation.request(Reason::client_left);
  first->listen_on(cancellation, [&] { ++runs; });
  second->listen_on(cancellation, [&] { ++runs; });
  second.reset();
  cancellation.request(Reason::shutdown);
  EXPECT_EQ(runs, 1);
}

TEST(Cancellation, ServesAgainAfterReset) {
  Cancellation cancellation;
  cancellation.request(Reason::deadline);
  cancellation.reset();
  EXPECT_FALSE(cancellation.requested());
  int runs = 0;
  CancelCallback callback(cancellation, [&] { ++runs; });
  EXPECT_EQ(runs, 0);
  cancellation.request(Reason::client_left);
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace gatehouse::core
