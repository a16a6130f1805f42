// How long questions about spend take over a large ledger (performance.md G14).
//
//   spend_queries_bench FILE [ROWS]     fills FILE with ROWS calls (1,000,000) unless it is there,
//                                       then asks every question 20 times
//
// The calls are those of generated_ledger.hpp.

#include <algorithm>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gatehouse/ledger/spend_queries.hpp"
#include "generated_ledger.hpp"

namespace gatehouse::ledger {
namespace {

constexpr int kRounds = 20;

[[noreturn]] void give_up(const core::Error& error) {
  std::fprintf(stderr, "%s (%s)\n", error.public_message.c_str(), error.internal_detail.c_str());
  std::exit(1);
}

template <class T>
T must(core::Result<T> result) {
  if (!result) give_up(result.error());
  return std::move(*result);
}

// --- asking -----------------------------------------------------------------------------------

struct Times {
  std::vector<double> wall;
  std::vector<double> cpu;  ///< of the process: what counts where the machine is shared

  void measure(const std::function<void()>& ask) {
    const std::clock_t cpu_begin = std::clock();
    const auto begin = std::chrono::steady_clock::now();
    ask();
    wall.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
    cpu.push_back(1000.0 * static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC);
  }
};

void report(const char* name, const std::function<void(int)>& ask) {
  Times times;
  for (int round = 0; round < kRounds; ++round) times.measure([&] { ask(round); });
  std::ranges::sort(times.wall);
  std::ranges::sort(times.cpu);
  const std::size_t p95 = kRounds * 95 / 100;
  std::printf("| %-38s | %8.2f | %8.2f | %8.2f |\n", name, times.wall[kRounds / 2], times.wall[p95],
              times.cpu[p95]);
  std::fflush(stdout);
}

/// The thirty days that end `round` days before the last one.
DayRange month(int round) {
  const Day last = first_generated_day() + std::chrono::days(kGeneratedDays - 1 - round);
  return {last - std::chrono::days(29), last};
}

CallFilter filter_of(int round) {
  const DayRange days = month(round);
  return {.from = start_of(days.first), .until = start_of(days.last) + std::chrono::days(1)};
}

std::string key(int round) {
  char text[65];
  std::snprintf(text, sizeof text, "%064" PRIx64,
                static_cast<std::uint64_t>(round) * 37 * 0x9e3779b97f4a7c15);
  return text;
}

void ask_log(const SpendQueries& queries) {
  const auto page = [&](const char* name, const std::function<void(CallFilter&, int)>& narrow,
                        const CallPageRequest& request = {}) {
    report(name, [&](int round) {
      CallFilter filter = filter_of(round);
      narrow(filter, round);
      must(queries.page(filter, request));
    });
  };
  page("log, first page", [](CallFilter&, int) {});
  page("log, page 200", [](CallFilter&, int) {}, {.offset = 10'000});
  page("log of a key", [](CallFilter& filter, int round) { filter.api_key = key(round); });
  page("log of a user",
       [](CallFilter& filter, int round) { filter.user_id = "user-" + std::to_string(round); });
  page("log of a team",
       [](CallFilter& filter, int round) { filter.team_id = "team-" + std::to_string(round); });
  page("log of a model",
       [](CallFilter& filter, int round) { filter.model = "model-" + std::to_string(round); });
  page("log of an end user", [](CallFilter& filter, int round) {
    filter.end_user = "customer-" + std::to_string(round * 3) + "-1";
  });
  page("log of failures", [](CallFilter& filter, int) { filter.successful = false; });
  page("log of failures with a text",
       [](CallFilter& filter, int) { filter.error_contains = "no such text"; });
  page("log of a day by spend",
       [](CallFilter& filter, int) { filter.from = *filter.until - std::chrono::days(1); },
       {.order = CallOrder::cost});
  report("log, 500 rows of the whole", [&](int round) {
    must(queries.newest(filter_of(round), SpendQueries::Cursor{*filter_of(round).until, 0}, 500));
  });
}

void ask_sums(const SpendQueries& queries) {
  const auto sums = [&](const char* name, UsageBy by, const UsageFilter& filter = {}) {
    report(name, [&](int round) { must(queries.usage(by, month(round), filter, 100'000)); });
  };
  sums("activity by day", UsageBy::day);
  sums("activity by day and model", UsageBy::day_model_group);
  sums("spend by model", UsageBy::model);
  sums("spend by provider", UsageBy::provider);
  sums("spend by tag", UsageBy::tag);
  sums("spend by key", UsageBy::key);
  sums("spend by day and team", UsageBy::day_team);
  sums("summary: day and user", UsageBy::day_user);
  sums("summary: day and key", UsageBy::day_key);
  sums("report by key and model", UsageBy::key_model);
  sums("report by team, key and model", UsageBy::day_team_key_model);
  sums("days of a key", UsageBy::day, {.api_keys = {key(1)}});
  sums("days of a team", UsageBy::day, {.team_ids = {"team-7"}});
  sums("spend by end user", UsageBy::end_user);
  report("total of all days", [&](int) { must(queries.total({})); });
}

void ask_activity(const SpendQueries& queries) {
  report("daily activity, a page of 1,000 lines",
         [&](int round) { must(queries.activity(Subject::user, month(round), {}, 0, 1'000)); });
  report("daily activity of a user", [&](int round) {
    const UsageFilter filter{.user_ids = {"user-" + std::to_string(round)}};
    must(queries.activity(Subject::user, month(round), filter, 0, 1'000));
  });
  report("daily activity of a team", [&](int round) {
    const UsageFilter filter{.team_ids = {"team-" + std::to_string(round)}};
    must(queries.activity(Subject::team, month(round), filter, 0, 1'000));
  });
  report("daily activity of a customer", [&](int round) {
    const UsageFilter filter{.end_users = {"customer-" + std::to_string(round * 3) + "-1"}};
    must(queries.activity(Subject::end_user, month(round), filter, 0, 1'000));
  });
  report("aggregated activity, each day",
         [&](int round) { must(queries.activity_of_day(Subject::user, month(round).last, {})); });
  report("names of tags", [&](int) { must(queries.tag_names("", 10'000)); });
  report("names of end users", [&](int) { must(queries.end_users("", 10'000)); });
}

int run(const std::string& file, std::int64_t rows) {
  const bool there = std::filesystem::exists(file);
  auto database = must(database::open_sqlite(
      {.file = file, .statement_limit = core::Millis(0), .checkpoint_pages = 100'000}));
  if (!there) {
    const auto begin = std::chrono::steady_clock::now();
    const auto filled = generate_ledger(*database, rows);
    if (!filled) give_up(filled.error());
    std::printf("filled in %.0f s\n",
                std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  const SpendQueries queries(*database);
  std::printf("| question over 30 days                  |   p50 ms |   p95 ms |  CPU p95 |\n");
  std::printf("| --- | --- | --- | --- |\n");
  ask_log(queries);
  ask_sums(queries);
  ask_activity(queries);
  return 0;
}

}  // namespace
}  // namespace gatehouse::ledger

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: spend_queries_bench FILE [ROWS]\n");
    return 2;
  }
  return gatehouse::ledger::run(argv[1], argc > 2 ? std::atoll(argv[2]) : 1'000'000);
}
