#include "gatehouse/config/binder.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gatehouse::config {
namespace {
using namespace std::chrono_literals;

enum class Durability : std::uint8_t { process, power };

struct Tls {
  std::string certificate;
  std::string key;
};
void describe(Section& s, Tls& c) {
  s.text("certificate", c.certificate, {.text = "PEM file", .required = true});
  s.text("key", c.key, {.text = "PEM file"});
  s.check(c.key.empty() || c.key != c.certificate, "key", "must be another file");
}

struct Server {
  std::uint16_t port = 4000;
  core::Millis idle = 60s;
  std::uint64_t body = 32 << 20;
  bool proxy = false;
  Durability durability = Durability::process;
  core::Secret master_key;
  std::optional<Tls> tls;
  std::vector<std::string> hosts = {"localhost"};
};
void describe(Section& s, Server& c) {
  s.integer("port", c.port, {1, 65535}, {.text = "TCP port", .restart = true});
  s.duration("idle_timeout", c.idle, {1s, 1h}, {.text = "how long silence is borne"});
  s.bytes("max_body", c.body, {1024, 1u << 30}, {.text = "largest body"});
  s.boolean("behind_proxy", c.proxy, {});
  s.choice("durability", c.durability,
           {{"process", Durability::process}, {"power", Durability::power}},
           {.text = "what a record survives"});
  s.secret("master_key", c.master_key, {.text = "administers", .restart = true});
  s.section("tls", c.tls, {.text = "serve HTTPS"});
  s.texts("hosts", c.hosts, {.restart = true});
}

struct Model {
  std::string name;
  core::Secret key;
  std::optional<core::Price> price;
  std::string info;
};
void describe(Section& s, Model& c) {
  s.lenient_unknown();
  s.text("model_name", c.name, {.required = true});
  s.secret("api_key", c.key, {.allow_missing_variable = true});
  s.price("input_cost_per_token", c.price, {});
  s.json("model_info", c.info, {});
  s.no_effect("mock", "there are no test hooks here");
}

struct Root {
  Server server;
  std::vector<Model> models;
  std::map<std::string, Tls> sites;
};
void describe(Section& s, Root& c) {
  s.section("server", c.server, {.text = "the listener"});
  s.sections("model_list", c.models, {.text = "deployments"});
  s.sections("sites", c.sites, {});
  s.refuse("include", "is not supported: use one file");
}

struct Reading {
  Root root;
  Problems problems;
  std::string text() const { return problems.to_text("f"); }
};

Reading read_text(std::string_view text) {
  Reading reading;
  const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "KEY") return "sk-from-environment";
    if (name == "PORT") return "8080";
    if (name == "WORD") return "hush-hush";
    return {};
  };
  if (const auto document = parse_yaml(text, reading.problems)) {
    reading.root = read<Root>(document->root(), environment, reading.problems);
  }
  return reading;
}

TEST(Binder, AnEmptyFileGivesTheDefaults) {
  const Reading reading = read_text("");
  EXPECT_FALSE(reading.problems.failed()) << reading.text();
  EXPECT_EQ(reading.root.server.port, 4000);
  EXPECT_EQ(reading.root.server.idle, 60s);
  EXPECT_FALSE(reading.root.server.tls);
  EXPECT_EQ(reading.root.server.hosts, std::vector<std::string>{"localhost"});
}

TEST(Binder, ReadsEveryKindOfField) {
  const Reading reading = read_text(R"(
server:
  port: os.environ/PORT
  idle_timeout: 2.5
  max_body: 64KiB
  behind_proxy: yes
  durability: power
  master_key: os.environ/KEY
  tls: {certificate: a.pem, key: b.pem}
  hosts: [a, 'b c']
model_list:
  - model_name: gpt
    api_key: plain
    input_cost_per_token: 2.5e-06
    model_info: {id: x, max: 10, deep: [true, os.environ/KEY]}
  - model_name: 123
sites:
  one: {certificate: c}
)");
  EXPECT_FALSE(reading.problems.failed()) << reading.text();
  const Server& server = reading.root.server;
  EXPECT_EQ(server.port, 8080);
  EXPECT_EQ(server.idle, 2500ms);
  EXPECT_EQ(server.body, 65536u);
  EXPECT_TRUE(server.proxy);
  EXPECT_EQ(server.durability, Durability::power);
  EXPECT_EQ(server.master_key.reveal(), "sk-from-environment");
  ASSERT_TRUE(server.tls);
  EXPECT_EQ(server.tls->key, "b.pem");
  EXPECT_EQ(server.hosts.back(), "b c");
  ASSERT_EQ(reading.root.models.size(), 2u);
  EXPECT_EQ(reading.root.models[0].price, *core::Price::from_usd_per_unit("0.0000025"));
  EXPECT_EQ(reading.root.models[0].info,
            R"({"id":"x","max":10,"deep":[true,"sk-from-environment"]})");
  EXPECT_EQ(reading.root.models[1].name, "123");
  EXPECT_FALSE(reading.root.models[1].price);
  EXPECT_EQ(reading.root.sites.at("one").certificate, "c");
}

TEST(Binder, ListsAllErrorsAtOnceWithPathAndLine) {
  const Reading reading = read_text(R"(server:
  port: 70000
  idle_timeout: 10 parsecs
  max_body: 12
  behind_proxy: maybe
  durability: paper
  prot: 1
  tls: {key: x}
  hosts: {a: b}
model_list:
  - {}
  - text
sites: [1]
include: other.yaml
extra: 1
)");
  EXPECT_EQ(reading.text(),
            "f:2: error: server.port: must be an integer between 1 and 65535, is '70000'\n"
            "f:3: error: server.idle_timeout: must be a duration such as 10s between 1s and 1h, is "
            "'10 parsecs'\n"
            "f:4: error: server.max_body: must be a size such as 64KiB between 1KiB and 1GiB, is "
            "'12'\n"
            "f:5: error: server.behind_proxy: must be true or false, is 'maybe'\n"
            "f:6: error: server.durability: must be one of: process, power, is 'paper'\n"
            "f:8: error: server.tls.certificate: is missing\n"
            "f:9: error: server.hosts: must be a text or a list of texts\n"
            "f:7: error: server.prot: unknown key; did you mean port?\n"
            "f:11: error: model_list[0].model_name: is missing\n"
            "f:12: error: model_list[1]: must be a map of settings\n"
            "f:13: error: sites: must be a map of names\n"
            "f:14: error: include: is not supported: use one file\n"
            "f:15: error: extra: unknown key\n");
  const core::Error error = reading.problems.to_error("f");
  EXPECT_EQ(error.code, core::Errc::invalid_argument);
  EXPECT_EQ(std::ranges::count(error.public_message, '\n'), 12);
}

TEST(Binder, LenientSectionsWarnOfUnknownKeys) {
  const Reading reading = read_text("model_list: [{model_name: a, surprise: 1, mock: x}]\n");
  EXPECT_FALSE(reading.problems.failed());
  EXPECT_EQ(reading.text(),
            "f:1: warning: model_list[0].mock: has no effect: there are no test hooks here\n"
            "f:1: warning: model_list[0].surprise: unknown key, ignored\n");
}

TEST(Binder, MissingVariablesAreNamed) {
  const Reading reading = read_text(
      "server: {master_key: os.environ/NOT_SET}\n"
      "model_list: [{model_name: a, api_key: os.environ/ALSO_NOT_SET}]\n");
  EXPECT_EQ(reading.text(),
            "f:1: error: server.master_key: environment variable NOT_SET is not set\n"
            "f:2: warning: model_list[0].api_key: environment variable ALSO_NOT_SET is not set\n");
  EXPECT_TRUE(reading.root.models[0].key.empty());
}

TEST(Binder, ValuesFromTheEnvironmentAreNeverShown) {
  const Reading reading = read_text("server: {port: os.environ/WORD}\n");
  EXPECT_EQ(reading.text(),
            "f:1: error: server.port: must be an integer between 1 and 65535 (from environment "
            "variable WORD)\n");
}

TEST(Binder, NullIsAbsent) {
  const Reading reading = read_text("server:\n  port:\n  tls: ~\n  hosts: null\nmodel_list:\n");
  EXPECT_FALSE(reading.problems.failed()) << reading.text();
  EXPECT_EQ(reading.root.server.port, 4000);
  EXPECT_FALSE(reading.root.server.tls);
  EXPECT_TRUE(read_text("model_list: [{model_name: }]").problems.failed());
}

TEST(Binder, ChecksBetweenKeysPointAtTheirKey) {
  const Reading reading = read_text("server:\n  tls:\n    certificate: x\n    key: x\n");
  EXPECT_EQ(reading.text(), "f:4: error: server.tls.key: must be another file\n");
}

TEST(Binder, TheRootMustBeAMap) {
  EXPECT_EQ(read_text("- 1\n").text(), "f:1: error: the file must be a map of sections\n");
}

TEST(Schema, CarriesTypesBoundsDefaultsAndTexts) {
  const std::string schema = schema_of<Root>("Gatehouse");
  Problems problems;
  const auto tree = parse_yaml(schema, problems);  // JSON is YAML
  ASSERT_TRUE(tree) << problems.to_text("schema");
  const Node& properties = *tree->root().find("properties");
  const Node& server = *properties.find("server")->find("anyOf")->children()[1];
  EXPECT_EQ(to_json(*server.find("properties")->find("port")),
            R"({"anyOf":[{"type":"null"},{"anyOf":[{"type":"integer","minimum":1,"maximum":65535},)"
            R"({"$ref":"#/$defs/environment"}]}],"description":"TCP port","default":4000,)"
            R"("x-restart-required":true})");
  EXPECT_EQ(to_json(*server.find("properties")->find("idle_timeout")->find("default")), R"("1m")");
  EXPECT_EQ(to_json(*server.find("properties")->find("max_body")->find("default")), R"("32MiB")");
  EXPECT_EQ(to_json(*server.find("additionalProperties")), "false");
  EXPECT_EQ(server.find("properties")->find("master_key")->find("default"), nullptr);
  const Node& items = *properties.find("model_list")->find("anyOf")->children()[1]->find("items");
  EXPECT_EQ(to_json(*items.find("required")), R"(["model_name"])");
  EXPECT_EQ(to_json(*items.find("additionalProperties")), "true");
}

TEST(Settings, AReloadNamesWhatNeedsARestart) {
  const Root before = read_text("server: {master_key: a, hosts: [x]}").root;
  Root after = before;
  EXPECT_TRUE(restart_needed(before, after).empty());
  after.server.idle = 1s;  // applies at once
  EXPECT_TRUE(restart_needed(before, after).empty());
  after.server.port = 1;
  after.server.master_key = core::Secret("b");
  after.server.hosts = {"y"};
  EXPECT_EQ(restart_needed(before, after),
            (std::vector<std::string>{"server.port", "server.master_key", "server.hosts"}));
  for (const Setting& setting : settings_of(after)) {
    if (setting.path == "server.master_key") {
      EXPECT_EQ(setting.value, "");
    }
  }
}

TEST(Environment, TheFilesOwnSectionComesFirst) {
  Problems problems;
  const auto document = parse_yaml(
      "environment_variables: {A: one, B: os.environ/BASE, C: os.environ/NONE, D: [1], E: }\n",
      problems);
  const Environment environment = with_environment_section(
      document->root(),
      [](std::string_view name) -> std::optional<std::string> {
        if (name == "BASE" || name == "A") return "base";
        return {};
      },
      problems);
  EXPECT_EQ(environment("A"), "one");
  EXPECT_EQ(environment("B"), "base");
  EXPECT_EQ(environment("BASE"), "base");
  EXPECT_EQ(environment("E"), std::nullopt);
  EXPECT_EQ(problems.to_text("f"),
            "f:1: error: environment_variables.C: environment variable NONE is not set\n"
            "f:1: error: environment_variables.D: must be a single value\n");
}

}  // namespace
}  // namespace gatehouse::config
