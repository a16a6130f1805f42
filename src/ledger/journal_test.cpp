// The journal on a played disk, without its thread: what is kept, what is refused, what is found.

#include "gatehouse/ledger/journal.hpp"

#include <gtest/gtest.h>

#include <set>

#include "codec.hpp"
#include "journal_set.hpp"
#include "test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::Call;
using testing::PlayedDisk;

constexpr std::uint64_t kSegment = 128 * 1024;

class JournalTest : public ::testing::Test {
 protected:
  void open(std::size_t writers = 1) {
    set_.reset();
    JournalOptions options;
    options.segment_bytes = kSegment;
    options.on_fatal = [this](const core::Error&) { ++fatal_; };
    auto opened =
        DiskJournalSet::open(std::make_unique<PlayedDisk>(state_), std::move(options), writers);
    ASSERT_TRUE(opened) << opened.error().internal_detail;
    set_ = std::move(*opened);
  }
  Journal& journal() { return set_->writer(0); }

  /// "r:1 d:1 s:1 …": the entries of a writer from its oldest segment on.
  std::string entries(std::uint32_t writer = 0) {
    set_->sync_round();
    std::string text;
    for (const auto& stream : set_->streams()) {
      if (stream.writer != writer) continue;
      auto progress = set_->read(writer, stream.first, 1'000'000, [&](Position, auto payload) {
        const auto head = peek(payload);
        ASSERT_TRUE(head);
        text += " ?rds"[static_cast<int>(head->kind) + 1];
        text += ':' + std::string(head->call_id) + ' ';
      });
      EXPECT_TRUE(progress);
      if (progress) damaged_ = progress->damaged;
    }
    return text;
  }

  std::shared_ptr<PlayedDisk::State> state_ = std::make_shared<PlayedDisk::State>();
  std::unique_ptr<DiskJournalSet> set_;
  int fatal_ = 0;
  std::uint64_t damaged_ = 0;
};

TEST_F(JournalTest, WhatWasAppendedIsFoundByTheNextRun) {
  open();
  ASSERT_TRUE(journal().reserve(Call("1").reservation()));
  journal().dispatch("1");
  journal().dispatch("1");
  journal().dispatch("never reserved");
  ASSERT_TRUE(journal().settle(Call("1").settlement()));
  ASSERT_TRUE(journal().settle(Call("2").settlement()));
  EXPECT_EQ(entries(), "r:1 d:1 s:1 s:2 ");
  open();
  ASSERT_TRUE(journal().reserve(Call("3").reservation()));
  EXPECT_EQ(entries(), "r:1 d:1 s:1 s:2 r:3 ");
  const auto streams = set_->streams();
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_FALSE(streams[0].fresh);
  EXPECT_GT(streams[0].run_start, streams[0].first);
}

TEST_F(JournalTest, WritersThatThereAreNoMoreAreReadToo) {
  open(3);
  ASSERT_TRUE(set_->writer(2).settle(Call("7").settlement()));
  open(1);
  EXPECT_EQ(set_->streams().size(), 2U) << "writer 1 left nothing";
  EXPECT_EQ(entries(2), "s:7 ");
}

TEST_F(JournalTest, EntriesGoOnInTheNextSegmentAndAppliedOnesAreRemoved) {
  open();
  std::string want;
  for (int i = 0; i < 2'000; ++i) {
    const std::string id = std::to_string(i);
    ASSERT_TRUE(journal().settle(Call(id).settlement()));
    want += "s:" + id + ' ';
    if (i % 50 == 0) set_->sync_round();
  }
  EXPECT_EQ(entries(), want);
  EXPECT_GT(state_->files.size(), 5U);
  set_->release(0, journal().position());
  EXPECT_LE(state_->files.size(), 3U);
  ASSERT_TRUE(journal().settle(Call("last").settlement()));
  EXPECT_TRUE(entries().ends_with("s:last "));
}

TEST_F(JournalTest, ARoomForEachSettlementIsKeptOnAFullDisk) {
  state_->space = 3 * kSegment;
  open();
  std::vector<std::string> open_calls;
  for (int i = 0;; ++i) {
    const std::string id = std::to_string(i);
    auto reserved = journal().reserve(Call(id).reservation());
    if (!reserved) {
      EXPECT_EQ(reserved.error().code, core::Errc::unavailable);
      break;
    }
    open_calls.push_back(id);
    ASSERT_LT(i, 1'000);
  }
  EXPECT_GT(open_calls.size(), 5U);
  int refusals = 0;
  while (journal().settle(Call("a refusal").settlement())) ASSERT_LT(++refusals, 200);
  for (const std::string& id : open_calls) {
    Call call(id);
    auto settlement = call.settlement();
    const std::string metadata(kMaxClientMetadata, 'x');
    settlement.client_metadata = metadata;
    journal().dispatch(id);
    ASSERT_TRUE(journal().settle(settlement)) << id;
  }
  EXPECT_EQ(fatal_, 0);
  // It heals: by settlements that were smaller than the worst, and by space.
  EXPECT_TRUE(journal().settle(Call("another").settlement()));
  state_->space = 100 * kSegment;
  for (int i = 0; i < 10; ++i) set_->sync_round();
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(journal().reserve(Call("n" + std::to_string(i)).reservation()));
  }
}

TEST_F(JournalTest, SegmentsAreMadeAheadSoThatCallsFindRoomOnAFullDisk) {
  open();
  while (offset_of(journal().position()) < kSegment / 2) {
    ASSERT_TRUE(journal().settle(Call("x").settlement()));
  }
  EXPECT_EQ(state_->files.size(), 1U);
  set_->sync_round();
  EXPECT_EQ(state_->files.size(), 2U);
  state_->space = 0;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(journal().settle(Call("x").settlement()));
}

TEST_F(JournalTest, AReservationMayBeRaised) {
  open();
  Call call("1");
  ASSERT_TRUE(journal().reserve(call.reservation()));
  journal().dispatch("1");
  call.reserved *= 2;
  ASSERT_TRUE(journal().reserve(call.reservation()));
  journal().dispatch("1");
  EXPECT_EQ(entries(), "r:1 d:1 r:1 ");
}

TEST_F(JournalTest, WhenDurableWaitsForTheSync) {
  open();
  ASSERT_TRUE(journal().settle(Call("1").settlement()));
  const auto first = journal().position();
  ASSERT_TRUE(journal().settle(Call("2").settlement()));
  std::string done;
  journal().when_durable(journal().position(), [&] { done += "2"; });
  journal().when_durable(first, [&] { done += "1"; });
  EXPECT_EQ(done, "");
  set_->sync_round();
  EXPECT_EQ(done, "21");
  journal().when_durable(first, [&] { done += "!"; });
  EXPECT_EQ(done, "21!");
}

TEST_F(JournalTest, AFailedSyncIsFatalOnceAndNothingIsAcknowledgedAfterIt) {
  open();
  ASSERT_TRUE(journal().reserve(Call("1").reservation()));
  bool acknowledged = false;
  journal().when_durable(journal().position(), [&] { acknowledged = true; });
  state_->syncs_until_failure = 0;
  set_->sync_round();
  state_->syncs_until_failure = -1;
  set_->sync_round();
  EXPECT_EQ(fatal_, 1);
  EXPECT_FALSE(acknowledged) << "a second sync that succeeds proves nothing about the first";
  for (auto result :
       {journal().reserve(Call("2").reservation()), journal().settle(Call("1").settlement())}) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, core::Errc::io);
  }
  journal().when_durable(0, [&] { acknowledged = true; });
  EXPECT_FALSE(acknowledged);
}

TEST_F(JournalTest, OutOfBoundsIsRefusedAndLeavesNothing) {
  open();
  Call call("1");
  call.reserved = -1;
  auto refused = journal().reserve(call.reservation());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, core::Errc::too_large);
  ASSERT_TRUE(journal().settle(Call("2").settlement()));
  EXPECT_EQ(entries(), "s:2 ");
}

TEST_F(JournalTest, ADamagedEntryIsPassedOverAndCounted) {
  open();
  for (const char* id : {"1", "2", "3"}) ASSERT_TRUE(journal().settle(Call(id).settlement()));
  set_.reset();
  auto& bytes = state_->files.begin()->second->live;
  const std::string_view all(bytes.data(), bytes.size());
  const std::size_t second = all.find("chatcmpl-123", all.find("chatcmpl-123") + 1);
  bytes[second] ^= 1;
  open();
  EXPECT_EQ(entries(), "s:1 s:3 ");
  EXPECT_GT(damaged_, 300U);
}

TEST_F(JournalTest, AMissingSegmentIsAConflict) {
  open();
  for (int i = 0; i < 1'000; ++i) ASSERT_TRUE(journal().settle(Call("x").settlement()));
  set_.reset();
  state_->files.erase(std::next(state_->files.begin()));
  open();
  auto result = set_->read(0, set_->streams()[0].first, 1'000'000, [](Position, auto) {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, core::Errc::conflict);
}

// Over 1,000 seeds: calls at random, syncs at random, then the power fails.
TEST_F(JournalTest, NothingAcknowledgedIsLostInAPowerFailure) {
  std::uint64_t lost_unacknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    core::SeededRandom random(seed);
    state_ = std::make_shared<PlayedDisk::State>();
    open();
    std::set<std::string> acknowledged;
    std::set<std::string> appended;
    const std::uint64_t entries_to_write = 1 + random.below(300);
    for (std::uint64_t i = 0; i < entries_to_write; ++i) {
      const std::string id = std::to_string(i);
      ASSERT_TRUE(journal().settle(Call(id).settlement()));
      appended.insert(id);
      if (random.below(3) == 0) {
        journal().when_durable(journal().position(), [&, id] { acknowledged.insert(id); });
      }
      if (random.below(40) == 0) set_->sync_round();
    }
    state_ = PlayedDisk::after_power_failure(*state_, random);
    auto old = std::move(set_);
    JournalOptions options;
    options.segment_bytes = kSegment;
    auto reopened = DiskJournalSet::open(std::make_unique<PlayedDisk>(state_), options, 1);
    ASSERT_TRUE(reopened);
    set_ = std::move(*reopened);
    std::set<std::string> found;
    Decoder decoder;
    auto read = set_->read(0, set_->streams()[0].first, 1'000'000, [&](Position, auto payload) {
      const SettlementEntry* const entry = decoder.settlement(payload);
      ASSERT_NE(entry, nullptr) << "a torn entry was taken";
      EXPECT_EQ(entry->cost.nano_usd(), Call().cost);
      EXPECT_TRUE(found.insert(std::string(entry->facts.call_id)).second);
    });
    ASSERT_TRUE(read);
    for (const std::string& id : acknowledged) ASSERT_TRUE(found.contains(id)) << seed << ' ' << id;
    for (const std::string& id : found) ASSERT_TRUE(appended.contains(id));
    lost_unacknowledged += appended.size() - found.size();
  }
  EXPECT_GT(lost_unacknowledged, 10'000U) << "the disk loses what it may";
}

TEST(CallSet, KeepsWhatIsThere) {
  CallSet set;
  std::set<std::string> model;
  core::SeededRandom random(3);
  for (int i = 0; i < 50'000; ++i) {
    const std::string id = std::to_string(random.below(500));
    if (random.below(2) == 0) {
      EXPECT_EQ(set.insert(id), model.insert(id).second);
    } else {
      set.erase(id);
      model.erase(id);
    }
    EXPECT_EQ(set.size(), model.size());
    const std::string other = std::to_string(random.below(500));
    EXPECT_EQ(set.contains(other), model.contains(other));
  }
  set.insert("a");
  EXPECT_TRUE(set.mark("a"));
  EXPECT_FALSE(set.mark("a"));
  EXPECT_FALSE(set.insert("a"));
}

}  // namespace
}  // namespace gatehouse::ledger
