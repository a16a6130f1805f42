#include "archive.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "settler_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::at_seconds;
using testing::Call;
using testing::kDay;
using testing::kNewYear;
using testing::LedgerFolder;

class ArchiveTest : public ::testing::Test {
 protected:
  void record(int first, int count, std::int64_t day) {
    for (int i = first; i < first + count; ++i) {
      Call call("c" + std::to_string(i));
      call.started = at_seconds(kNewYear + day * kDay + i);
      ASSERT_TRUE(ledger_.journal().settle(call.settlement()));
    }
  }
  /// Lines by day.
  std::map<std::string, std::vector<std::string>> archived() const {
    std::map<std::string, std::vector<std::string>> days;
    for (const auto& entry : std::filesystem::directory_iterator(folder())) {
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);) {
        days[entry.path().filename().string()].push_back(line);
      }
    }
    return days;
  }
  std::string folder() const { return ledger_.path("archive"); }
  LedgerFolder ledger_;
};

TEST_F(ArchiveTest, WholeDaysMoveAndSumsStay) {
  ledger_.open();
  record(0, 600, 0);
  record(600, 3, 1);
  record(700, 2, 2);
  ledger_.flush();
  Archive archive(ledger_.database(), folder(), core::Seconds(2 * kDay));
  // Day 1 ends at day 2; two days later is day 4.
  const auto now = at_seconds(kNewYear + 4 * kDay + 1);
  std::size_t moved = 0;
  for (;;) {
    auto step = archive.step(now);
    ASSERT_TRUE(step) << step.error().internal_detail;
    if (*step == 0) break;
    EXPECT_LE(*step, Archive::kBatch);
    moved += *step;
  }
  EXPECT_EQ(moved, 603U);
  const auto days = archived();
  ASSERT_EQ(days.size(), 2U);
  EXPECT_EQ(days.at("call_record-2026-01-01.jsonl").size(), 600U);
  const auto& second = days.at("call_record-2026-01-02.jsonl");
  ASSERT_EQ(second.size(), 3U);
  EXPECT_TRUE(second[0].starts_with(R"({"seq":601,"http_status":200,"stream":1,)")) << second[0];
  EXPECT_NE(second[0].find(R"("call_id":"c600")"), std::string::npos);
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM call_record"), "2");
  EXPECT_EQ(ledger_.ask("SELECT sum(api_requests) FROM daily_usage"), "605");
  EXPECT_EQ(ledger_.ask("SELECT spent_nano FROM budget_counter WHERE scope = 0"),
            std::to_string(605 * Call().cost));
}

TEST_F(ArchiveTest, EachRecordIsThereOnceWhereverItStops) {
  ledger_.open();
  record(0, 20, 0);
  ledger_.flush();
  const auto now = at_seconds(kNewYear + 9 * kDay);
  for (int stop = 0; stop < 25; ++stop) {
    Archive archive(ledger_.database(), folder(), core::Seconds(kDay));
    ledger_.stopping().stop_at(stop);
    auto step = archive.step(now);
    ledger_.stopping().stop_at(-1);
    const auto lines = archived()["call_record-2026-01-01.jsonl"];
    EXPECT_EQ(lines.size(), 20U) << stop;
    if (step) break;
    EXPECT_EQ(ledger_.ask("SELECT count(*) FROM call_record"), "20") << stop;
    ASSERT_LT(stop, 24);
  }
  EXPECT_EQ(ledger_.ask("SELECT count(*) FROM call_record"), "0");
  // Half a line that a crash left behind is cut off before the next record.
  std::ofstream(folder() + "/call_record-2026-01-01.jsonl", std::ios::app) << "{\"seq\":9";
  record(20, 1, 0);
  ledger_.flush();
  Archive archive(ledger_.database(), folder(), core::Seconds(kDay));
  ASSERT_TRUE(archive.step(now));
  EXPECT_EQ(archived()["call_record-2026-01-01.jsonl"].size(), 21U);
}

TEST_F(ArchiveTest, UnknownCallsStayUntilTheyAreResolved) {
  ledger_.open();
  ASSERT_TRUE(ledger_.journal().reserve(Call("u").reservation()));
  ledger_.journal().dispatch("u");
  ledger_.flush();
  ledger_.kill();
  ledger_.open();
  Archive archive(ledger_.database(), folder(), core::Seconds(kDay));
  const auto now = at_seconds(kNewYear + 9 * kDay);
  EXPECT_EQ(archive.step(now), 0U);
  ASSERT_TRUE(ledger_.database().write([](database::Connection& connection) {
    return connection.execute("UPDATE reconciliation SET state = 'resolved'");
  }));
  EXPECT_EQ(archive.step(now), 1U);
}

TEST_F(ArchiveTest, TheSettlerArchivesWhenItHasTime) {
  ledger_.clock.set_wall(at_seconds(kNewYear + 9 * kDay));
  ledger_.open();
  record(0, 5, 0);
  ledger_.flush();
  ledger_.settler.reset();
  ledger_.settler_options.retention = core::Seconds(kDay);
  ledger_.settler_options.archive_folder = folder();
  ASSERT_TRUE(ledger_.start_settler());
  for (int i = 0; i < 1'000 && ledger_.settler->status().archived == 0; ++i) {
    record(1'000 + i, 1, 9);  // a flush is a turn of the settler
    ledger_.flush();
  }
  EXPECT_EQ(ledger_.settler->status().archived, 5U);
  EXPECT_EQ(archived()["call_record-2026-01-01.jsonl"].size(), 5U);
}

}  // namespace
}  // namespace gatehouse::ledger
