/// `durability: power`: what has to be on the disk before somebody is told or gets room.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;

constexpr std::string_view kHello =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":1000})";
constexpr std::string_view kStream =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":1000,"stream":true})";

/// Notes what was known outside when something was written, or somebody asked for a sync, and says
/// at once that it is done.
class NotingJournal final : public ledger::Journal {
 public:
  NotingJournal(ledger::Journal& journal, const RecordingObserver& observer)
      : journal_(journal), observer_(observer) {}

  core::Result<void> reserve(const ledger::ReservationEntry& entry) override {
    const bool deployment = std::ranges::any_of(entry.periods, [](const core::ChargedPeriod& each) {
      return each.scope == core::Scope::deployment;
    });
    note(deployment ? "reserve with deployment" : "reserve");
    return journal_.reserve(entry);
  }
  void dispatch(std::string_view call_id) override {
    note("dispatch");
    journal_.dispatch(call_id);
  }
  core::Result<void> settle(const ledger::SettlementEntry& entry) override {
    note("settle");
    settled_ = true;
    return journal_.settle(entry);
  }
  std::uint64_t position() const override { return journal_.position(); }
  void when_durable(std::uint64_t position, std::function<void()> done) override {
    note("sync");
    if (settled_) {
      EXPECT_EQ(position, journal_.position());
      ++syncs_of_settlements;
      budgets_knew_before = budgets_knew_before || !observer_.thresholds.empty();
    }
    done();
  }

  int syncs_of_settlements = 0;
  bool budgets_knew_before = false;
  std::vector<std::string> steps;  ///< with " (held)" while held() says so
  std::function<bool()> held;

 private:
  void note(std::string step) {
    steps.push_back(std::move(step) + (held && held() ? " (held)" : ""));
  }

  ledger::Journal& journal_;
  const RecordingObserver& observer_;
  bool settled_ = false;
};

class DurabilityTest : public PipelineTest {
 protected:
  DurabilityTest() {
    journal = &noting;
    durability = ledger::Durability::power;
  }
  /// Any cost passes its soft budget, so that a threshold tells when its budgets know of a call.
  std::string key_with_budget(std::int64_t nano_usd) {
    tenancy::NewKey key;
    key.fields.limits.max_budget = core::Money::nano_usd(nano_usd);
    key.fields.limits.soft_budget = core::Money::nano_usd(1);
    return make_key(std::move(key));
  }

  /// Bounded, and nobody listens there.
  static models::ModelListEntry broken(std::string name) {
    models::ModelListEntry one = entry(std::move(name), "openai/gpt-4o");
    one.api_base = "http://127.0.0.1:1/v1";
    one.api_key = core::Secret("sk-upstream");
    one.id = "broken";
    one.max_budget = core::Money::nano_usd(1'000'000'000);
    return one;
  }
  /// A call that fails at a bounded deployment and is answered by a fallback. The steps say when
  /// the first one's room was still held.
  void run_with_fallback(models::ModelListEntry fallback) {
    models::RouterSettings settings;
    settings.num_retries = 0;
    settings.fallbacks = {{"m", {"other"}}};
    build({broken("m"), std::move(fallback)}, settings);
    noting.held = [this] {
      const auto account = stores.accounts.find(core::Scope::deployment, "broken");
      return account && account->balance({}, clock.wall()).reserved > core::Money();
    };
    const RecordingSink sink = run(std::string(kHello));
    ASSERT_FALSE(sink.refusal) << sink.refusal->message;
    ASSERT_EQ(observer.failures, std::vector<std::string>{"connection"});
    EXPECT_FALSE(noting.held());
  }

  NotingJournal noting{stores.journals->writer(0), observer};
};

using Steps = std::vector<std::string>;

TEST_F(DurabilityTest, TheRoomOfAFailedDeploymentIsForOthersOnceThatIsSynced) {
  run_with_fallback(entry("other"));
  EXPECT_EQ(noting.steps,
            (Steps{"reserve", "dispatch", "sync", "reserve with deployment (held)", "sync (held)",
                   "reserve (held)", "sync (held)", "settle", "sync"}));
}

TEST_F(DurabilityTest, WithDurabilityProcessItIsForOthersOnceItIsWritten) {
  durability = ledger::Durability::process;
  run_with_fallback(entry("other"));
  // Nobody was reached at the first one: the call had not left.
  EXPECT_EQ(noting.steps, (Steps{"reserve", "reserve with deployment (held)", "reserve (held)",
                                 "dispatch", "settle"}));
}

TEST_F(DurabilityTest, NothingLeavesForADearerGroupBeforeItsReservationIsSynced) {
  models::ModelListEntry dearer = entry("other");
  dearer.overrides = {{"input_cost_per_token", "0.001"}, {"output_cost_per_token", "0.002"}};
  run_with_fallback(std::move(dearer));
  EXPECT_EQ(noting.steps,
            (Steps{"reserve", "dispatch", "sync", "reserve with deployment (held)", "sync (held)",
                   "reserve (held)", "sync (held)", "reserve", "sync", "settle", "sync"}));
}

TEST_F(DurabilityTest, LessOutputFreesRoomOnceThatIsSynced) {
  models::ModelListEntry poor = entry("m");
  poor.id = "poor";
  poor.max_budget = core::Money::nano_usd(200'000);
  models::RouterSettings settings;
  settings.num_retries = 0;
  build({std::move(poor)}, settings);
  // More than the deployment's whole budget: what the call held of everybody's before it was
  // bounded.
  noting.held = [this] {
    const auto account = stores.accounts.find(core::Scope::global, "");
    return account && account->balance({}, clock.wall()).reserved > core::Money::nano_usd(200'000);
  };
  const RecordingSink sink = run(R"({"model":"m","messages":[{"role":"user","content":"Hello"}]})");
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  EXPECT_EQ(noting.steps,
            (Steps{"reserve (held)", "dispatch (held)", "sync (held)", "reserve (held)",
                   "sync (held)", "reserve with deployment", "sync", "settle", "sync"}));
}

TEST_F(DurabilityTest, WhatACallGivesBackIsForOthersOnceItsSettlementIsSynced) {
  build({entry("m")});
  const RecordingSink sink =
      run(std::string(kHello), WireFormat::openai_chat, key_with_budget(1'000'000'000));
  ASSERT_FALSE(sink.refusal) << sink.refusal->message;
  EXPECT_EQ(noting.syncs_of_settlements, 1);
  EXPECT_FALSE(noting.budgets_knew_before);
  EXPECT_EQ(observer.thresholds.size(), 1U);
}

TEST_F(DurabilityTest, AlsoWhenTheClientHasLeft) {
  build({entry("m")});
  run(std::string(kStream), WireFormat::openai_chat, key_with_budget(1'000'000'000), 1);
  ASSERT_EQ(observer.settled.size(), 1U);
  EXPECT_EQ(observer.settled[0].record.outcome, Outcome::interrupted);
  EXPECT_EQ(noting.syncs_of_settlements, 1);
  EXPECT_FALSE(noting.budgets_knew_before);
  EXPECT_EQ(observer.thresholds.size(), 1U);
}

TEST_F(DurabilityTest, ARefusalIsToldOnceItsRecordIsSynced) {
  build({entry("m")});
  const RecordingSink sink =
      run(std::string(kHello), WireFormat::openai_chat, key_with_budget(1'000));
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(noting.syncs_of_settlements, 1);
}

TEST_F(DurabilityTest, NobodyWaitsForStrangers) {
  build({entry("m")});
  const RecordingSink sink = run(std::string(kHello), WireFormat::openai_chat, "sk-unknown");
  ASSERT_TRUE(sink.refusal);
  EXPECT_EQ(sink.refusal->status, 401);
  EXPECT_EQ(noting.syncs_of_settlements, 0);
}

TEST_F(DurabilityTest, AReplayIsToldOnceItsRecordIsSynced) {
  build({entry("m")});
  const std::string key = key_with_budget(1'000'000'000);
  run(std::string(kHello), WireFormat::openai_chat, key, 0, "once");
  const RecordingSink sink = run(std::string(kHello), WireFormat::openai_chat, key, 0, "once");
  EXPECT_EQ(sink.replayed_status, 200);
  EXPECT_EQ(noting.syncs_of_settlements, 2);
}

TEST_F(DurabilityTest, WithDurabilityProcessNobodyWaits) {
  durability = ledger::Durability::process;
  build({entry("m")});
  run(std::string(kHello), WireFormat::openai_chat, key_with_budget(1'000'000'000));
  EXPECT_EQ(noting.syncs_of_settlements, 0);
  EXPECT_EQ(observer.thresholds.size(), 1U);
}

}  // namespace
}  // namespace gatehouse::gateway
