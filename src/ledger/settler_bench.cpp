// How fast entries reach the database, and how long a start takes with a full table.

#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "gatehouse/database/database.hpp"
#include "gatehouse/ledger/journal.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "test_support.hpp"

namespace gatehouse::ledger {
namespace {

using testing::Call;
using testing::TempFolder;

std::unique_ptr<database::Database> open_database(const TempFolder& folder) {
  database::DatabaseOptions options;
  options.file = folder / "gatehouse.db";
  options.sync_commits = true;
  auto opened = database::open_sqlite(std::move(options));
  if (!opened) std::abort();
  return std::move(*opened);
}

std::unique_ptr<JournalSet> open_set(const TempFolder& folder) {
  JournalOptions options;
  options.folder = folder / "journal";
  auto set = JournalSet::open(std::move(options), 1);
  if (!set) std::abort();
  return std::move(*set);
}

void append(Journal& journal, const std::vector<Call>& keys, std::uint64_t& number,
            std::int64_t calls) {
  for (std::int64_t i = 0; i < calls; ++i) {
    const Call& key = keys[number % keys.size()];
    std::string id = "0197a1b2-0000-7000-8000-" + std::to_string(100'000'000'000 + ++number);
    ReservationEntry reservation = key.reservation();
    SettlementEntry settlement = key.settlement();
    reservation.facts.call_id = settlement.facts.call_id = id;
    settlement.response_id = std::string_view(id).substr(4);
    if (!journal.reserve(reservation)) std::abort();
    journal.dispatch(id);
    if (!journal.settle(settlement)) std::abort();
  }
}

/// Whole calls (3 entries each, 8 counters, 1 row of sums, 2 tags), from the journal to the commit.
void apply_calls(benchmark::State& state) {
  const TempFolder folder;
  const auto database = open_database(folder);
  const auto set = open_set(folder);
  const core::SystemClock clock;
  auto settler = Settler::start(*database, *set, clock, {});
  if (!settler) std::abort();
  std::vector<Call> keys(100);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i].key = std::string(60, 'a') + std::to_string(1'000 + i);
    keys[i].charge_usual_scopes();
  }
  std::uint64_t number = 0;
  for (auto _ : state) {
    append(set->writer(0), keys, number, state.range(0));
    if (!(*settler)->flush(core::Seconds(60))) std::abort();
  }
  state.counters["calls"] =
      benchmark::Counter(static_cast<double>(number), benchmark::Counter::kIsRate);
}
BENCHMARK(apply_calls)->Arg(10'000)->Iterations(5)->UseRealTime()->Unit(benchmark::kMillisecond);

/// Recovery with an empty journal and a million records.
void start_with_a_million_records(benchmark::State& state) {
  const TempFolder folder;
  {
    const auto database = open_database(folder);
    auto filled = database->write([](database::Connection& connection) {
      return connection.execute(
          "INSERT INTO call_record WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
          " WHERE i < 1000000) SELECT i, 'call-' || i, 'response-' || i, 'acompletion',"
          " 'answered', 200, 1, 'key-' || (i % 1000), '', 'user-' || (i % 500), 'team-1', '', '',"
          " 'gpt-4o', 'gpt-4o', 'gpt-4o', 'd', 'openai', '', '', '', '[]', '', '', 'reported',"
          " 5, 4, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '[]', i, i, NULL FROM n");
    });
    if (!filled) std::abort();
  }
  const core::SystemClock clock;
  for (auto _ : state) {
    const auto database = open_database(folder);
    const auto set = open_set(folder);
    auto settler = Settler::start(*database, *set, clock, {});
    if (!settler) std::abort();
  }
}
BENCHMARK(start_with_a_million_records)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gatehouse::ledger
