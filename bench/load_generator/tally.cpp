#include "tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace gatehouse::load_generator {

namespace {

constexpr std::array<std::string_view, kFailureKinds> kNames = {"connect", "cut",     "malformed",
                                                                "status",  "content", "timeout"};

constexpr std::array<std::string_view, kLeftKinds> kLeftNames = {"unanswered", "head", "body"};

/// An object of counts with their total.
template <std::size_t N>
std::string counts(const std::array<std::string_view, N>& names,
                   const std::array<std::uint64_t, N>& values) {
  std::string out = "{";
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < N; ++i) {
    total += values[i];
    fmt::format_to(std::back_inserter(out), R"("{}":{},)", names[i], values[i]);
  }
  return out + fmt::format(R"("total":{}}})", total);
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// Exact order statistics in microseconds: nearest rank.
std::string percentiles(std::vector<std::int64_t>& samples) {
  if (samples.empty()) return "null";
  std::ranges::sort(samples);
  const auto rank = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(samples.size()));
    return static_cast<double>(samples[std::min(index, samples.size() - 1)]) / 1000.0;
  };
  return fmt::format(
      R"({{"p50":{:.1f},"p90":{:.1f},"p99":{:.1f},"p99.9":{:.1f},"max":{:.1f},"samples":{}}})",
      rank(0.5), rank(0.9), rank(0.99), rank(0.999), rank(1.0), samples.size());
}

}  // namespace

void Tally::answered(Nanos latency, Nanos first_byte, std::uint64_t frames, std::uint64_t bytes,
                     bool sampled) {
  ++requests_;
  frames_ += frames;
  bytes_ += bytes;
  if (!sampled) return;
  latencies_.push_back(latency.count());
  first_bytes_.push_back(first_byte.count());
}

void Tally::failed(Failure failure, std::string_view detail) {
  ++failures_[static_cast<std::size_t>(failure)];
  if (first_failure_.empty()) {
    first_failure_ = fmt::format("{}: {}", kNames[static_cast<std::size_t>(failure)], detail);
  }
}

std::string Tally::to_json(Nanos elapsed) {
  const double seconds = static_cast<double>(elapsed.count()) / 1e9;
  std::string out =
      fmt::format(R"({{"requests":{},"seconds":{:.4f},"rate":{:.1f},"frames":{},"body_bytes":{},)",
                  requests_, seconds, static_cast<double>(requests_) / seconds, frames_, bytes_);
  std::string statuses;
  for (const auto& [status, count] : statuses_) {
    statuses += fmt::format(R"({}"{}":{})", statuses.empty() ? "" : ",", status, count);
  }
  fmt::format_to(
      std::back_inserter(out),
      R"("most_open":{},"latency_us":{},"first_byte_us":{},"begun":{},"statuses":{{{}}},)",
      most_open_, percentiles(latencies_), percentiles(first_bytes_), begun_, statuses);
  fmt::format_to(std::back_inserter(out), R"("left":{},"failures":{},"first_failure":{}}})",
                 counts(kLeftNames, left_), counts(kNames, failures_), quoted(first_failure_));
  return out;
}

}  // namespace gatehouse::load_generator
