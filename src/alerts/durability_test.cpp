/// Alerts outlive the process.

#include <condition_variable>

#include "alerter_test_support.hpp"
#include "database_test_support.hpp"
#include "gatehouse/alerts/database_outbox.hpp"

namespace gatehouse::alerts {
namespace {

using test::alert;
using test::channel;

/// A database that can be held, and fails.
class MoodyStore final : public OutboxStore {
 public:
  explicit MoodyStore(database::Database& database) : inner_(database) {}

  core::Result<KeptState> load() override { return inner_.load(); }
  core::Result<void> expire(core::WallTime now) override { return inner_.expire(now); }
  core::Result<void> apply(const OutboxChanges& changes) override {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !held_; });
    if (failing_ && (!only_marks_ || changes.added.empty())) {
      return core::fail(core::Errc::unavailable, "the disk is full");
    }
    return inner_.apply(changes);
  }

  void hold(bool held) {
    set([&] { held_ = held; });
  }
  void fail(bool failing, bool only_marks = false) {
    set([&] {
      failing_ = failing;
      only_marks_ = only_marks;
    });
  }
  /// Blocks until a write has begun (or ten seconds have passed).
  bool wait_for_write() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, core::Seconds(10), [&] { return begun_ != 0; });
  }

 private:
  template <class Change>
  void set(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  DatabaseOutbox inner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool held_ = false;
  bool failing_ = false;
  bool only_marks_ = false;
  int begun_ = 0;
};

class DurabilityTest : public test::AlerterTest {
 protected:
  static constexpr core::Seconds kPatience{10};

  static AlerterOptions lasting() {
    AlerterOptions options = quick();
    options.delivery.give_up_after = core::Seconds(3'600);
    return options;
  }
  std::unique_ptr<Alerter> run(std::vector<Channel> channels) {
    return start(std::move(channels), lasting(), &store);
  }
  static Alert claimed(Alerter& alerter, const char* subject, core::WallTime until) {
    Alert made = alert(subject);
    made.claim = alerter.claim(subject, until).value_or(Claim());
    return made;
  }
  std::size_t rows(const std::string& table) {
    return database.texts("SELECT 1 FROM " + table).size();
  }

  test::TemporaryDatabase database;
  MoodyStore store{*database};
};

TEST_F(DurabilityTest, AnAlertIsKeptBeforeItIsSentAndGoesWhenItIsTaken) {
  Receiver hook;
  store.hold(true);
  const auto alerter = run({channel(hook.url())});
  alerter->post(alert("one"));
  ASSERT_TRUE(store.wait_for_write());
  // The loop goes on meanwhile.
  EXPECT_TRUE(alerter->send_test(ChannelKind::webhook));
  EXPECT_EQ(hook.bodies(1).size(), 1U) << "the test alone";
  EXPECT_EQ(alerter->counts().waiting, 1);
  store.hold(false);
  EXPECT_EQ(hook.bodies(2).size(), 2U);
  alerter->stop(kPatience);
  EXPECT_EQ(rows("alert_outbox"), 0U);
  EXPECT_EQ(alerter->counts().waiting, 0);
}

TEST_F(DurabilityTest, WhatWasNotTakenIsSentByTheNextRunUnderTheSameId) {
  Receiver hook(std::deque<Reply>{{.silent = true}});
  auto alerter = run({channel(hook.url())});
  alerter->post(alert("one"));
  alerter->post(alert("two"));
  EXPECT_EQ(hook.bodies(1).size(), 1U);
  alerter.reset();
  EXPECT_EQ(rows("alert_outbox"), 2U);
  EXPECT_NE(lines.text().find("alerts_left_to_the_next_start"), std::string::npos);
  EXPECT_EQ(lines.text().find("alerts_dropped"), std::string::npos);

  alerter = run({channel(hook.url())});
  const auto fields = hook.fields(3);
  const auto bodies = hook.bodies(3);
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[1].id, fields[0].id);
  EXPECT_EQ(bodies[1], bodies[0]);
  EXPECT_NE(bodies[2].find("two"), std::string::npos);
  alerter->stop(kPatience);
  EXPECT_EQ(rows("alert_outbox"), 0U);
}

TEST_F(DurabilityTest, WhatWasToldIsNotToldAgainByTheNextRun) {
  Receiver hook;
  const core::WallTime later = clock.wall() + core::Seconds(600);
  auto alerter = run({channel(hook.url())});
  alerter->post(claimed(*alerter, "budget", later));
  alerter->post(claimed(*alerter, "past", clock.wall()));
  alerter->stop(kPatience);
  EXPECT_EQ(hook.bodies(2).size(), 2U);

  alerter = run({channel(hook.url())});
  EXPECT_FALSE(alerter->claim("budget", later));
  EXPECT_FALSE(alerter->claim_unheard("past", core::WallTime::min(), later));
  EXPECT_TRUE(alerter->claim_unheard("past", clock.wall(), later)) << "its time is over";
  EXPECT_TRUE(alerter->claim("other", later));
}

TEST_F(DurabilityTest, AClaimWithoutAnyAddressIsNotKept) {
  const core::WallTime later = clock.wall() + core::Seconds(600);
  auto alerter = run({});
  alerter->post(claimed(*alerter, "budget", later));
  alerter->stop(kPatience);
  EXPECT_EQ(rows("alert_claim"), 0U);
}

TEST_F(DurabilityTest, AddressesThatAreGoneAreDropped) {
  Receiver hook(std::deque<Reply>{{.silent = true}});
  auto alerter = run({channel(hook.url())});
  alerter->post(alert("one"));
  EXPECT_EQ(hook.bodies(1).size(), 1U);
  alerter.reset();
  Receiver other;
  alerter = run({channel(other.url())});
  alerter->stop(kPatience);
  EXPECT_EQ(rows("alert_outbox"), 0U);
  EXPECT_EQ(other.bodies(0).size(), 0U);
  EXPECT_EQ(alerter->counts().dropped, 1U);
  EXPECT_EQ(alerter->counts().waiting, 0);
  EXPECT_NE(lines.text().find("no longer configured"), std::string::npos);
}

TEST_F(DurabilityTest, AClockThatWasSetBackHoldsUpNothing) {
  Receiver hook;
  OutboxChanges changes;
  for (const auto& [id, wait] : {std::pair("tomorrow", 86'400), std::pair("soon", 600)}) {
    changes.added.push_back({.event_id = id,
                             .channel = channel(hook.url()).fingerprint(),
                             .body = "{}",
                             .created_at = clock.wall(),
                             .tries = 9,
                             .next_try_at = clock.wall() + core::Seconds(wait)});
  }
  ASSERT_TRUE(store.apply(changes));
  const auto alerter = run({channel(hook.url())});
  EXPECT_EQ(hook.fields(1).at(0).id, "tomorrow");
  alerter->stop(kPatience);
  EXPECT_EQ(database.texts("SELECT event_id FROM alert_outbox"), std::vector<std::string>{"soon"});
}

TEST_F(DurabilityTest, ARefusedAlertStaysVisible) {
  Receiver hook(std::deque<Reply>{{.status = 400}});
  const auto alerter = run({channel(hook.url())});
  alerter->post(alert("one"));
  alerter->stop(kPatience);
  EXPECT_EQ(database.texts("SELECT reason FROM alert_outbox WHERE state = 'failed'"),
            std::vector<std::string>{"status 400"});
  EXPECT_EQ(database.texts("SELECT body || channel FROM alert_outbox")[0].find("canary"),
            std::string::npos);
}

TEST_F(DurabilityTest, AlertsGoOnFromMemoryWhileTheStoreFails) {
  Receiver hook;
  store.fail(true);
  const auto alerter = run({channel(hook.url())});
  alerter->post(alert("one"));
  EXPECT_EQ(hook.bodies(1).size(), 1U);
  alerter->post(alert("two"));
  EXPECT_EQ(hook.bodies(2).size(), 2U);
  EXPECT_EQ(alerter->counts().store_failures, 2U);
  store.fail(false);
  alerter->post(alert("three"));
  EXPECT_EQ(hook.bodies(3).size(), 3U);
  alerter->stop(kPatience);
  EXPECT_EQ(alerter->counts().sent, 3U);
  EXPECT_EQ(rows("alert_outbox"), 0U);
  const std::string log = lines.text();
  EXPECT_EQ(log.find("alerts_not_kept"), log.rfind("alerts_not_kept")) << "one line for the outage";
  EXPECT_NE(log.find("alerts_are_kept_again"), std::string::npos);
  telemetry::Exposition out;
  alerter->collect(out);
  EXPECT_NE(out.take().find("gatehouse_alert_store_failures_total 2"), std::string::npos);
}

TEST_F(DurabilityTest, MarksThatWereRefusedAreWrittenLater) {
  Receiver hook;
  store.fail(true, true);
  const auto alerter = run({channel(hook.url())});
  alerter->post(alert("one"));
  EXPECT_EQ(hook.bodies(1).size(), 1U);
  alerter->post(alert("two"));
  EXPECT_EQ(hook.bodies(2).size(), 2U);
  store.fail(false);
  alerter->stop(kPatience);
  EXPECT_EQ(rows("alert_outbox"), 0U);
}

}  // namespace
}  // namespace gatehouse::alerts
