#pragma once
/// gatehouse.yaml as a whole: our own sections beside those of a LiteLLM config.yaml.

#include <cstdint>
#include <string>

#include "alert_config.hpp"
#include "control_config.hpp"
#include "gatehouse/config/binder.hpp"
#include "gatehouse/core/secret.hpp"
#include "gatehouse/models/config.hpp"
#include "gatehouse/telemetry/log.hpp"

namespace gatehouse::app {

struct TlsSettings {
  std::string certificate_file;
  std::string key_file;
};

struct ServerSettings {
  std::string address = "0.0.0.0";
  std::uint16_t port = 4000;
  std::uint32_t threads = 0;  ///< 0: one per core
  std::uint64_t max_body_bytes = std::uint64_t{32} << 20;
  std::uint32_t max_connections = 20'000;
  std::uint64_t memory_limit = 0;  ///< bytes; 0: that of the control group
  core::Millis header_timeout{10'000};
  core::Millis body_timeout{30'000};
  core::Millis idle_timeout{75'000};
  core::Millis write_timeout{60'000};
  core::Millis drain_timeout{30'000};
  core::Millis stream_idle_timeout{300'000};
  std::string trust_store;
  TlsSettings tls;
};

struct LogSettings {
  telemetry::LogLevel level = telemetry::LogLevel::info;
};

struct MetricsSettings {
  bool require_key = false;
};

/// `general_settings`, as far as it concerns the gateway.
struct GeneralSettings {
  core::Secret master_key;
  std::string key_header_name;
  AlertingSettings alerting;
  bool background_health_checks = false;
  core::Seconds health_check_interval{300};
  bool health_check_details = true;
};

struct AppConfig {
  ServerSettings server;
  LogSettings log;
  MetricsSettings metrics;
  GeneralSettings general;
  models::ModelsConfig models;
  ControlSettings control;
};

void describe(config::Section& s, TlsSettings& c);
void describe(config::Section& s, ServerSettings& c);
void describe(config::Section& s, LogSettings& c);
void describe(config::Section& s, MetricsSettings& c);
void describe(config::Section& s, GeneralSettings& c);
void describe(config::Section& s, AppConfig& c);

/// Reads and checks `file`; an empty name stands for an empty file. All findings are in
/// `problems`; the value counts only if it did not fail. Blocking.
AppConfig load_config(const std::string& file, const config::Environment& environment,
                      config::Problems& problems);

}  // namespace gatehouse::app
