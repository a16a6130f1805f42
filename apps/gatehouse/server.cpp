#include "server.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <thread>

#include "gatehouse/gateway/budget_metrics.hpp"
#include "gatehouse/gateway/deployment_metrics.hpp"
#include "gatehouse/gateway/ledger_metrics.hpp"
#include "gatehouse/telemetry/process_metrics.hpp"

namespace gatehouse::app {
namespace {

/// For alerts that the last calls have raised.
constexpr core::Seconds kAlertPatience{5};

bool refuse_start(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return false;
}

std::size_t thread_count(const ServerSettings& server) {
  if (server.threads != 0) return server.threads;
  return std::max(1U, std::thread::hardware_concurrency());
}

WorkerOptions worker_options(const AppConfig& config, std::shared_ptr<net::TlsServerContext> tls) {
  const ServerSettings& s = config.server;
  WorkerOptions options;
  options.server.address = s.address;
  options.server.port = s.port;
  options.server.max_connections = s.max_connections;
  options.server.limits.max_body_bytes = s.max_body_bytes;
  options.server.header_timeout = s.header_timeout;
  options.server.body_timeout = s.body_timeout;
  options.server.idle_timeout = s.idle_timeout;
  options.server.write_timeout = s.write_timeout;
  options.server.drain_timeout = s.drain_timeout;
  options.server.tls = std::move(tls);
  options.limits.stream_idle = s.stream_idle_timeout;
  options.limits.abandoned = config.control.limits.abandoned_calls;
  options.durability = config.control.storage.durability;
  options.metrics_need_key = config.metrics.require_key;
  return options;
}

}  // namespace

Server::Server(const ServeOptions& options, AppConfig config, MasterKey key,
               std::shared_ptr<const models::PriceBook> prices)
    : options_(options),
      config_(std::move(config)),
      key_(std::move(key)),
      log_sink_(STDERR_FILENO),
      logger_(log_sink_, clock_, config_.log.level),
      families_(gateway::CallFamilies::declare(catalog_)),
      metrics_(std::move(catalog_)),
      sources_{config::process_environment(), std::move(prices), health_, nullptr},
      resolver_(net::make_system_resolver()) {}

bool Server::start_stores() {
  auto stores =
      DataStores::open(options_.data_folder, config_.control, thread_count(config_.server),
                       sources_.environment, clock_, logger_);
  if (!stores) {
    return refuse_start("data folder " + options_.data_folder + ": " +
                        stores.error().public_message + " (" + stores.error().internal_detail +
                        ")");
  }
  stores_ = std::move(*stores);
  const ledger::SettlerStatus recovered = stores_->settler->status();
  if (recovered.unknown + recovered.voided != 0) {
    logger_.warning("recovered", {{"applied", recovered.applied},
                                  {"unknown", recovered.unknown},
                                  {"voided", recovered.voided}});
  }
  control_ = std::make_unique<api::ControlPlane>(
      api::ControlPlane{.pool = *stores_->pool,
                        .clock = clock_,
                        .directory = *stores_->directory,
                        .stores = *stores_->stores,
                        .settler = stores_->settler.get(),
                        .balances = stores_->balances.get(),
                        .queries = stores_->queries.get(),
                        .corrections = stores_->corrections.get(),
                        .accounts = &stores_->accounts});
  auto zone = limits::TimeZone::load(config_.control.litellm.timezone);
  if (zone) zone_ = std::move(*zone);
  control_->zone = &zone_;
  control_->global_budget = [this]() -> std::optional<core::Money> {
    const auto snapshot = current_.load();
    if (!snapshot || snapshot->accounting.global.budgets.empty()) return {};
    return snapshot->accounting.global.budgets.front().max;
  };
  control_->seal = [this](std::string_view secret, std::string_view place) {
    return stores_->sealing_keys->seal(core::Secret(std::string(secret)), place,
                                       stores_->random_bytes);
  };
  control_->reload_models = [this] { return reload_models(); };
  return true;
}

void Server::start_memory_guard() {
  const std::uint64_t configured = config_.server.memory_limit;
  const std::uint64_t limit = configured != 0 ? configured : control_group_memory_limit();
  memory_ = std::make_unique<MemoryGuard>(
      limit, [this, limit](net::MemoryPressure pressure, std::uint64_t used) {
        logger_.warning(
            "memory_pressure",
            {{"level", static_cast<int>(pressure)}, {"used_bytes", used}, {"limit_bytes", limit}});
      });
  if (limit == 0) return;
  metrics_.add_collector([this, limit](telemetry::Exposition& out) {
    out.begin("gatehouse_memory_limit_bytes", "Memory that the process may have",
              telemetry::MetricType::gauge);
    out.sample({}, static_cast<std::int64_t>(limit));
    out.begin("gatehouse_memory_pressure", "0 none, 1 large requests refused, 2 all with a body",
              telemetry::MetricType::gauge);
    out.sample({}, static_cast<std::int64_t>(memory_->flag().load()));
  });
}

bool Server::start_tls() {
  const TlsSettings& tls = config_.server.tls;
  if (tls.certificate_file.empty()) return true;
  auto context = net::TlsServerContext::load(tls.certificate_file, tls.key_file);
  if (!context) return refuse_start("server.tls: " + context.error().public_message);
  server_tls_ = std::move(*context);
  return true;
}

bool Server::start_alerts() {
  auto client_tls = net::TlsClientContext::create(config_.server.trust_store);
  if (!client_tls) return refuse_start("trust store: " + client_tls.error().public_message);
  client_tls_ = std::move(*client_tls);
  const AlertingSettings& settings = config_.general.alerting;
  alert_outbox_ = std::make_unique<alerts::DatabaseOutbox>(*stores_->database);
  auto alerter = alerts::Alerter::start({.clock = clock_,
                                         .logger = logger_,
                                         .resolver = *resolver_,
                                         .ids = alert_ids_,
                                         .tls = client_tls_,
                                         .store = alert_outbox_.get()},
                                        {}, settings.channels);
  if (!alerter) return refuse_start("alerts: " + alerter.error().public_message);
  alerter_ = std::move(*alerter);
  desk_ = std::make_unique<AlertDesk>(*alerter_, clock_, settings);
  listening_ = stores_->watch.listen(
      [this](const DatabaseTrouble& trouble) { desk_->database_trouble(trouble); });
  control_->send_test_alert = [this](std::string_view channel) {
    return alerter_->send_test(channel == "slack" ? alerts::ChannelKind::slack
                                                  : alerts::ChannelKind::webhook);
  };
  metrics_.add_collector([this](telemetry::Exposition& out) { alerter_->collect(out); });
  return true;
}

bool Server::start_workers(const gateway::Snapshot& snapshot) {
  parts_ = std::make_unique<SharedParts>(
      SharedParts{clock_, logger_, metrics_, families_, *resolver_, client_tls_, draining_,
                  *stores_, *control_, *desk_, check_settings_, check_history_});
  WorkerOptions options = worker_options(config_, server_tls_);
  options.server.memory_pressure = &memory_->flag();
  if (options_.port) options.server.port = *options_.port;
  for (std::size_t i = 0; i < thread_count(config_.server); ++i) {
    auto own = std::make_shared<gateway::Snapshot>(snapshot);
    options.index = i;
    auto worker = std::make_unique<Worker>(*parts_, options, std::move(own));
    auto port = worker->start();
    if (!port) {
      return refuse_start("cannot listen on " + options.server.address + ":" +
                          std::to_string(options.server.port) + ": " + port.error().public_message);
    }
    options.server.port = port_ = *port;
    workers_.push_back(std::move(worker));
  }
  return true;
}

bool Server::start() {
  metrics_.add_collector([started = clock_.wall()](telemetry::Exposition& out) {
    telemetry::collect_process_metrics(out, started);
  });
  metrics_.add_collector([this](telemetry::Exposition& out) {
    const auto snapshot = current_.load();
    if (!snapshot) return;
    gateway::collect_deployment_metrics(*snapshot, clock_.monotonic(), out);
    gateway::collect_budget_metrics({*snapshot, *stores_->directory, stores_->accounts, clock_},
                                    out);
    gateway::collect_ledger_metrics(stores_->settler->status(), out);
    stores_->watch.collect(stores_->database->wal_bytes(), out);
  });
  if (!start_stores()) return false;
  sources_.directory = stores_->directory.get();
  config::Problems problems;
  auto snapshot = generation(config_, key_.secret, problems);
  if (!snapshot) {
    // What was stored must not keep the operator's own file from being served.
    report(problems);
    logger_.error("stored_models_ignored");
    problems = {};
    snapshot = make_generation(config_, key_.secret, sources_, problems);
  }
  if (!snapshot) {
    return refuse_start("the configuration cannot be used:\n" +
                        problems.to_text(options_.config_file));
  }
  report(problems);
  current_.store(snapshot);
  const auto visible = snapshot->table->visible_models();
  models_ = visible.size();
  if (!visible.empty()) first_model_ = visible.front().name;
  start_memory_guard();
  offer_checks();
  return start_tls() && start_alerts() && start_workers(*snapshot);
}

void Server::announce() const {
  const char* scheme = server_tls_ ? "https" : "http";
  std::printf("listening on %s:%u\n", config_.server.address.c_str(), unsigned{port_});
  std::printf("gatehouse is ready: %s://127.0.0.1:%u, %zu models\n", scheme, unsigned{port_},
              models_);
  if (!key_.file.empty()) {
    std::printf("master key: %s%s\n", key_.file.c_str(),
                key_.generated ? " (generated by this start)" : "");
  }
  if (!first_model_.empty()) {
    const std::string key =
        key_.file.empty() ? "$GATEHOUSE_MASTER_KEY" : "$(cat " + key_.file + ")";
    std::printf(
        "try: curl %s://127.0.0.1:%u/v1/chat/completions -H \"Authorization: Bearer %s\" "
        "-H 'Content-Type: application/json' "
        "-d '{\"model\":\"%s\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'\n",
        scheme, unsigned{port_}, key.c_str(), first_model_.c_str());
  }
  std::fflush(stdout);
}

void Server::stop() {
  draining_.store(true, std::memory_order_relaxed);
  logger_.info("draining");
  for (const auto& worker : workers_) worker->drain();
  for (const auto& worker : workers_) worker->join();
  if (alerter_) alerter_->stop(kAlertPatience);
  logger_.info("stopped");
}

}  // namespace gatehouse::app
