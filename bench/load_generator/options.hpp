#pragma once
/// What the load generator is asked to do.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace gatehouse::load_generator {

using Nanos = std::chrono::nanoseconds;
using Millis = std::chrono::milliseconds;

struct Options {
  std::string address = "127.0.0.1";  ///< IPv4 literal
  std::uint16_t port = 0;
  std::string path = "/v1/chat/completions";
  std::string header_lines;  ///< each ends with CRLF; Host and Content-Length are added
  std::string body;

  std::size_t connections = 1;
  Millis ramp{0};                    ///< the connections start evenly over this time
  std::uint64_t per_connection = 0;  ///< requests per connection; 0: until the time is up
  double rate = 0;                   ///< open loop: requests per second; 0: closed loop
  Millis duration{2000};             ///< of sending; what is under way may finish
  Millis warm_up{0};                 ///< requests that start in this time are not sampled
  Millis timeout{10'000};            ///< for one request, and for the end of the run

  double leave = 0;        ///< share of the requests whose client leaves early
  std::uint64_t seed = 1;  ///< of which they are, and when

  std::uint64_t expected_frames = 0;  ///< events per stream; 0: any number
  std::string expected_end;           ///< the body's last bytes but for white space; "": any
};

/// The program's exit status when it should not run.
std::variant<Options, int> read_options(int argc, char** argv);

}  // namespace gatehouse::load_generator
