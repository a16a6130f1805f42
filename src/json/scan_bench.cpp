// What a scan costs beside simdjson's own two interfaces and a DOM, on the texts that the gateway
// sees most. Reads go no deeper than a pass-through request needs: model, stream, user.

#include <benchmark/benchmark.h>
#include <simdjson.h>

#include <boost/json.hpp>
#include <string>

#include "gatehouse/json/scan.hpp"

namespace gatehouse::json {
namespace {

const std::string kHead =
    R"({"model":"gpt-4o-mini","stream":true,"stream_options":{"include_usage":true},)"
    R"("temperature":0.2,"max_tokens":512,"user":"student-4711","metadata":{"course":"7b"},)"
    R"("messages":[{"role":"system","content":"You are a patient tutor. Answer in German."},)"
    R"({"role":"user","content":)";
const std::string kTail = "}]}";

std::string request(const std::string& sentence, std::size_t size) {
  std::string prompt;
  while (kHead.size() + kTail.size() + prompt.size() + 2 < size) prompt += sentence;
  return kHead + json::quoted(prompt) + kTail;
}

std::string text_of(std::int64_t shape) {
  switch (shape) {
    case 0:
      return request("How do plants turn light into sugar, and why are they green? ", 1024);
    case 1:
      return request("How do plants turn light into sugar, and why are they green? ", 400'000);
    case 2:
      return request("for (int i = 0; i < n; ++i) {\n\tputs(\"day\");\n}\n", 400'000);
    case 3:
      return request("Warum ist die Blüte blau? 花はなぜ青いのですか。", 400'000);
    default: {
      std::string vectors = R"({"object":"list","data":[{"embedding":[0.0123456)";
      for (int i = 0; i < 30'000; ++i) vectors += ",-0.01234567";
      return vectors + "]}]}";
    }
  }
}

std::string padded(const std::string& text) {
  return text + std::string(kPadding, ' ');
}

void report(benchmark::State& state, const std::string& text) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}

void scan(benchmark::State& state) {
  const std::string text = text_of(state.range(0));
  const std::string buffer = padded(text);
  Scanner scanner(kRequestLimits);
  for (auto _ : state) {
    const auto outline = scanner.scan(std::string_view(buffer).substr(0, text.size()));
    benchmark::DoNotOptimize(outline->find("model"));
    benchmark::DoNotOptimize(outline->find("stream"));
    benchmark::DoNotOptimize(outline->find("user"));
  }
  report(state, text);
}

void simdjson_dom(benchmark::State& state) {
  const std::string text = text_of(state.range(0));
  const simdjson::padded_string buffer(text);
  simdjson::dom::parser parser;
  for (auto _ : state) {
    simdjson::dom::element root = parser.parse(buffer);
    benchmark::DoNotOptimize(root["model"].error());
    benchmark::DoNotOptimize(root["stream"].error());
    benchmark::DoNotOptimize(root["user"].error());
  }
  report(state, text);
}

// Validates no more than the members on its way: no substitute for a strict scan.
void simdjson_ondemand(benchmark::State& state) {
  const std::string text = text_of(state.range(0));
  const simdjson::padded_string buffer(text);
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    simdjson::ondemand::document root = parser.iterate(buffer);
    benchmark::DoNotOptimize(root["model"].error());
    benchmark::DoNotOptimize(root["stream"].error());
    benchmark::DoNotOptimize(root["user"].error());
  }
  report(state, text);
}

void boost_dom(benchmark::State& state) {
  const std::string text = text_of(state.range(0));
  for (auto _ : state) {
    boost::json::monotonic_resource memory;
    benchmark::DoNotOptimize(boost::json::parse(text, &memory));
  }
  report(state, text);
}

void dom_check(benchmark::State& state) {
  const std::string text = text_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(check(text));
  report(state, text);
}

void quote(benchmark::State& state) {
  const std::string text = text_of(state.range(0));
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_quoted(out, text);
  }
  report(state, text);
}

BENCHMARK(scan)->DenseRange(0, 4);
BENCHMARK(simdjson_dom)->DenseRange(0, 4);
BENCHMARK(simdjson_ondemand)->DenseRange(0, 4);
BENCHMARK(boost_dom)->DenseRange(0, 4);
BENCHMARK(dom_check)->DenseRange(0, 4);
BENCHMARK(quote)->DenseRange(0, 4);

}  // namespace
}  // namespace gatehouse::json
