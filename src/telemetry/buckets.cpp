#include "gatehouse/telemetry/metric_catalog.hpp"

namespace gatehouse::telemetry {

namespace {
std::vector<std::uint64_t> from_micros(std::initializer_list<std::uint64_t> micros) {
  std::vector<std::uint64_t> out;
  for (const std::uint64_t bound : micros) out.push_back(bound * 1000);
  return out;
}
}  // namespace

std::vector<std::uint64_t> latency_buckets() {
  std::vector<std::uint64_t> out =
      from_micros({5'000, 6'250, 12'500, 25'000, 50'000, 100'000, 500'000});
  for (std::uint64_t halves = 2; halves <= 20; ++halves) out.push_back(halves * 500'000'000);
  for (const std::uint64_t seconds : {15, 20, 25, 30, 60, 120, 180, 240, 300}) {
    out.push_back(seconds * 1'000'000'000);
  }
  return out;
}

std::vector<std::uint64_t> genai_duration_buckets() {
  std::vector<std::uint64_t> out;
  for (std::uint64_t bound = 10'000'000; out.size() < 14; bound *= 2) out.push_back(bound);
  return out;
}

std::vector<std::uint64_t> genai_first_token_buckets() {
  return from_micros({1'000, 5'000, 10'000, 20'000, 40'000, 60'000, 80'000, 100'000, 250'000,
                      500'000, 750'000, 1'000'000, 2'500'000, 5'000'000, 7'500'000, 10'000'000});
}

std::vector<std::uint64_t> genai_per_token_buckets() {
  return from_micros({10'000, 25'000, 50'000, 75'000, 100'000, 150'000, 200'000, 300'000, 400'000,
                      500'000, 750'000, 1'000'000, 2'500'000});
}

std::vector<std::uint64_t> genai_token_buckets() {
  std::vector<std::uint64_t> out;
  for (std::uint64_t bound = 1; out.size() < 14; bound *= 4) out.push_back(bound);
  return out;
}

}  // namespace gatehouse::telemetry
