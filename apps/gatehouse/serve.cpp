#include "serve.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "app_config.hpp"
#include "gatehouse/gateway/deployment_metrics.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/telemetry/log_sinks.hpp"
#include "gatehouse/telemetry/process_metrics.hpp"
#include "gatehouse/tenancy/stored_models.hpp"
#include "generation.hpp"
#include "master_key.hpp"
#include "stored_model_entries.hpp"
#include "worker.hpp"

namespace gatehouse::app {
namespace {

/// Before any thread starts: the main thread alone takes signals, by waiting for them.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return set;
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
  options.limits.finish_abandoned = config.control.limits.finish_abandoned_calls;
  options.durability = config.control.storage.durability;
  options.metrics_need_key = config.metrics.require_key;
  return options;
}

constexpr core::Seconds kPublishPatience{5};

/// The running server, as the main thread sees it.
class Server {
 public:
  Server(const ServeOptions& options, AppConfig config, MasterKey key,
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

  /// False with a message on standard error when it cannot start.
  bool start();
  void announce() const;
  void reload();
  void maintain() { stores_->maintain(); }
  void stop();

 private:
  bool start_stores();
  core::Result<void> reload_models();
  /// Returns once every thread has it. Not on a worker's thread.
  core::Result<void> publish(const std::shared_ptr<const gateway::Snapshot>& snapshot);
  std::shared_ptr<const gateway::Snapshot> generation(const AppConfig& config,
                                                      const core::Secret& key,
                                                      config::Problems& problems);
  bool start_tls();
  bool start_workers(const gateway::Snapshot& snapshot);
  void report(const config::Problems& problems);

  const ServeOptions& options_;
  AppConfig config_;
  MasterKey key_;
  core::SystemClock clock_;
  telemetry::AsyncLogSink log_sink_;
  telemetry::Logger logger_;
  telemetry::MetricCatalog catalog_;
  gateway::CallFamilies families_;
  telemetry::MetricHub metrics_;
  models::HealthRegistry health_;
  GenerationSources sources_;
  std::unique_ptr<net::Resolver> resolver_;
  std::shared_ptr<net::TlsServerContext> server_tls_;
  std::atomic<bool> draining_{false};
  std::mutex reloading_;  ///< SIGHUP and the admin API
  limits::TimeZone zone_;
  std::unique_ptr<DataStores> stores_;
  std::unique_ptr<api::ControlPlane> control_;
  std::unique_ptr<SharedParts> parts_;
  /// For the metrics; requests use their worker's own.
  std::atomic<std::shared_ptr<const gateway::Snapshot>> current_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::uint16_t port_ = 0;
  std::size_t models_ = 0;
  std::string first_model_;
};

bool fail_start(const std::string& text) {
  std::fprintf(stderr, "gatehouse: %s\n", text.c_str());
  return false;
}

void Server::report(const config::Problems& problems) {
  for (const config::Problem& problem : problems.all()) {
    logger_.warning("config_problem", {{"path", problem.path},
                                       {"line", problem.line},
                                       {"message", problem.message},
                                       {"error", problem.severity == config::Severity::error}});
  }
}

bool Server::start_stores() {
  auto stores =
      DataStores::open(options_.data_folder, config_.control, thread_count(config_.server),
                       sources_.environment, clock_, logger_);
  if (!stores) {
    return fail_start("data folder " + options_.data_folder + ": " + stores.error().public_message +
                      " (" + stores.error().internal_detail + ")");
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
  control_->seal = [this](std::string_view secret, std::string_view place) {
    return stores_->sealing_key->seal(core::Secret(std::string(secret)), place,
                                      stores_->random_bytes);
  };
  control_->reload_models = [this] { return reload_models(); };
  return true;
}

std::shared_ptr<const gateway::Snapshot> Server::generation(const AppConfig& config,
                                                            const core::Secret& key,
                                                            config::Problems& problems) {
  auto stored = tenancy::StoredModels(*stores_->stores).all();
  if (!stored) {
    problems.error("stored models", 0, stored.error().public_message);
    return nullptr;
  }
  return make_generation(
      config, key, sources_, problems,
      entries_of(*stored, {*stores_->sealing_key, sources_.environment}, problems));
}

core::Result<void> Server::reload_models() {
  const std::scoped_lock lock(reloading_);
  config::Problems problems;
  auto snapshot = generation(config_, key_.secret, problems);
  report(problems);
  const bool left_out = std::ranges::any_of(problems.all(), [](const config::Problem& problem) {
    return problem.path.starts_with("stored model");
  });
  if (!snapshot || left_out) {
    return core::fail(core::Errc::invalid_argument,
                      "the models cannot be used: " + problems.to_text("stored models"));
  }
  return publish(snapshot);
}

core::Result<void> Server::publish(const std::shared_ptr<const gateway::Snapshot>& snapshot) {
  current_.store(snapshot);
  const auto waiting = std::make_shared<std::atomic<std::size_t>>(workers_.size());
  const auto all = std::make_shared<std::promise<void>>();
  for (const auto& worker : workers_) {
    worker->replace_snapshot(snapshot, [waiting, all] {
      if (waiting->fetch_sub(1) == 1) all->set_value();
    });
  }
  // A loop that has ended with a drain does not answer.
  if (workers_.empty() ||
      all->get_future().wait_for(kPublishPatience) == std::future_status::ready) {
    return {};
  }
  return core::fail(core::Errc::unavailable, "not every thread has the new models yet");
}

bool Server::start_tls() {
  const TlsSettings& tls = config_.server.tls;
  if (tls.certificate_file.empty()) return true;
  auto context = net::TlsServerContext::load(tls.certificate_file, tls.key_file);
  if (!context) return fail_start("server.tls: " + context.error().public_message);
  server_tls_ = std::move(*context);
  return true;
}

bool Server::start_workers(const gateway::Snapshot& snapshot) {
  auto client_tls = net::TlsClientContext::create(config_.server.trust_store);
  if (!client_tls) return fail_start("trust store: " + client_tls.error().public_message);
  parts_ = std::make_unique<SharedParts>(SharedParts{clock_, logger_, metrics_, families_,
                                                     *resolver_, std::move(*client_tls), draining_,
                                                     *stores_, *control_});
  WorkerOptions options = worker_options(config_, server_tls_);
  if (options_.port) options.server.port = *options_.port;
  for (std::size_t i = 0; i < thread_count(config_.server); ++i) {
    auto own = std::make_shared<gateway::Snapshot>(snapshot);
    options.index = i;
    auto worker = std::make_unique<Worker>(*parts_, options, std::move(own));
    auto port = worker->start();
    if (!port) {
      return fail_start("cannot listen on " + options.server.address + ":" +
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
    if (snapshot) gateway::collect_deployment_metrics(*snapshot, clock_.monotonic(), out);
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
    return fail_start("the configuration cannot be used:\n" +
                      problems.to_text(options_.config_file));
  }
  report(problems);
  current_.store(snapshot);
  const auto visible = snapshot->table->visible_models();
  models_ = visible.size();
  if (!visible.empty()) first_model_ = visible.front().name;
  return start_tls() && start_workers(*snapshot);
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

void Server::reload() {
  const std::scoped_lock lock(reloading_);
  config::Problems problems;
  AppConfig next = load_config(options_.config_file, sources_.environment, problems);
  std::shared_ptr<const gateway::Snapshot> snapshot;
  core::Secret key = key_.secret;
  if (!problems.failed()) {
    // A generated key stays; a configured one follows the file.
    if (key_.file.empty() && !next.general.master_key.empty()) key = next.general.master_key;
    snapshot = generation(next, key, problems);
  }
  report(problems);
  if (!snapshot) {
    logger_.error("reload_refused", {{"file", options_.config_file}});
    return;
  }
  for (const std::string& path : config::restart_needed(config_, next)) {
    logger_.warning("restart_needed", {{"path", path}});
  }
  if (server_tls_) {
    if (auto reloaded = server_tls_->reload(); !reloaded) {
      logger_.error("certificate_kept", {{"error", reloaded.error()}});
    }
  }
  if (auto published = publish(snapshot); !published) {
    logger_.warning("reload_slow", {{"error", published.error()}});
  }
  logger_.set_level(next.log.level);
  key_.secret = std::move(key);
  config_ = std::move(next);
  health_.collect();
  logger_.info("reloaded", {{"models", snapshot->table->visible_models().size()}});
}

void Server::stop() {
  draining_.store(true, std::memory_order_relaxed);
  logger_.info("draining");
  for (const auto& worker : workers_) worker->drain();
  for (const auto& worker : workers_) worker->join();
  logger_.info("stopped");
}

}  // namespace

int serve(const ServeOptions& options) {
  const sigset_t signals = block_signals();
  config::Problems problems;
  AppConfig config = load_config(options.config_file, config::process_environment(), problems);
  if (problems.failed()) {
    std::fputs(problems.to_text(options.config_file).c_str(), stderr);
    return 2;
  }
  std::fputs(problems.to_text(options.config_file).c_str(), stderr);
  auto key = find_master_key(config.general.master_key, options.data_folder);
  if (!key) {
    fail_start("master key: " + key.error().public_message);
    return 1;
  }
  auto prices = models::PriceBook::embedded();
  if (!prices) {
    fail_start("price map: " + prices.error().public_message);
    return 1;
  }
  Server server(options, std::move(config), std::move(*key), std::move(*prices));
  if (!server.start()) {
    server.stop();
    return 1;
  }
  server.announce();
  constexpr timespec kMaintenance{.tv_sec = 60, .tv_nsec = 0};
  for (;;) {
    const int received = sigtimedwait(&signals, nullptr, &kMaintenance);
    if (received < 0) {
      if (errno == EAGAIN) server.maintain();
      continue;
    }
    if (received != SIGHUP) break;
    server.reload();
  }
  // A second signal ends the process at once.
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  server.stop();
  return 0;
}

}  // namespace gatehouse::app
