// Configuration texts: bounded work, no crash, and a tree that renders to JSON and reads back as
// the same tree.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "gatehouse/config/binder.hpp"

namespace {

namespace config = gatehouse::config;

struct Everything {
  std::string text;
  gatehouse::core::Secret secret;
  bool flag = false;
  std::int64_t integer = 0;
  double number = 0;
  std::uint64_t bytes = 0;
  gatehouse::core::Nanos duration{0};
  std::optional<gatehouse::core::Price> price;
  std::vector<std::string> texts;
  std::map<std::string, std::string> map;
  std::string json;
};

void describe(config::Section& s, Everything& c) {
  s.text("text", c.text, {.text = "t"});
  s.secret("secret", c.secret, {.allow_missing_variable = true});
  s.boolean("flag", c.flag, {.required = true});
  s.integer("integer", c.integer, {-5, 1000}, {});
  s.number("number", c.number, {}, {});
  s.bytes("bytes", c.bytes, {}, {});
  s.duration("duration", c.duration, {}, {});
  s.price("price", c.price, {});
  s.texts("texts", c.texts, {});
  s.text_map("map", c.map, {});
  s.json("json", c.json, {});
}

struct Root {
  Everything one;
  std::vector<Everything> many;
  std::map<std::string, Everything> named;
};

void describe(config::Section& s, Root& c) {
  s.section("one", c.one, {});
  s.sections("many", c.many, {});
  s.sections("named", c.named, {});
}

void reads_back(const config::Node& root) {
  const std::string json = config::to_json(root);
  if (json.size() > 1000) return;  // YAML has no longer keys in this position
  config::Problems again;
  const auto twin = config::parse_yaml(json, again);
  if (!twin || config::to_json(twin->root()) != json) {
    std::fprintf(stderr, "%s\n%s", json.c_str(), again.to_text("json").c_str());
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  config::Limits limits;
  limits.nodes = 2000;
  limits.expanded_bytes = 100'000;
  config::Problems problems;
  const auto document = config::parse_yaml(text, problems, limits);
  if (document.has_value() == problems.failed()) std::abort();
  if (!document) return 0;

  reads_back(document->root());
  config::read<Root>(
      document->root(), [](std::string_view name) { return std::optional(std::string(name)); },
      problems);
  if (problems.to_text("f").find('\0') != std::string::npos) std::abort();
  return 0;
}
