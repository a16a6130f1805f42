/// `durability: power`: what has to be on the disk before somebody is told or gets room.

#include <gtest/gtest.h>

#include "pipeline_test_support.hpp"

namespace gatehouse::gateway {
namespace {

using providers::WireFormat;

constexpr std::string_view kHello =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":1000})";
constexpr std::string_view kStream =
    R"({"model":"m","messages":[{"role":"user","content":"Hello"}],"max_tokens":1000,"stream":true})";

/// Notes what was known outside when somebody asked for a sync, and says at once that it is done.
class NotingJournal final : public ledger::Journal {
 public:
  NotingJournal(ledger::Journal& journal, const RecordingObserver& observer)
      : journal_(journal), observer_(observer) {}

  core::Result<void> reserve(const ledger::ReservationEntry& entry) override {
    return journal_.reserve(entry);
  }
  void dispatch(std::string_view call_id) override { journal_.dispatch(call_id); }
  core::Result<void> settle(const ledger::SettlementEntry& entry) override {
    settled_ = true;
    return journal_.settle(entry);
  }
  std::uint64_t position() const override { return journal_.position(); }
  void when_durable(std::uint64_t position, std::function<void()> done) override {
    if (settled_) {
      EXPECT_EQ(position, journal_.position());
      ++syncs_of_settlements;
      budgets_knew_before = budgets_knew_before || !observer_.thresholds.empty();
    }
    done();
  }

  int syncs_of_settlements = 0;
  bool budgets_knew_before = false;

 private:
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

  NotingJournal noting{stores.journals->writer(0), observer};
};

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
