#include "app_config.hpp"

namespace gatehouse::app {

void describe(config::Section& s, TlsSettings& c) {
  s.text("certificate_file", c.certificate_file,
         {.text = "PEM file with the certificate chain; SIGHUP reads it again"});
  s.text("key_file", c.key_file, {.text = "PEM file with the private key"});
  s.check(c.certificate_file.empty() == c.key_file.empty(), "",
          "certificate_file and key_file go together");
}

void describe(config::Section& s, ServerSettings& c) {
  using core::Millis;
  s.text("address", c.address, {.text = "address to listen on", .restart = true});
  s.integer("port", c.port, {0, 65535}, {.text = "TCP port; 0 takes a free one", .restart = true});
  s.integer("threads", c.threads, {0, 256},
            {.text = "event loops; 0 is one per core", .restart = true});
  s.bytes("max_body_bytes", c.max_body_bytes, {1024, std::uint64_t{1} << 30},
          {.text = "largest request body", .restart = true});
  s.integer("max_connections", c.max_connections, {1, 1'000'000},
            {.text = "open connections per thread", .restart = true});
  s.bytes("memory_limit", c.memory_limit, {0, std::uint64_t{1} << 50},
          {.text = "memory the process may have: at 80 % of it large requests get 503, at 95 % all "
                   "with a body; 0 is the limit of the control group, if it has one",
           .restart = true});
  s.duration("header_timeout", c.header_timeout, {Millis(100), Millis(600'000)},
             {.text = "for a request's head", .restart = true});
  s.duration("body_timeout", c.body_timeout, {Millis(100), Millis(3'600'000)},
             {.text = "for a request's body, while no data comes", .restart = true});
  s.duration("idle_timeout", c.idle_timeout, {Millis(100), Millis(3'600'000)},
             {.text = "between two requests of a connection", .restart = true});
  s.duration("write_timeout", c.write_timeout, {Millis(100), Millis(3'600'000)},
             {.text = "for a client that takes nothing of its answer", .restart = true});
  s.duration("drain_timeout", c.drain_timeout, {Millis(0), Millis(3'600'000)},
             {.text = "for running calls after SIGTERM", .restart = true});
  s.duration("stream_idle_timeout", c.stream_idle_timeout, {Millis(100), Millis(3'600'000)},
             {.text = "silence of a provider within a reply", .restart = true});
  s.text("trust_store", c.trust_store,
         {.text = "PEM file of certificate authorities for providers; default: the system's",
          .restart = true});
  s.section("tls", c.tls, {.text = "serve HTTPS"});
}

void describe(config::Section& s, LogSettings& c) {
  using telemetry::LogLevel;
  s.choice("level", c.level,
           {{"debug", LogLevel::debug},
            {"info", LogLevel::info},
            {"warning", LogLevel::warning},
            {"error", LogLevel::error}},
           {.text = "least level that is written; debug has a line per call"});
}

void describe(config::Section& s, MetricsSettings& c) {
  s.boolean("require_key", c.require_key, {.text = "/metrics needs a key", .restart = true});
}

void describe(config::Section& s, GeneralSettings& c) {
  s.lenient_unknown();
  s.secret("master_key", c.master_key,
           {.text = "administrator's key, starting with sk-; generated when absent"});
  s.text("litellm_key_header_name", c.key_header_name,
         {.text = "the only header that carries keys"});
  describe_alerting(s, c.alerting);
  s.boolean("background_health_checks", c.background_health_checks,
            {.text = "call every model now and then; /health tells what came of it"});
  s.duration("health_check_interval", c.health_check_interval,
             {core::Seconds(1), core::Seconds(30LL * 86'400)},
             {.text = "between two rounds of background_health_checks"});
  s.boolean("health_check_details", c.health_check_details,
            {.text = "/health shows addresses and errors of models"});
  s.check(c.master_key.empty() || c.master_key.reveal().starts_with("sk-"), "master_key",
          "must start with sk-");
  s.check(c.master_key.empty() || c.master_key.reveal().size() >= 8, "master_key", "is too short");
}

void describe(config::Section& s, AppConfig& c) {
  s.section("server", c.server, {.text = "the HTTP server"});
  s.section("log", c.log, {.text = "the log on standard error"});
  s.section("metrics", c.metrics, {.text = "Prometheus metrics"});
  s.section("general_settings", c.general, {.text = "as in a LiteLLM config.yaml"});
  describe_control(s, c.control);
  // models reads routing defaults from the same section.
  c.models.litellm_settings = c.control.litellm;
  models::describe_tables(s, c.models);
}

AppConfig load_config(const std::string& file, const config::Environment& environment,
                      config::Problems& problems) {
  std::string text;
  if (!file.empty()) {
    auto content = config::read_file(file, problems);
    if (!content) return {};
    text = std::move(*content);
  }
  const auto document = config::parse_yaml(text, problems);
  if (!document) return {};
  const config::Environment all =
      config::with_environment_section(document->root(), environment, problems);
  auto config = config::read<AppConfig>(document->root(), all, problems);
  resolve_alerting(config.general.alerting, all, problems);
  return config;
}

}  // namespace gatehouse::app
