// Thousands of random calls with kills between, against sums kept in maps.

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "settler_test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::at_seconds;
using testing::Call;
using testing::kDay;
using testing::kNewYear;
using testing::LedgerFolder;

struct Model {
  struct Period {
    std::int64_t start = 0, spent = 0;
  };
  std::map<std::tuple<int, std::string, std::string>, Period> counters;
  std::map<std::string, std::int64_t> days, tags;
  std::int64_t records = 0, unknown = 0;

  void charge(const Call& call, std::int64_t cost) {
    for (const core::ChargedPeriod& period : call.periods) {
      const std::int64_t start = period.period_start.time_since_epoch().count();
      Period& counter =
          counters[{int(period.scope), std::string(period.id), std::string(period.duration)}];
      if (start > counter.start) counter = {start, 0};
      if (start == counter.start) counter.spent += cost;
    }
  }
  void record(const Call& call, std::int64_t cost, const std::string& date) {
    ++records;
    days[date + "|" + call.user] += cost;
    for (const std::string_view tag : call.tags) tags[date + "|" + std::string(tag)] += cost;
  }
};

std::string lines(const std::map<std::string, std::int64_t>& sums) {
  std::string text;
  for (const auto& [key, sum] : sums) {
    if (!text.empty()) text += '\n';
    text += key + "|" + std::to_string(sum);
  }
  return text;
}

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    ledger.settler_options.max_batch = 1 + random_.below(300);
    ledger.segment_bytes = 128 * 1024;
  }

  /// In one place: its periods refer to its texts.
  std::unique_ptr<Call> random_call() {
    auto made = std::make_unique<Call>("c" + std::to_string(++number_));
    Call& call = *made;
    call.user = "user-" + std::to_string(random_.below(5));
    const std::int64_t day = static_cast<std::int64_t>(random_.below(4));
    call.started = at_seconds(kNewYear + day * kDay + 100);
    call.cost = static_cast<std::int64_t>(random_.below(1'000'000));
    call.reserved = call.cost + static_cast<std::int64_t>(random_.below(1'000));
    call.tags.clear();
    static constexpr std::string_view kTags[] = {"a", "b", "c"};
    for (const std::string_view tag : kTags) {
      if (random_.below(2) == 0) call.tags.push_back(tag);
    }
    call.charge_usual_scopes();
    for (const std::string_view tag : call.tags) {
      call.periods.push_back({core::Scope::tag, tag, "1d", at_seconds(kNewYear + day * kDay),
                              at_seconds(kNewYear + (day + 1) * kDay)});
    }
    date_ = "2026-01-0" + std::to_string(day + 1);
    return made;
  }

  void step(std::size_t writers) {
    std::unique_ptr<Call> made = random_call();
    const Call& call = *made;
    Journal& journal = ledger.journal(random_.below(writers));
    const auto fate = random_.below(20);
    ASSERT_TRUE(journal.reserve(call.reservation()));
    if (fate == 0) {  // left open before it was sent
      open_.emplace_back(std::move(made), false, date_);
      return;
    }
    journal.dispatch(call.id);
    if (fate == 1) {
      open_.emplace_back(std::move(made), true, date_);
      return;
    }
    ASSERT_TRUE(journal.settle(call.settlement()));
    model.charge(call, call.cost);
    model.record(call, call.cost, date_);
  }

  /// What recovery makes of the calls that a kill left open.
  void close_open() {
    for (const auto& [call, sent, date] : open_) {
      if (sent) model.charge(*call, call->reserved);
      model.record(*call, sent ? call->reserved : 0, date);
      model.unknown += sent ? 1 : 0;
    }
    open_.clear();
  }

  void compare() {
    EXPECT_EQ(ledger.ask("SELECT count(*) FROM call_record"), std::to_string(model.records));
    EXPECT_EQ(ledger.ask("SELECT count(*) FROM reconciliation"), std::to_string(model.unknown));
    std::string counters;
    for (const auto& [key, counter] : model.counters) {
      if (!counters.empty()) counters += '\n';
      counters += std::to_string(std::get<0>(key)) + "|" + std::get<1>(key) + "|" +
                  std::get<2>(key) + "|" + std::to_string(counter.start) + "|" +
                  std::to_string(counter.spent);
    }
    EXPECT_EQ(ledger.ask("SELECT scope, id, duration, period_start_ns, spent_nano"
                         " FROM budget_counter ORDER BY scope, id, duration",
                         5),
              counters);
    EXPECT_EQ(
        ledger.ask(
            "SELECT date, user_id, sum(spend_nano) FROM daily_usage GROUP BY 1, 2 ORDER BY 1, 2",
            3),
        lines(model.days));
    EXPECT_EQ(
        ledger.ask(
            "SELECT date, tag, sum(spend_nano) FROM daily_tag_usage GROUP BY 1, 2 ORDER BY 1, 2",
            3),
        lines(model.tags));
    // The tables agree among themselves, too.
    EXPECT_EQ(ledger.ask("SELECT date(started_at_ns / 1000000000, 'unixepoch'), user_id,"
                         " sum(cost_nano) FROM call_record GROUP BY 1, 2 ORDER BY 1, 2",
                         3),
              lines(model.days));
  }

  LedgerFolder ledger;
  Model model;

 private:
  core::SeededRandom random_;
  int number_ = 0;
  std::string date_;
  std::vector<std::tuple<std::unique_ptr<Call>, bool, std::string>> open_;
};

TEST(LedgerModel, RandomCallsAndKillsGiveTheSumsOfAModel) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    World world(seed);
    for (int run = 0; run < 5; ++run) {
      const std::size_t writers = 1 + static_cast<std::size_t>(run) % 3;
      world.ledger.open(writers);
      world.close_open();
      for (int i = 0; i < 400; ++i) world.step(writers);
      world.ledger.kill();
    }
    world.ledger.open();
    world.close_open();
    world.compare();
  }
}

}  // namespace
}  // namespace gatehouse::ledger
