#pragma once
/// One thread of the server: its loop, listener, client pools, pipeline and metrics.

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "alert_desk.hpp"
#include "app_config.hpp"
#include "data_stores.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/gateway/call_telemetry.hpp"
#include "gatehouse/gateway/pipeline.hpp"
#include "gatehouse/gateway/snapshot.hpp"
#include "gatehouse/net/http_server.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/tls.hpp"
#include "gatehouse/telemetry/log.hpp"
#include "gatehouse/telemetry/metric_hub.hpp"

namespace gatehouse::app {

/// How models are checked. Written by the main thread, read by all.
struct CheckSettings {
  std::atomic<std::int64_t> interval_ns{0};  ///< of rounds in the background; 0: none
  std::atomic<bool> details{true};
};

/// What the workers share. Outlives them.
struct SharedParts {
  const core::Clock& clock;
  telemetry::Logger& logger;
  telemetry::MetricHub& metrics;
  const gateway::CallFamilies& families;
  net::Resolver& resolver;
  std::shared_ptr<net::TlsClientContext> client_tls;
  std::atomic<bool>& draining;
  DataStores& stores;
  api::ControlPlane& control;
  AlertDesk& desk;
  const CheckSettings& checks;
  gateway::CheckHistory& check_history;
};

struct WorkerOptions {
  net::ServerOptions server;
  gateway::PipelineLimits limits;
  ledger::Durability durability = ledger::Durability::process;
  bool metrics_need_key = false;
  std::size_t index = 0;  ///< of the worker, and of its journal
};

/// The first one also checks the models in the background. Runs on a thread of its own from start()
/// to join(). start, replace_snapshot, drain and join are called by the thread that owns the
/// object.
class Worker {
 public:
  Worker(const SharedParts& parts, WorkerOptions options,
         std::shared_ptr<const gateway::Snapshot> snapshot);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Starts the thread and waits until it listens. Returns the port.
  core::Result<std::uint16_t> start();
  /// `done` runs on the worker's thread once its requests see the snapshot; may be empty.
  void replace_snapshot(std::shared_ptr<const gateway::Snapshot> snapshot,
                        std::function<void()> done = {});
  /// Begins to drain; the thread ends when it is done.
  void drain();
  void join();

 private:
  struct Running;
  void run(std::promise<core::Result<std::uint16_t>> started);

  const SharedParts& parts_;
  const WorkerOptions options_;
  std::shared_ptr<const gateway::Snapshot> snapshot_;
  Running* running_ = nullptr;  // lives on the thread's stack, valid after start() until join()
  std::thread thread_;
};

}  // namespace gatehouse::app
