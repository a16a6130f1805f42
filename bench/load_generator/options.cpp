#include "options.hpp"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <vector>

namespace gatehouse::load_generator {

namespace {

struct Raw {
  std::vector<std::string> headers;
  std::string body_file;
  std::int64_t ramp_ms = 0;
  std::int64_t duration_ms = 2000;
  std::int64_t warm_up_ms = 0;
  std::int64_t timeout_ms = 10'000;
};

void add_options(CLI::App& app, Options& options, Raw& raw) {
  app.add_option("--address", options.address, "IPv4 address of the server");
  app.add_option("--port", options.port, "its port")->required();
  app.add_option("--path", options.path, "request target");
  app.add_option("--header", raw.headers, "header line, repeatable");
  app.add_option("--body", raw.body_file, "file with the request body")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--connections", options.connections, "connections at the same time")
      ->check(CLI::Range(1, 60'000));
  app.add_option("--ramp-ms", raw.ramp_ms, "the connections start evenly over this time");
  app.add_option("--per-connection", options.per_connection,
                 "requests per connection; 0: until the time is up");
  app.add_option("--rate", options.rate,
                 "open loop: requests per second, latency from the intended time of sending");
  app.add_option("--duration-ms", raw.duration_ms, "time of sending");
  app.add_option("--warm-up-ms", raw.warm_up_ms, "requests of this time are not sampled");
  app.add_option("--timeout-ms", raw.timeout_ms, "for one request");
  app.add_option(
         "--leave", options.leave,
         "share of the requests whose client leaves early: unanswered, in the head or in the\n"
         "body, by a reset or an orderly end, and connects anew. Reported as \"left\"")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", options.seed, "the same requests leave at the same moments");
  app.add_option("--expect-frames", options.expected_frames, "events that each stream must have");
  app.add_option("--expect-end", options.expected_end, "text that each body must end with");
}

}  // namespace

std::variant<Options, int> read_options(int argc, char** argv) {
  CLI::App app{
      "Sends one request over and over, from one thread, in a closed loop or at a fixed rate, and\n"
      "prints latencies, stream frames and failures as JSON."};
  Options options;
  Raw raw;
  add_options(app, options, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  std::ifstream file(raw.body_file, std::ios::binary);
  options.body.assign(std::istreambuf_iterator<char>(file), {});
  for (const std::string& header : raw.headers) options.header_lines += header + "\r\n";
  options.ramp = Millis(raw.ramp_ms);
  options.duration = Millis(raw.duration_ms);
  options.warm_up = Millis(raw.warm_up_ms);
  options.timeout = Millis(raw.timeout_ms);
  return options;
}

}  // namespace gatehouse::load_generator
