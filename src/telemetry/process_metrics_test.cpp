#include "gatehouse/telemetry/process_metrics.hpp"

#include <gtest/gtest.h>

namespace gatehouse::telemetry {
namespace {

double value_of(const std::string& text, const std::string& name) {
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

TEST(ProcessMetrics, SayWhatTheSystemKnows) {
  Exposition out;
  collect_process_metrics(out, core::WallTime(core::Seconds(1'767'225'600)));
  const std::string text = out.take();
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), 1e6);
  EXPECT_GE(value_of(text, "process_open_fds"), 1);
  EXPECT_GE(value_of(text, "process_max_fds"), value_of(text, "process_open_fds"));
  EXPECT_GE(value_of(text, "process_threads"), 1);
  EXPECT_GE(value_of(text, "process_cpu_seconds_total"), 0);
  EXPECT_EQ(value_of(text, "process_start_time_seconds"), 1'767'225'600);
}

}  // namespace
}  // namespace gatehouse::telemetry
