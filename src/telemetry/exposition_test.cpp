#include "gatehouse/telemetry/exposition.hpp"

#include <gtest/gtest.h>

namespace gatehouse::telemetry {
namespace {

TEST(Exposition, CountersAndGauges) {
  Exposition out;
  out.begin("calls_total", "Calls.", MetricType::counter);
  out.sample({}, 3);
  out.sample({{"model", "gpt"}, {"status", "200"}}, 5);
  out.begin("in_flight", "Now.", MetricType::gauge);
  out.sample({}, -2);
  EXPECT_EQ(out.take(),
            "# HELP calls_total Calls.\n"
            "# TYPE calls_total counter\n"
            "calls_total 3\n"
            "calls_total{model=\"gpt\",status=\"200\"} 5\n"
            "# HELP in_flight Now.\n"
            "# TYPE in_flight gauge\n"
            "in_flight -2\n");
}

TEST(Exposition, ScaledValuesAreExact) {
  Exposition out;
  out.begin("spend", "", MetricType::gauge);
  for (const std::int64_t nano :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{1'500'000'000}, std::int64_t{-12'500},
        std::numeric_limits<std::int64_t>::min()}) {
    out.sample({}, nano, Scale::nano);
  }
  EXPECT_EQ(out.take(),
            "# HELP spend \n# TYPE spend gauge\n"
            "spend 0\nspend 0.000000001\nspend 1.5\nspend -0.0000125\n"
            "spend -9223372036.854775808\n");
}

TEST(Exposition, HistogramsAreCumulated) {
  Exposition out;
  out.begin("t", "h", MetricType::histogram);
  const Label labels[] = {{"m", "x"}};
  const std::uint64_t bounds[] = {5'000'000, 2'000'000'000};
  const std::uint64_t counts[] = {1, 2, 3};
  out.histogram(labels, bounds, counts, 7'250'000'000, Scale::nano);
  EXPECT_EQ(out.take(),
            "# HELP t h\n# TYPE t histogram\n"
            "t_bucket{m=\"x\",le=\"0.005\"} 1\n"
            "t_bucket{m=\"x\",le=\"2\"} 3\n"
            "t_bucket{m=\"x\",le=\"+Inf\"} 6\n"
            "t_sum{m=\"x\"} 7.25\n"
            "t_count{m=\"x\"} 6\n");
}

TEST(Exposition, HostileTextsAreEscaped) {
  Exposition out;
  out.begin("m", "a\\b\n# TYPE m \"gauge\"", MetricType::counter);
  out.sample({{"l", "q\"\\\nm 1"}, {"u", "ä\xff\xe2\x82€😀"}}, 1);
  EXPECT_EQ(out.take(),
            "# HELP m a\\\\b\\n# TYPE m \"gauge\"\n"
            "# TYPE m counter\n"
            "m{l=\"q\\\"\\\\\\nm 1\",u=\"ä\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd€😀\"} 1\n");
}

}  // namespace
}  // namespace gatehouse::telemetry
