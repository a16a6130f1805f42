// How long questions about spend take over a large ledger (performance.md G14).
//
//   spend_queries_bench FILE [ROWS]     fills FILE with ROWS calls (1,000,000) unless it is there,
//                                       then asks every question 20 times
//
// The calls: 90 days, 2,000 keys of 500 users in 50 teams, two of 20 models for each key, 20 end
// users for every third key, tags on every tenth, one in 97 failed.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gatehouse/ledger/spend_queries.hpp"

namespace gatehouse::ledger {
namespace {

constexpr int kDays = 90;
constexpr int kRounds = 20;

core::WallTime first_day() {
  return start_of(*day_named("2026-01-01"));
}

[[noreturn]] void give_up(const core::Error& error) {
  std::fprintf(stderr, "%s (%s)\n", error.public_message.c_str(), error.internal_detail.c_str());
  std::exit(1);
}

template <class T>
T must(core::Result<T> result) {
  if (!result) give_up(result.error());
  return std::move(*result);
}

// --- filling ----------------------------------------------------------------------------------

constexpr std::string_view kFill = R"(
WITH RECURSIVE step (i) AS (SELECT ?1 UNION ALL SELECT i + 1 FROM step WHERE i + 1 < ?2),
mixed AS (SELECT i, (i * 2654435761) % 4294967296 AS r FROM step),
named AS (SELECT i, r, (r / 7) % 2000 AS k, (r / 14000) % 2 AS m FROM mixed)
INSERT INTO call_record
SELECT i + 1, printf('%012x-0000-7000-8000-%012x', i, r), printf('chatcmpl-%x', i),
       CASE WHEN (k + m) % 20 < 3 THEN 'aembedding' ELSE 'acompletion' END,
       CASE WHEN r % 97 = 0 THEN 'failed' ELSE 'answered' END,
       CASE WHEN r % 97 = 0 THEN 500 ELSE 200 END, r % 2,
       printf('%064x', k), 'key-' || k, 'user-' || (k % 500), 'team-' || (k % 50),
       'org-' || (k % 5),
       CASE k % 3 WHEN 0 THEN 'customer-' || k || '-' || ((r / 28000) % 20) ELSE '' END,
       'group-' || ((k + m) % 20), 'group-' || ((k + m) % 20), 'model-' || ((k + m) % 20),
       'deployment-' || ((k + m) % 20), CASE WHEN (k + m) % 20 < 12 THEN 'openai' ELSE 'anthropic'
       END, 'https://api.example.com/v1', CASE r % 5 WHEN 0 THEN 'session-' || (i / 20) ELSE '' END,
       '10.0.0.1', CASE k % 10 WHEN 0 THEN '["job:' || (r % 5) || '"]' ELSE '[]' END, '', 'v1',
       'reported', 100000, (r % 100000) * 10, 1, 0, r % 3000, r % 700, 0, 0, 0, 0, 0, 0, 0, 0,
       CASE WHEN r % 97 = 0 THEN 'RateLimitError' ELSE '' END, '', '[]', ?3 + (i - ?1) * ?4,
       ?3 + (i - ?1) * ?4 + 900000000, NULL
FROM named)";

#define GATEHOUSE_BENCH_SUMS                                                                   \
  "api_key, user_id, team_id, organization_id, end_user, model, model_group, provider, "       \
  "call_type, SUM(cost_nano), SUM(prompt_tokens), SUM(completion_tokens), 0, 0, 0, COUNT(*), " \
  "SUM(status = 'answered'), SUM(status <> 'answered') FROM call_record"

constexpr std::string_view kUsage =
    "INSERT INTO daily_usage SELECT ?1, " GATEHOUSE_BENCH_SUMS
    " WHERE seq > ?2 GROUP BY api_key, user_id, team_id, organization_id, end_user, model, "
    "model_group, provider, call_type";
constexpr std::string_view kTagUsage =
    "INSERT INTO daily_tag_usage SELECT ?1, t.value, " GATEHOUSE_BENCH_SUMS
    ", json_each(tags) AS t WHERE seq > ?2 GROUP BY t.value, api_key, user_id, team_id, "
    "organization_id, end_user, model, model_group, provider, call_type";

void fill(database::Database& database, std::int64_t rows) {
  const std::int64_t per_day = rows / kDays;
  const std::int64_t day_ns = std::int64_t{86'400} * 1'000'000'000;
  for (std::int64_t day = 0; day < kDays; ++day) {
    const core::WallTime starts = first_day() + core::Nanos(day * day_ns);
    const std::string date = text_of(day_of(starts));
    const std::int64_t from = day * per_day;
    must(database.write([&](database::Connection& connection) -> core::Result<std::int64_t> {
      must(connection.execute(
          kFill, {from, from + per_day, starts.time_since_epoch().count(), day_ns / per_day}));
      must(connection.execute(kUsage, {date, from}));
      return connection.execute(kTagUsage, {date, from});
    }));
  }
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
  const Day last = day_of(first_day()) + std::chrono::days(kDays - 1 - round);
  return {last - std::chrono::days(29), last};
}

CallFilter filter_of(int round) {
  const DayRange days = month(round);
  return {.from = start_of(days.first), .until = start_of(days.last) + std::chrono::days(1)};
}

std::string key(int round) {
  char text[65];
  std::snprintf(text, sizeof text, "%064x", static_cast<unsigned>(round) * 37);
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
  if (!there) fill(*database, rows);
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
