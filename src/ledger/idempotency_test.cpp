#include "gatehouse/ledger/idempotency.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "settler_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using Kind = IdempotencyDecision::Kind;
using testing::at_seconds;
using testing::Call;
using testing::kDay;
using testing::kNewYear;
using testing::LedgerFolder;

class IdempotencyTest : public ::testing::Test {
 protected:
  void SetUp() override { ledger_.open(); }
  IdempotencyStore store() {
    auto opened = IdempotencyStore::open(ledger_.database());
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  static IdempotentRequest request(std::string_view call_id = "c1") {
    return {.scope = "tenant-1", .key = "k", .fingerprint = "f", .call_id = call_id};
  }
  Kind begin(IdempotencyStore& store, const IdempotentRequest& request, core::WallTime at = kNow) {
    auto decision = store.begin(request, at);
    EXPECT_TRUE(decision) << decision.error().internal_detail;
    return decision->kind;
  }
  static constexpr core::WallTime kNow{core::Seconds(kNewYear)};
  LedgerFolder ledger_;
};

TEST_F(IdempotencyTest, TheAnswerIsReplayed) {
  auto keys = store();
  EXPECT_EQ(begin(keys, request()), Kind::started);
  EXPECT_EQ(begin(keys, request("c2")), Kind::in_progress);
  ASSERT_TRUE(keys.complete("tenant-1", "k", {200, "content-type: x", std::string("b\0dy", 4)}));
  auto replay = keys.begin(request("c3"), kNow);
  ASSERT_TRUE(replay);
  EXPECT_EQ(replay->kind, Kind::replay);
  EXPECT_EQ(replay->call_id, "c1");
  EXPECT_EQ(replay->answer.status, 200);
  EXPECT_EQ(replay->answer.headers, "content-type: x");
  EXPECT_EQ(replay->answer.body, std::string("b\0dy", 4));
  EXPECT_FALSE(keys.complete("tenant-1", "k", {}));
}

TEST_F(IdempotencyTest, AnotherBodyIsAMismatchAndAnotherTenantIsIndependent) {
  auto keys = store();
  EXPECT_EQ(begin(keys, request()), Kind::started);
  IdempotentRequest other = request("c2");
  other.fingerprint = "g";
  EXPECT_EQ(begin(keys, other), Kind::mismatch);
  other.scope = "tenant-2";
  EXPECT_EQ(begin(keys, other), Kind::started);
}

TEST_F(IdempotencyTest, OfManyAtOnceOneRuns) {
  auto keys = store();
  std::atomic<int> started = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      for (int n = 0; n < 6; ++n) {
        auto decision = keys.begin(request("c" + std::to_string(i)), kNow);
        if (decision && decision->kind == Kind::started) ++started;
      }
    });
  }
  for (auto& client : clients) client.join();
  EXPECT_EQ(started, 1);
}

TEST_F(IdempotencyTest, KeysAreBoundedAndEndAfterADay) {
  auto keys = store();
  IdempotentRequest bad = request();
  const std::string longest(255, 'k');
  const std::string too_long(256, 'k');
  for (const std::string_view key : {std::string_view(), std::string_view(too_long)}) {
    bad.key = key;
    EXPECT_EQ(keys.begin(bad, kNow).error().code, core::Errc::invalid_argument);
  }
  bad.key = longest;
  EXPECT_EQ(begin(keys, bad), Kind::started);
  EXPECT_EQ(begin(keys, request()), Kind::started);
  EXPECT_EQ(begin(keys, request(), kNow + core::Seconds(2 * kDay)), Kind::in_progress)
      << "a call that runs keeps its key";
  ASSERT_TRUE(keys.complete("tenant-1", "k", {200, "", "x"}));
  EXPECT_EQ(begin(keys, request(), kNow + core::Seconds(kDay - 1)), Kind::replay);
  EXPECT_EQ(begin(keys, request("c9"), kNow + core::Seconds(kDay)), Kind::started);
  ASSERT_TRUE(keys.complete("tenant-1", "k", {200, "", "x"}));
  EXPECT_EQ(keys.expire(kNow + core::Seconds(kDay)), 0);
  EXPECT_EQ(keys.expire(kNow + core::Seconds(3 * kDay)), 1);
}

TEST_F(IdempotencyTest, AnAbandonedKeyIsFree) {
  auto keys = store();
  EXPECT_EQ(begin(keys, request()), Kind::started);
  ASSERT_TRUE(keys.abandon("tenant-1", "k"));
  EXPECT_EQ(begin(keys, request("c2")), Kind::started);
}

TEST_F(IdempotencyTest, AfterACrashACallThatMayHaveRunIsUnknownAndOneThatDidNotRuns) {
  auto keys = store();
  EXPECT_EQ(begin(keys, request("sent")), Kind::started);
  IdempotentRequest second = request("not sent");
  second.key = "k2";
  EXPECT_EQ(begin(keys, second), Kind::started);
  for (const char* id : {"sent", "not sent"}) {
    ASSERT_TRUE(ledger_.journal().reserve(Call(id).reservation()));
  }
  ledger_.journal().dispatch("sent");
  ledger_.flush();
  ledger_.kill();
  ledger_.open();
  auto after = store();
  EXPECT_EQ(begin(after, request("c3")), Kind::unknown);
  second.call_id = "c4";
  EXPECT_EQ(begin(after, second), Kind::started);
}

}  // namespace
}  // namespace gatehouse::ledger
