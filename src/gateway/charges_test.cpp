/// Accounts that are loaded while the ledger is corrected.

#include "charges.hpp"

#include <gtest/gtest.h>

#include <barrier>
#include <string>
#include <thread>

#include "gatehouse/ledger/corrections.hpp"
#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

constexpr int kRounds = 1'000;
const core::Money kAmount = core::Money::nano_usd(5);

/// Correction and account as the handlers of corrections do it.
void correct(TestStores& stores, ledger::Corrections& corrections, const std::string& id) {
  const auto gate = stores.accounts.correcting();
  const auto outcome = corrections.apply({.id = "correction of " + id,
                                          .kind = ledger::CorrectionKind::import,
                                          .scopes = {{core::Scope::key, id}},
                                          .amount = kAmount,
                                          .actor = "test",
                                          .reason = "test",
                                          .at = stores.clock.wall()});
  ASSERT_TRUE(outcome) << outcome.error().public_message;
  const auto account = stores.accounts.find(core::Scope::key, id);
  if (!account) return;
  for (const ledger::CounterChange& change : outcome->changes) {
    account->adjust({.max = core::Money(), .duration = change.duration}, change.period_start,
                    change.delta);
  }
}

TEST(LoadAccounts, ACorrectionCountsOnceHoweverTheTwoMeet) {
  TestStores stores;
  ledger::Corrections corrections(*stores.database);
  std::barrier together(2);
  std::jthread loader([&] {
    for (int round = 0; round < kRounds; ++round) {
      together.arrive_and_wait();
      const auto loaded = load_accounts(stores.accounts, *stores.balances,
                                        {{core::Scope::key, std::to_string(round)}});
      EXPECT_TRUE(loaded);
      together.arrive_and_wait();
    }
  });
  for (int round = 0; round < kRounds; ++round) {
    const std::string id = std::to_string(round);
    together.arrive_and_wait();
    correct(stores, corrections, id);
    together.arrive_and_wait();
    const auto account = stores.accounts.find(core::Scope::key, id);
    ASSERT_TRUE(account);
    EXPECT_EQ(account->balance({}, stores.clock.wall()).spent, kAmount) << "round " << round;
  }
}

}  // namespace
}  // namespace gatehouse::gateway
