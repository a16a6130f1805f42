// The whole ledger in a process that is killed: journal, settler, database, recovery.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "gatehouse/ledger/corrections.hpp"
#include "settler_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::Call;
using testing::TempFolder;

struct Ledger {
  std::unique_ptr<database::Database> database;
  std::unique_ptr<JournalSet> journals;
  std::unique_ptr<Settler> settler;
  core::SystemClock clock;

  bool open(const TempFolder& folder) {
    database::DatabaseOptions options;
    options.file = folder / "gatehouse.db";
    auto opened = database::open_sqlite(std::move(options));
    if (!opened) return false;
    database = std::move(*opened);
    JournalOptions journal;
    journal.folder = folder / "journal";
    journal.segment_bytes = 256 * 1024;
    journal.sync_interval = core::Millis(1);
    auto set = JournalSet::open(std::move(journal), 1);
    if (!set) return false;
    journals = std::move(*set);
    SettlerOptions settling;
    settling.interval = core::Millis(1);
    settling.max_batch = 50;
    auto started = Settler::start(*database, *journals, clock, std::move(settling));
    if (!started) return false;
    settler = std::move(*started);
    return true;
  }
  std::int64_t ask(const char* sql) const {
    std::int64_t answer = -1;
    auto done = database->read([&](database::Connection& connection) {
      return connection.query(sql, {}, [&](const database::Row& row) -> core::Result<void> {
        answer = row.integer(0);
        return {};
      });
    });
    EXPECT_TRUE(done);
    return answer;
  }
};

/// Each tenth call stays open after it was sent, each tenth before.
[[noreturn]] void call_for_ever(const TempFolder& folder, int report, std::uint32_t number) {
  Ledger ledger;
  if (!ledger.open(folder)) ::_exit(3);
  Journal& journal = ledger.journals->writer(0);
  for (;; ++number) {
    const Call call(std::to_string(number));
    if (!journal.reserve(call.reservation())) ::_exit(4);
    if (number % 10 != 0) journal.dispatch(call.id);
    if (number % 10 > 1 && !journal.settle(call.settlement())) ::_exit(5);
    if (::write(report, &number, sizeof(number)) != sizeof(number)) ::_exit(6);
  }
}

TEST(LedgerCrash, EveryCallIsCountedOnceOverKills) {
  const TempFolder folder;
  core::SystemRandom random;
  std::uint32_t calls = 0;
  for (int kill = 0; kill < 20; ++kill) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      call_for_ever(folder, ends[1], calls);
    }
    ::close(ends[1]);
    const std::uint32_t wanted = calls + static_cast<std::uint32_t>(random.below(600));
    std::uint32_t number = 0;
    while (::read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      calls = number + 1;
      if (number >= wanted) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);

    Ledger ledger;
    ASSERT_TRUE(ledger.open(folder));
    const std::int64_t records = ledger.ask("SELECT count(*) FROM call_record");
    // The last call may be there without a report.
    ASSERT_GE(records, calls) << kill;
    ASSERT_LE(records, calls + 1) << kill;
    calls = static_cast<std::uint32_t>(records);
    EXPECT_EQ(ledger.ask("SELECT count(*) FROM open_reservation"), 0);
    const std::int64_t cost = ledger.ask("SELECT sum(cost_nano) FROM call_record");
    EXPECT_EQ(ledger.ask("SELECT spent_nano FROM budget_counter WHERE scope = 0"), cost);
    EXPECT_EQ(ledger.ask("SELECT sum(spend_nano) FROM daily_usage"), cost);
    EXPECT_EQ(ledger.ask("SELECT sum(api_requests) FROM daily_usage"), records);
    EXPECT_EQ(ledger.ask("SELECT count(*) FROM reconciliation"),
              ledger.ask("SELECT count(*) FROM call_record WHERE status = 'unknown'"));
    EXPECT_LE(ledger.ask("SELECT count(*) FROM call_record WHERE status = 'unknown'"),
              (records + 9) / 10 + kill + 1)
        << "what was settled before the kill is known";
  }
}

enum class KillPoint : std::uint8_t { reserved, dispatched };

/// A process that makes one call up to the point and ends there, with its settler having seen it
/// or not. Exit status 0 never happens.
[[noreturn]] void call_until(const TempFolder& folder, KillPoint point, bool applied) {
  Ledger ledger;
  if (!ledger.open(folder)) ::_exit(3);
  const Call call("1");
  Journal& journal = ledger.journals->writer(0);
  if (!journal.reserve(call.reservation())) ::_exit(4);
  if (point == KillPoint::dispatched) journal.dispatch(call.id);
  if (applied && !ledger.settler->flush(core::Seconds(20))) ::_exit(5);
  ::kill(::getpid(), SIGKILL);
  ::_exit(6);
}

/// What the next start finds.
void after_kill_at(KillPoint point, bool applied, const std::function<void(Ledger&)>& expect) {
  const TempFolder folder;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) call_until(folder, point, applied);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  for (int start = 0; start < 2; ++start) {  // the second one finds nothing to do
    Ledger ledger;
    ASSERT_TRUE(ledger.open(folder));
    SCOPED_TRACE(start);
    EXPECT_EQ(ledger.ask("SELECT count(*) FROM call_record"), 1);
    EXPECT_EQ(ledger.ask("SELECT count(*) FROM open_reservation"), 0);
    expect(ledger);
  }
}

/// faults.md, A2.
TEST(LedgerCrash, AfterTheReservationAndBeforeTheConnectItIsVoid) {
  for (const bool applied : {false, true}) {
    after_kill_at(KillPoint::reserved, applied, [](Ledger& ledger) {
      EXPECT_EQ(ledger.ask("SELECT count(*) FROM call_record WHERE status = 'interrupted' AND"
                           " error_class = 'not_sent' AND cost_nano = 0 AND cost_known = 1"),
                1);
      EXPECT_EQ(ledger.ask("SELECT coalesce(sum(spent_nano), 0) FROM budget_counter"), 0);
      EXPECT_EQ(ledger.ask("SELECT sum(spend_nano) FROM daily_scope_total"), 0);
      EXPECT_EQ(ledger.ask("SELECT count(*) FROM reconciliation"), 0);
    });
  }
}

/// faults.md, A5: the process knew what the call used, and nobody else does.
TEST(LedgerCrash, AfterTheUsageAndBeforeTheSettlementItIsUnknownUntilReconciled) {
  for (const bool applied : {false, true}) {
    after_kill_at(KillPoint::dispatched, applied, [](Ledger& ledger) {
      const Call call("1");
      const auto charged = [&](const char* sql) { return ledger.ask(sql); };
      const char* counter = "SELECT spent_nano FROM budget_counter WHERE scope = 0";
      const char* days = "SELECT sum(spend_nano) FROM daily_usage";
      Corrections corrections(*ledger.database);
      const auto waiting = corrections.unknown_calls(10);
      ASSERT_TRUE(waiting);
      if (!waiting->empty()) {
        EXPECT_EQ(waiting->front().call_id, "1");
        EXPECT_EQ(charged(counter), call.reserved);
        EXPECT_EQ(charged(days), call.reserved);
        ASSERT_TRUE(
            corrections.resolve("1", core::Money::nano_usd(call.cost), "admin", call.started));
      }
      EXPECT_EQ(charged(counter), call.cost);
      EXPECT_EQ(charged(days), call.cost);
      EXPECT_EQ(ledger.ask("SELECT count(*) FROM reconciliation WHERE state = 'resolved'"), 1);
    });
  }
}

}  // namespace
}  // namespace gatehouse::ledger
