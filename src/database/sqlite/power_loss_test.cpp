/// Loss of power (faults.md B5): unsynced writes are lost, torn, reordered (the crash half of
/// FaultVfs).

#include <algorithm>
#include <array>

#include "sqlite/fault_test_support.hpp"

namespace gatehouse::database::sqlite {

namespace {
struct Tally {
  int crashes = 0;
  int lost = 0;    ///< crashes after which an acknowledged commit was missing
  int failed = 0;  ///< the file was unsound, torn, or did not open
};

/// One life of a book: commits of random size, small checkpoints, now and then a reader that keeps
/// the log; and what may be left of it at random moments.
class Life {
 public:
  Life(std::uint64_t seed, bool sync_commits) : random_(seed), sync_commits_(sync_commits) {}

  void run() {
    vfs_.start_log();
    auto opened = open_book({.file = folder_.file("book.db"),
                             .readers = 1,
                             .sync_commits = sync_commits_,
                             .checkpoint_pages = static_cast<std::uint32_t>(pick(1, 40))},
                            vfs_.name());
    ASSERT_TRUE(opened) << opened.error().internal_detail;
    Database& book = **opened;
    const auto entries = pick(5, 30);
    for (std::int64_t id = 1; id <= entries;) {
      if (pick(0, 5) > 0) {
        append(book, id++);
        continue;
      }
      ASSERT_TRUE(book.read([&](Connection& connection) -> core::Result<void> {
        auto counted = number_of(connection, "SELECT count(*) FROM entry");
        for (auto more = pick(1, 4); more > 0 && id <= entries; --more) append(book, id++);
        if (!counted) return core::pass(counted);
        return {};
      }));
    }
    end_ = vfs_.moment();
  }

  void crash(Tally& tally) {
    const auto moment = static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(end_)));
    constexpr std::array kKept{0.0, 0.1, 0.5, 0.9, 1.0};
    TestFolder after;
    vfs_.crash(moment, random_(), kKept[static_cast<std::size_t>(pick(0, 4))], after.path());
    const auto acknowledged =
        std::ranges::upper_bound(acknowledged_, moment) - acknowledged_.begin();
    FaultVfs plain;
    auto opened = open_book({.file = after.file("book.db"), .readers = 1}, plain.name());
    ++tally.crashes;
    const auto entries = opened ? read_book(**opened) : core::Result<std::int64_t>(-1);
    if (!entries || *entries < 0 || soundness(**opened) != "ok" || *entries > acknowledged + 1) {
      ++tally.failed;
    } else if (*entries < acknowledged) {
      ++tally.lost;
    }
  }

 private:
  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  void append(Database& book, std::int64_t id) {
    ASSERT_TRUE(add_entry(book, id, static_cast<std::size_t>(pick(1, 9'000))));
    acknowledged_.push_back(vfs_.moment());
  }

  std::mt19937_64 random_;
  bool sync_commits_;
  TestFolder folder_;
  FaultVfs vfs_;
  std::vector<std::size_t> acknowledged_;  // moments at which commits 1, 2, ... were
  std::size_t end_ = 0;
};

Tally crash_often(bool sync_commits, int lives, int crashes) {
  Tally tally;
  // 0, so that a run can be repeated; other seeds with --gtest_shuffle --gtest_repeat=N.
  const auto base = static_cast<std::uint64_t>(testing::UnitTest::GetInstance()->random_seed());
  for (int life = 0; life < lives; ++life) {
    Life one((base * 1'000'003 + static_cast<std::uint64_t>(life)) * 7919 + 1, sync_commits);
    one.run();
    for (int i = 0; i < crashes; ++i) one.crash(tally);
  }
  return tally;
}
}  // namespace

TEST(PowerLoss, SyncedCommitsSurviveEveryOne) {
  const Tally tally = crash_often(true, 30, 40);
  EXPECT_EQ(tally.crashes, 1'200);
  EXPECT_EQ(tally.lost, 0);
  EXPECT_EQ(tally.failed, 0);
}

TEST(PowerLoss, WithoutTheSyncTheLatestCommitsGoButNothingIsTorn) {
  const Tally tally = crash_often(false, 5, 40);
  EXPECT_GT(tally.lost, 0) << "the crashes of this test lose nothing, so they prove nothing";
  EXPECT_EQ(tally.failed, 0);
}

}  // namespace gatehouse::database::sqlite
