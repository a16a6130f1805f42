#include "gatehouse/ledger/corrections.hpp"

#include <gtest/gtest.h>

#include "gatehouse/ledger/balances.hpp"
#include "settler_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::at_seconds;
using testing::Call;
using testing::kDay;
using testing::kNewYear;
using testing::LedgerFolder;

const std::string kKey(64, 'a');

class CorrectionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ledger_.open();
    ASSERT_TRUE(ledger_.journal().settle(Call("1").settlement()));
    ledger_.flush();
  }
  /// duration=spent of a key, "|" between.
  std::string spent(const std::string& id = kKey) {
    const ScopeId scopes[] = {{core::Scope::global, ""}, {core::Scope::key, id}};
    auto read = Balances(ledger_.database()).read(scopes);
    EXPECT_TRUE(read);
    std::string text;
    for (const Counter& counter : read->at(1)) {
      text += counter.duration + '=' + counter.spent.to_usd() + '|';
    }
    return text;
  }
  Correction correction(CorrectionKind kind, std::int64_t nano) const {
    return {.id = "adj-1",
            .kind = kind,
            .scopes = {{core::Scope::key, kKey}},
            .amount = core::Money::nano_usd(nano),
            .actor = "admin",
            .reason = "asked for",
            .at = at_seconds(kNewYear + 10 * kDay)};
  }
  LedgerFolder ledger_;
};

TEST_F(CorrectionsTest, BalancesOfSeveralScopesInOneRead) {
  const ScopeId scopes[] = {{core::Scope::key, kKey},
                            {core::Scope::user, "nobody"},
                            {core::Scope::team_member, core::pair_id("team-1", "user-1")}};
  auto read = Balances(ledger_.database()).read(scopes);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3U);
  const auto spent = core::Money::nano_usd(Call().cost);
  EXPECT_EQ(read->at(0), (std::vector<Counter>{{"", {}, core::WallTime::max(), spent},
                                               {"1mo", at_seconds(kNewYear),
                                                at_seconds(kNewYear + 31 * kDay), spent}}));
  EXPECT_TRUE(read->at(1).empty());
  EXPECT_EQ(read->at(2).size(), 1U);
}

/// faults.md G10.
TEST_F(CorrectionsTest, ARefundSentTwiceIsOneEntry) {
  Corrections corrections(ledger_.database());
  const Correction refund = correction(CorrectionKind::refund, 250'000);
  auto first = corrections.apply(refund);
  ASSERT_TRUE(first) << first.error().internal_detail;
  EXPECT_FALSE(first->repeated);
  ASSERT_EQ(first->changes.size(), 2U);
  EXPECT_EQ(first->changes[1].duration, "1mo");
  EXPECT_EQ(first->changes[1].delta.nano_usd(), -250'000);
  EXPECT_EQ(spent(), "=0.001|1mo=0.001|");
  auto second = corrections.apply(refund);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->repeated);
  EXPECT_EQ(second->changes, first->changes);
  EXPECT_EQ(spent(), "=0.001|1mo=0.001|");
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM adjustment"), "1");
  auto other = corrections.apply(correction(CorrectionKind::refund, 1));
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, core::Errc::conflict);
}

TEST_F(CorrectionsTest, ARefundIsNotMoreThanWhatWasSpentAndSparesPeriodsThatAreOver) {
  Corrections corrections(ledger_.database());
  Correction refund = correction(CorrectionKind::refund, 999'000'000);
  refund.at = at_seconds(kNewYear + 40 * kDay);
  auto done = corrections.apply(refund);
  ASSERT_TRUE(done);
  ASSERT_EQ(done->changes.size(), 1U);
  EXPECT_EQ(done->changes[0].delta.nano_usd(), -Call().cost);
  EXPECT_EQ(spent(), "=0|1mo=0.00125|");
}

TEST_F(CorrectionsTest, AResetSetsEveryCounterAndLaterCallsAdd) {
  Corrections corrections(ledger_.database());
  ASSERT_TRUE(corrections.apply(correction(CorrectionKind::reset_spend, 7)));
  EXPECT_EQ(spent(), "=0.000000007|1mo=0.000000007|");
  ASSERT_TRUE(ledger_.journal().settle(Call("2").settlement()));
  ledger_.flush();
  EXPECT_EQ(spent(), "=0.001250007|1mo=0.001250007|");
  // Counter = records + corrections, which is how an auditor checks it.
  EXPECT_EQ(ledger_.ask("SELECT (SELECT sum(cost_nano) FROM call_record) + (SELECT sum(delta_nano)"
                        " FROM adjustment_line WHERE scope = 5 AND duration = '')"),
            "1250007");
}

TEST_F(CorrectionsTest, AnImportAddsToTheLifetimeOfAKeyThatIsNew) {
  Corrections corrections(ledger_.database());
  Correction import = correction(CorrectionKind::import, 5'000'000'000);
  import.scopes = {{core::Scope::key, "bb"}, {core::Scope::key, "bb"}};
  ASSERT_TRUE(corrections.apply(import));
  EXPECT_EQ(spent("bb"), "=5|");
}

TEST_F(CorrectionsTest, AResetOfEverythingHappensOnce) {
  Corrections corrections(ledger_.database());
  ASSERT_TRUE(corrections.reset_all("all-1", "admin", at_seconds(kNewYear)));
  EXPECT_EQ(ledger_.ask("SELECT sum(spent_nano) FROM budget_counter"), "0");
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM adjustment_line"), "8");
  ASSERT_TRUE(ledger_.journal().settle(Call("2").settlement()));
  ledger_.flush();
  auto again = corrections.reset_all("all-1", "admin", at_seconds(kNewYear));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(spent(), "=0.00125|1mo=0.00125|");
}

TEST_F(CorrectionsTest, BadOrdersAreRefused) {
  Corrections corrections(ledger_.database());
  Correction bad = correction(CorrectionKind::refund, -1);
  EXPECT_EQ(corrections.apply(bad).error().code, core::Errc::invalid_argument);
  bad.amount = {};
  bad.id.clear();
  EXPECT_EQ(corrections.apply(bad).error().code, core::Errc::invalid_argument);
}

TEST_F(CorrectionsTest, AnUnknownCallIsResolvedToItsTrueCost) {
  ASSERT_TRUE(ledger_.journal().reserve(Call("u").reservation()));
  ledger_.journal().dispatch("u");
  ledger_.flush();
  ledger_.kill();
  ledger_.open();
  Corrections corrections(ledger_.database());
  auto waiting = corrections.unknown_calls(10);
  ASSERT_TRUE(waiting);
  ASSERT_EQ(waiting->size(), 1U);
  EXPECT_EQ(waiting->at(0).call_id, "u");
  EXPECT_EQ(waiting->at(0).api_key, kKey);
  EXPECT_EQ(spent(), "=0.00525|1mo=0.00525|");
  const auto cost = core::Money::nano_usd(1'000'000);
  auto resolved = corrections.resolve("u", cost, "admin", at_seconds(kNewYear));
  ASSERT_TRUE(resolved) << resolved.error().internal_detail;
  EXPECT_EQ(resolved->changes.size(), 8U);
  EXPECT_EQ(spent(), "=0.00225|1mo=0.00225|");
  EXPECT_EQ(
      ledger_.ask("SELECT cost_nano, cost_known, status FROM call_record WHERE call_id = 'u'", 3),
      "1000000|1|unknown");
  EXPECT_EQ(ledger_.ask("SELECT sum(spend_nano), sum(api_requests) FROM daily_usage", 2),
            "2250000|2");
  auto again = corrections.resolve("u", cost, "admin", at_seconds(kNewYear));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(spent(), "=0.00225|1mo=0.00225|");
  EXPECT_EQ(corrections.resolve("u", {}, "admin", at_seconds(kNewYear)).error().code,
            core::Errc::conflict);
  EXPECT_EQ(corrections.resolve("1", {}, "admin", at_seconds(kNewYear)).error().code,
            core::Errc::not_found);
  EXPECT_TRUE(corrections.unknown_calls(10)->empty());
}

}  // namespace
}  // namespace gatehouse::ledger
