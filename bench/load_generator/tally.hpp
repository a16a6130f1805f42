#pragma once
/// What a run measured.

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace gatehouse::load_generator {

enum class Failure : std::uint8_t {
  connect,    ///< no connection
  cut,        ///< the connection ended inside an answer
  malformed,  ///< not a proper HTTP response
  status,     ///< not 200
  content,    ///< frames missing, or the body's end is not the expected one
  timeout,    ///< no complete answer in time
};
constexpr std::size_t kFailureKinds = 6;

/// How much of the answer a client had read that left.
enum class Left : std::uint8_t { unanswered, head, body };
constexpr std::size_t kLeftKinds = 3;

/// Of requests that were begun, each is answered, failed or left.
class Tally {
 public:
  void begun() noexcept { ++begun_; }
  void answered(Nanos latency, Nanos first_byte, std::uint64_t frames, std::uint64_t bytes,
                bool sampled);
  /// `detail` of the first failure is kept for the reader of the report.
  void failed(Failure failure, std::string_view detail);
  void left(Left how) noexcept { ++left_[static_cast<std::size_t>(how)]; }
  /// Of every complete answer.
  void status(int status) { ++statuses_[status]; }
  void streams_open(std::size_t count) noexcept {
    if (count > most_open_) most_open_ = count;
  }
  std::string to_json(Nanos elapsed);

 private:
  std::vector<std::int64_t> latencies_;
  std::vector<std::int64_t> first_bytes_;
  std::array<std::uint64_t, kFailureKinds> failures_{};
  std::array<std::uint64_t, kLeftKinds> left_{};
  std::map<int, std::uint64_t> statuses_;
  std::string first_failure_;
  std::uint64_t begun_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t bytes_ = 0;
  std::size_t most_open_ = 0;
};

}  // namespace gatehouse::load_generator
