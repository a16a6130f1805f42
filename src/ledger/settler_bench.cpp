// How fast entries reach the database, and how long a start takes with a full table.

#include <benchmark/benchmark.h>

#include <ctime>
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

double cpu_seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}
/// CPU time of the settler and of the sync: of everybody but the thread that appends.
double background_cpu() {
  return cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
}

/// Whole calls (3 entries each, 8 counters, 1 row of sums, 2 tags), from the journal to the commit.
/// cpu_us: of the settler, for each call. The arguments: how many calls come in while the settler
/// waits, which share a transaction up to 3,333; of how many keys.
void apply_calls(benchmark::State& state) {
  const TempFolder folder;
  const auto database = open_database(folder);
  const auto set = open_set(folder);
  const core::SystemClock clock;
  auto settler = Settler::start(*database, *set, clock, {});
  if (!settler) std::abort();
  std::vector<Call> keys(static_cast<std::size_t>(state.range(1)));
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i].key = std::to_string(10'000 + i * 7'919 % 10'007) + std::string(59, 'a');
    keys[i].user = "user-" + std::to_string(i % 500);
    keys[i].team = "team-" + std::to_string(i % 50);
    keys[i].charge_usual_scopes();
  }
  std::uint64_t number = 0;
  const double begin = background_cpu();
  for (auto _ : state) {
    append(set->writer(0), keys, number, state.range(0));
    if (!(*settler)->flush(core::Seconds(60))) std::abort();
  }
  state.counters["calls"] =
      benchmark::Counter(static_cast<double>(number), benchmark::Counter::kIsRate);
  state.counters["cpu_us"] = 1e6 * (background_cpu() - begin) / static_cast<double>(number);
}
BENCHMARK(apply_calls)
    ->Args({10'000, 100})
    ->Args({10'000, 2'000})
    ->Iterations(5)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(apply_calls)
    ->Args({780, 1})
    ->Args({3'300, 1})
    ->Args({500, 100})
    ->Args({50, 100})
    ->Iterations(50)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

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
