// Real files, real processes, real kills (faults.md A13).

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <set>
#include <thread>

#include "codec.hpp"
#include "gatehouse/ledger/journal.hpp"
#include "journal_reader.hpp"
#include "test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::Call;
using testing::TempFolder;

JournalOptions options_of(const TempFolder& folder) {
  JournalOptions options;
  options.folder = folder.path();
  options.segment_bytes = 256 * 1024;
  return options;
}

/// Appends until it is killed, and reports each entry after it was appended.
[[noreturn]] void append_for_ever(const TempFolder& folder, int report, std::uint32_t number) {
  auto set = JournalSet::open(options_of(folder), 1);
  if (!set) ::_exit(3);
  Journal& journal = (*set)->writer(0);
  for (;;) {
    const std::string id = std::to_string(number);
    if (!journal.settle(Call(id).settlement())) ::_exit(4);
    if (::write(report, &number, sizeof(number)) != sizeof(number)) ::_exit(5);
    ++number;
  }
}

/// Takes every entry that is there; `next` is where the reading went on.
void collect(const TempFolder& folder, std::set<std::uint32_t>& found) {
  auto set = JournalSet::open(options_of(folder), 1);
  ASSERT_TRUE(set) << set.error().internal_detail;
  JournalReader& reader = (*set)->reader();
  const auto stream = reader.streams().at(0);
  Decoder decoder;
  auto read = reader.read(0, stream.first, 10'000'000, [&](Position, std::string_view payload) {
    const SettlementEntry* const entry = decoder.settlement(payload);
    ASSERT_NE(entry, nullptr) << "a torn entry was taken";
    found.insert(static_cast<std::uint32_t>(std::stoul(std::string(entry->facts.call_id))));
  });
  ASSERT_TRUE(read);
  EXPECT_EQ(read->damaged, 0U) << "a killed process leaves no holes";
  reader.release(0, read->next);
}

TEST(JournalCrash, EveryEntryReportedBeforeAKillIsThere) {
  const TempFolder folder;
  core::SystemRandom random;
  std::set<std::uint32_t> found;
  std::uint32_t reported = 0;  // all numbers below were reported
  for (int kill = 0; kill < 300; ++kill) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      append_for_ever(folder, ends[1], reported);
    }
    ::close(ends[1]);
    const std::uint32_t wanted = reported + static_cast<std::uint32_t>(random.below(1'500));
    std::uint32_t number = 0;
    // Killed at a random entry, at whatever instruction it is by then.
    while (::read(ends[0], &number, sizeof(number)) == sizeof(number)) {
      reported = number + 1;
      if (number >= wanted) ::kill(child, SIGKILL);
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
    collect(folder, found);
    for (std::uint32_t i = 0; i < reported; ++i) ASSERT_TRUE(found.contains(i)) << kill;
    // The last one may be there without a report.
    ASSERT_LE(found.size(), reported + 1U);
    reported = static_cast<std::uint32_t>(found.size());
  }
}

TEST(JournalCrash, AFolderHasOneProcess) {
  const TempFolder folder;
  auto set = JournalSet::open(options_of(folder), 1);
  ASSERT_TRUE(set);
  auto second = JournalSet::open(options_of(folder), 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, core::Errc::conflict);
}

TEST(JournalThreads, AcknowledgementsComeFromTheSyncThread) {
  const TempFolder folder;
  JournalOptions options = options_of(folder);
  options.durability = Durability::power;
  auto set = JournalSet::open(std::move(options), 2);
  ASSERT_TRUE(set);
  constexpr int kCalls = 500;
  std::mutex mutex;
  std::condition_variable changed;
  int done = 0;
  std::vector<std::thread> writers;
  for (std::size_t index : {0U, 1U}) {
    writers.emplace_back([&, index] {
      Journal& journal = (*set)->writer(index);
      for (int i = 0; i < kCalls; ++i) {
        const Call call(std::to_string(i));
        ASSERT_TRUE(journal.reserve(call.reservation()));
        journal.dispatch(call.id);
        ASSERT_TRUE(journal.settle(call.settlement()));
        journal.when_durable(journal.position(), [&] {
          const std::lock_guard lock(mutex);
          if (++done == 2 * kCalls) changed.notify_one();
        });
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return done == 2 * kCalls; }));
}

}  // namespace
}  // namespace gatehouse::ledger
