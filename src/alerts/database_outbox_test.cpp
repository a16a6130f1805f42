#include "gatehouse/alerts/database_outbox.hpp"

#include <gtest/gtest.h>

#include "database_test_support.hpp"

namespace gatehouse::alerts {
namespace {

constexpr core::WallTime at(std::int64_t second) {
  return core::WallTime(core::Seconds(second));
}

KeptAlert row(const std::string& id, std::int64_t second, const std::string& channel = "c1") {
  return {.event_id = id,
          .channel = channel,
          .kind = ChannelKind::slack,
          .body = "{}",
          .created_at = at(second),
          .next_try_at = at(second)};
}

class DatabaseOutboxTest : public testing::Test {
 protected:
  void apply(const OutboxChanges& changes) {
    const auto done = outbox.apply(changes);
    EXPECT_TRUE(done) << done.error().internal_detail;
  }
  std::vector<std::string> waiting() {
    std::vector<std::string> ids;
    const KeptState kept = outbox.load().value();
    ids.reserve(kept.waiting.size());
    for (const KeptAlert& alert : kept.waiting) ids.push_back(alert.event_id);
    return ids;
  }

  using Texts = std::vector<std::string>;
  test::TemporaryDatabase database;
  DatabaseOutbox outbox{*database, {.most_failed = 2, .most_claims = 3}};
};

TEST_F(DatabaseOutboxTest, GivesBackWhatWaitsInOrder) {
  apply({.claims = {}, .added = {row("b", 2), row("a", 1), row("a", 1, "c2")}});
  const auto kept = outbox.load();
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->waiting.size(), 3U);
  const KeptAlert& first = kept->waiting[0];
  EXPECT_EQ(first.event_id, "a");
  EXPECT_EQ(first.kind, ChannelKind::slack);
  EXPECT_EQ(first.body, "{}");
  EXPECT_EQ(first.created_at, at(1));
  EXPECT_EQ(first.tries, 0U);
  EXPECT_EQ(kept->waiting[2].event_id, "b");

  apply({.removed = {{"a", "c1"}},
         .untaken = {{.row = {"b", "c1"},
                      .tries = 6,
                      .at = at(9),
                      .next_try_at = at(70),
                      .reason = "status 500"}}});
  const auto later = outbox.load();
  ASSERT_EQ(later->waiting.size(), 2U);
  EXPECT_EQ(later->waiting[0].channel, "c2");
  EXPECT_EQ(later->waiting[1].tries, 6U);
  EXPECT_EQ(later->waiting[1].next_try_at, at(70));
  EXPECT_EQ(later->waiting[1].created_at, at(2));
}

TEST_F(DatabaseOutboxTest, FailuresStayWithTheirReasonUntilTheyAreOld) {
  apply({.added = {row("a", 1), row("b", 2), row("c", 3), row("d", 4)}});
  const auto fail = [](const char* id, std::int64_t second) {
    return Untaken{.row = {id, "c1"}, .tries = 1, .at = at(second), .reason = "status 400"};
  };
  apply({.untaken = {fail("a", 10), fail("b", 20), fail("c", 30)}});
  EXPECT_EQ(waiting(), Texts{"d"});
  EXPECT_EQ(database.texts("SELECT DISTINCT reason FROM alert_outbox WHERE state = 'failed'"),
            Texts{"status 400"});
  ASSERT_TRUE(outbox.expire(at(31)));
  EXPECT_EQ(database.texts("SELECT event_id FROM alert_outbox"), (Texts{"b", "c", "d"}))
      << "two failures are kept";
  ASSERT_TRUE(outbox.expire(at(20) + OutboxBounds().failed_for));
  EXPECT_EQ(database.texts("SELECT event_id FROM alert_outbox"), (Texts{"c", "d"}));
}

TEST_F(DatabaseOutboxTest, TheLatestClaimsStay) {
  for (int i = 1; i <= 5; ++i) {
    apply({.claims = {{"subject " + std::to_string(i), at(i), at(i + 100)}}});
  }
  apply({.claims = {{"subject 1", at(6), at(1'000)}}});
  const auto kept = outbox.load();
  ASSERT_EQ(kept->claims.size(), 3U);
  EXPECT_EQ(kept->claims[0].subject, "subject 4");
  EXPECT_EQ(kept->claims[2].subject, "subject 1");
  EXPECT_EQ(kept->claims[2].until, at(1'000));
  ASSERT_TRUE(outbox.expire(at(7)));
  EXPECT_EQ(database.texts("SELECT subject FROM alert_claim ORDER BY subject"),
            (Texts{"subject 1", "subject 4", "subject 5"}));
}

TEST_F(DatabaseOutboxTest, AllOrNothing) {
  apply({.added = {row("a", 1)}});
  EXPECT_FALSE(
      outbox.apply({.claims = {{"s", at(1), at(2)}}, .added = {row("b", 1), row("a", 1)}}));
  EXPECT_EQ(waiting(), Texts{"a"});
  EXPECT_TRUE(outbox.load()->claims.empty());
}

}  // namespace
}  // namespace gatehouse::alerts
