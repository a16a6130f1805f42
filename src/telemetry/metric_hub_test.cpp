#include "gatehouse/telemetry/metric_hub.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

namespace gatehouse::telemetry {
namespace {

TEST(MetricHub, SumsOverThreadsByLabelSet) {
  MetricCatalog catalog;
  const auto calls = catalog.counter({.name = "calls_total", .help = "h", .labels = {"m", "s"}});
  const auto active = catalog.gauge({.name = "active", .help = "h"});
  MetricHub hub(std::move(catalog));
  MetricBank& one = hub.make_bank();
  MetricBank& two = hub.make_bank();
  one.counter(calls, {"a", "200"}).add();
  one.counter(calls, {"a", "200"}).add(2);
  two.counter(calls, {"a", "200"}).add(4);
  two.counter(calls, {"b", "500"}).add();
  one.gauge(active).add(3);
  two.gauge(active).add(-1);
  EXPECT_EQ(hub.expose(),
            "# HELP calls_total h\n# TYPE calls_total counter\n"
            "calls_total{m=\"a\",s=\"200\"} 7\n"
            "calls_total{m=\"b\",s=\"500\"} 1\n"
            "# HELP active h\n# TYPE active gauge\nactive 2\n");
}

TEST(MetricHub, SeriesWithoutLabelsStartAtZero) {
  MetricCatalog catalog;
  catalog.counter({.name = "a_total", .help = ""});
  catalog.counter({.name = "b_total", .help = "", .labels = {"l"}});
  MetricHub hub(std::move(catalog));
  hub.make_bank();
  EXPECT_EQ(hub.expose(),
            "# HELP a_total \n# TYPE a_total counter\na_total 0\n"
            "# HELP b_total \n# TYPE b_total counter\n");
}

TEST(MetricHub, HistogramsPutAValueOnABoundBelowIt) {
  MetricCatalog catalog;
  const auto sizes = catalog.histogram({.name = "s", .help = "", .buckets = {10, 20}});
  MetricHub hub(std::move(catalog));
  Histogram histogram = hub.make_bank().histogram(sizes);
  for (const std::uint64_t value : {0, 10, 11, 20, 21}) histogram.observe(value);
  EXPECT_EQ(hub.expose(),
            "# HELP s \n# TYPE s histogram\n"
            "s_bucket{le=\"10\"} 2\ns_bucket{le=\"20\"} 4\ns_bucket{le=\"+Inf\"} 5\n"
            "s_sum 62\ns_count 5\n");
}

TEST(MetricHub, LabelSetsAreBounded) {
  MetricCatalog catalog;
  const auto users =
      catalog.counter({.name = "u_total", .help = "", .labels = {"user"}, .max_series = 2});
  MetricHub hub(std::move(catalog));
  MetricBank& bank = hub.make_bank();
  for (int i = 0; i < 1000; ++i) bank.counter(users, {std::to_string(i)}).add();
  bank.counter(users, {"0"}).add();
  EXPECT_EQ(hub.expose(),
            "# HELP u_total \n# TYPE u_total counter\n"
            "u_total{user=\"0\"} 2\nu_total{user=\"1\"} 1\nu_total{user=\"other\"} 998\n");
}

TEST(MetricHub, LabelValuesAreCutBetweenCharactersAndKeptApart) {
  MetricCatalog catalog;
  const auto family = catalog.counter({.name = "c_total", .help = "", .labels = {"a", "b"}});
  MetricHub hub(std::move(catalog));
  MetricBank& bank = hub.make_bank();
  bank.counter(family, {"ab", "c"}).add(1);
  bank.counter(family, {"a", "bc"}).add(2);
  bank.counter(family, {std::string(127, 'x') + "ä", ""}).add(4);
  bank.counter(family, {std::string(127, 'x') + "ö", ""}).add(8);
  const std::string text = hub.expose();
  EXPECT_NE(text.find("{a=\"ab\",b=\"c\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("{a=\"a\",b=\"bc\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("{a=\"" + std::string(127, 'x') + "\",b=\"\"} 12\n"), std::string::npos);
}

TEST(MetricHub, CollectorsAddWhatIsKeptElsewhere) {
  MetricHub hub{MetricCatalog()};
  hub.add_collector([](Exposition& out) {
    out.begin("dropped_total", "h", MetricType::counter);
    out.sample({}, 9);
  });
  EXPECT_EQ(hub.expose(),
            "# HELP dropped_total h\n# TYPE dropped_total counter\ndropped_total 9\n");
}

TEST(MetricHub, ScrapesWhileThreadsCount) {
  MetricCatalog catalog;
  const auto calls = catalog.counter({.name = "c_total", .help = "", .labels = {"l"}});
  MetricHub hub(std::move(catalog));
  std::atomic<bool> stop = false;
  std::thread scraper([&] {
    while (!stop) EXPECT_FALSE(hub.expose().empty());
  });
  std::vector<std::thread> workers;
  for (int t = 0; t < 3; ++t) {
    workers.emplace_back([&] {
      MetricBank& bank = hub.make_bank();
      for (int i = 0; i < 2000; ++i) bank.counter(calls, {std::to_string(i % 50)}).add();
    });
  }
  for (auto& worker : workers) worker.join();
  stop = true;
  scraper.join();
  EXPECT_NE(hub.expose().find("c_total{l=\"49\"} 120\n"), std::string::npos);
}

TEST(MetricCatalog, RefusesWhatPrometheusWould) {
  MetricCatalog catalog;
  catalog.counter({.name = "ok", .help = ""});
  EXPECT_THROW(catalog.counter({.name = "ok", .help = ""}), std::invalid_argument);
  EXPECT_THROW(catalog.counter({.name = "gen_ai.x", .help = ""}), std::invalid_argument);
  EXPECT_THROW(catalog.counter({.name = "", .help = ""}), std::invalid_argument);
  EXPECT_THROW(catalog.counter({.name = "a", .help = "", .labels = {"x:y"}}),
               std::invalid_argument);
  EXPECT_THROW(catalog.counter({.name = "a", .help = "", .labels = {"x", "x"}}),
               std::invalid_argument);
  EXPECT_THROW(catalog.counter({.name = "a", .help = "", .labels = {"__x"}}),
               std::invalid_argument);
  EXPECT_THROW(catalog.histogram({.name = "a", .help = ""}), std::invalid_argument);
  EXPECT_THROW(catalog.histogram({.name = "a", .help = "", .buckets = {2, 1}}),
               std::invalid_argument);
  EXPECT_THROW(catalog.histogram({.name = "a", .help = "", .labels = {"le"}, .buckets = {1}}),
               std::invalid_argument);
}

TEST(MetricBank, AWrongNumberOfLabelsIsABug) {
  MetricCatalog catalog;
  const auto family = catalog.counter({.name = "a", .help = "", .labels = {"x"}});
  MetricBank bank(catalog);
  EXPECT_THROW(bank.counter(family), std::logic_error);
  EXPECT_THROW(bank.counter(family, {"1", "2"}), std::logic_error);
}

TEST(Buckets, AscendAndHaveTheAgreedEnds) {
  EXPECT_EQ(latency_buckets().size() + 1, 36u);
  EXPECT_EQ(latency_buckets().front(), 5'000'000u);
  EXPECT_EQ(latency_buckets().back(), 300'000'000'000u);
  EXPECT_EQ(genai_duration_buckets().back(), 81'920'000'000u);
  EXPECT_EQ(genai_token_buckets().back(), 67'108'864u);
  EXPECT_EQ(genai_first_token_buckets().back(), 10'000'000'000u);
  EXPECT_EQ(genai_per_token_buckets().back(), 2'500'000'000u);
}

}  // namespace
}  // namespace gatehouse::telemetry
