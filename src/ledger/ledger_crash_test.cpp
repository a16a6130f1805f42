// The whole ledger in a process that is killed: journal, settler, database, recovery.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

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

}  // namespace
}  // namespace gatehouse::ledger
