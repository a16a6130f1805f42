#pragma once
/// The running server: stores, workers and the snapshot that their requests run on.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app_config.hpp"
#include "data_stores.hpp"
#include "gatehouse/alerts/alerter.hpp"
#include "gatehouse/alerts/database_outbox.hpp"
#include "gatehouse/gateway/model_check.hpp"
#include "gatehouse/limits/time_zone.hpp"
#include "gatehouse/models/health.hpp"
#include "gatehouse/telemetry/log_sinks.hpp"
#include "generation.hpp"
#include "master_key.hpp"
#include "memory_guard.hpp"
#include "serve.hpp"
#include "worker.hpp"

namespace gatehouse::app {

/// As the main thread sees it: every public member is called by that thread.
class Server {
 public:
  Server(const ServeOptions& options, AppConfig config, MasterKey key,
         std::shared_ptr<const models::PriceBook> prices);

  /// False with a message on standard error when it cannot start.
  bool start();
  /// Prints the address, where the master key is and a call that works.
  void announce() const;
  /// Reads the configuration again; a bad one changes nothing.
  void reload();
  /// To be called every minute.
  void maintain() { stores_->maintain(); }
  /// Returns when the calls that run are done or the drain time-out has passed.
  void stop();

 private:
  bool start_stores();
  core::Result<void> reload_models();
  /// Returns once every thread has it. Not on a worker's thread.
  core::Result<void> publish(const std::shared_ptr<const gateway::Snapshot>& snapshot);
  std::shared_ptr<const gateway::Snapshot> generation(const AppConfig& config,
                                                      const core::Secret& key,
                                                      config::Problems& problems);
  /// What new identities get, and end users without a row.
  void follow_policies(const ControlSettings& settings);
  bool start_tls();
  bool start_alerts();
  void offer_checks();
  void follow_checks(const GeneralSettings& settings);
  core::Result<std::shared_ptr<const gateway::Snapshot>> try_model(std::string_view litellm_params,
                                                                   std::string_view model_info);
  bool start_workers(const gateway::Snapshot& snapshot);
  void start_memory_guard();
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
  std::shared_ptr<net::TlsClientContext> client_tls_;
  core::SystemRandom alert_random_;
  core::SystemIdSource alert_ids_{clock_, alert_random_};
  std::unique_ptr<alerts::DatabaseOutbox> alert_outbox_;
  std::unique_ptr<alerts::Alerter> alerter_;
  std::unique_ptr<AlertDesk> desk_;
  std::shared_ptr<void> listening_;  ///< of the desk, to the database
  CheckSettings check_settings_;
  gateway::CheckHistory check_history_;
  std::unique_ptr<SharedParts> parts_;
  /// For the metrics; requests use their worker's own.
  std::atomic<std::shared_ptr<const gateway::Snapshot>> current_;
  std::unique_ptr<MemoryGuard> memory_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::uint16_t port_ = 0;
  std::size_t models_ = 0;
  std::string first_model_;
};

}  // namespace gatehouse::app
