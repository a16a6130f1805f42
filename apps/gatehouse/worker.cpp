#include "worker.hpp"

#include <pthread.h>

#include <optional>
#include <utility>
#include <vector>

#include "gatehouse/api/api_server.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/gateway/pipeline.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_client.hpp"

namespace gatehouse::app {

namespace {

/// How soon a reload of the interval is noticed.
constexpr core::Seconds kBackgroundTick{1};

}  // namespace

/// Everything that lives on the worker's thread.
struct Worker::Running {
  Running(const SharedParts& parts, const WorkerOptions& options, net::EventLoop& its_loop,
          std::shared_ptr<const gateway::Snapshot> snapshot)
      : loop(its_loop),
        ids(parts.clock, random),
        telemetry(parts.families, parts.metrics.make_bank(), parts.logger),
        observer(telemetry, parts.desk),
        client(loop, parts.resolver, parts.client_tls, net::ClientOptions()),
        pipeline({.loop = loop,
                  .client = client,
                  .random = random,
                  .ids = ids,
                  .tasks = tasks,
                  .observer = observer,
                  .accounting = {.directory = *parts.stores.directory,
                                 .accounts = parts.stores.accounts,
                                 .balances = *parts.stores.balances,
                                 .journal = parts.stores.journals->writer(options.index),
                                 .pool = *parts.stores.pool,
                                 .idempotency = parts.stores.idempotency.get(),
                                 .durability = options.durability}},
                 options.limits, std::move(snapshot)),
        api({.pipeline = pipeline,
             .metrics_text = [&parts] { return parts.metrics.expose(); },
             .ready = [&parts] { return !parts.draining.load(std::memory_order_relaxed); },
             .metrics_need_key = options.metrics_need_key,
             .control = &parts.control,
             .loop = &loop,
             .ids = &ids}) {}

  /// A round whenever the interval has passed, until background_stop.
  static core::Task<void> check_in_background(Running* self, const SharedParts* parts);
  static core::Task<void> drain_and_stop(Running* self);

  net::EventLoop& loop;
  core::SystemRandom random;
  core::SystemIdSource ids;
  core::TaskGroup tasks;
  gateway::CallTelemetry telemetry;
  AlertingObserver observer;
  net::HttpClient client;
  gateway::Pipeline pipeline;
  api::ApiServer api;
  std::unique_ptr<net::HttpServer> server;
  core::Cancellation background_stop;
  core::TaskGroup background;
};

core::Task<void> Worker::Running::drain_and_stop(Running* self) {
  self->background_stop.request(core::Cancellation::Reason::shutdown);
  co_await self->background.join();
  co_await self->server->drain();
  self->loop.stop();
}

core::Task<void> Worker::Running::check_in_background(Running* self, const SharedParts* parts) {
  std::optional<core::MonotonicTime> last;
  while (!self->background_stop.requested()) {
    const core::Nanos interval{parts->checks.interval_ns.load(std::memory_order_relaxed)};
    const core::MonotonicTime now = self->loop.now();
    if (interval.count() != 0 && (!last || now - *last >= interval)) {
      last = now;
      const auto snapshot = self->pipeline.snapshot();
      std::vector<const models::Deployment*> all;
      for (const models::Deployment& each : snapshot->table->deployments()) all.push_back(&each);
      auto outcomes = co_await gateway::check_models(self->pipeline, snapshot, std::move(all),
                                                     self->background_stop);
      parts->check_history.add(outcomes, "background");
      continue;
    }
    auto slept = co_await self->loop.sleep_until(now + kBackgroundTick, self->background_stop);
    if (!slept) break;
  }
}

Worker::Worker(const SharedParts& parts, WorkerOptions options,
               std::shared_ptr<const gateway::Snapshot> snapshot)
    : parts_(parts), options_(std::move(options)), snapshot_(std::move(snapshot)) {}

Worker::~Worker() {
  join();
}

core::Result<std::uint16_t> Worker::start() {
  std::promise<core::Result<std::uint16_t>> started;
  auto result = started.get_future();
  thread_ =
      std::thread([this, promise = std::move(started)]() mutable { run(std::move(promise)); });
  return result.get();
}

void Worker::run(std::promise<core::Result<std::uint16_t>> started) {
  pthread_setname_np(pthread_self(), "gatehouse-loop");
  auto loop = net::EventLoop::create(parts_.clock);
  if (!loop) {
    started.set_value(core::Result<std::uint16_t>(core::pass(loop)));
    return;
  }
  Running running(parts_, options_, **loop, std::move(snapshot_));
  auto server = net::HttpServer::listen(**loop, options_.server, running.api);
  if (!server) {
    started.set_value(core::Result<std::uint16_t>(core::pass(server)));
    return;
  }
  running.server = std::move(*server);
  running_ = &running;
  started.set_value(running.server->port());
  if (options_.index == 0) {
    (*loop)->post(
        [this] { running_->background.spawn(Running::check_in_background(running_, &parts_)); });
  }
  (*loop)->run();
  running.server.reset();
}

void Worker::replace_snapshot(std::shared_ptr<const gateway::Snapshot> snapshot,
                              std::function<void()> done) {
  // Each thread keeps a reference of its own, so that requests do not share a counter.
  running_->loop.post([this, snapshot = std::move(snapshot), done = std::move(done)]() mutable {
    running_->pipeline.replace_snapshot(std::make_shared<gateway::Snapshot>(*snapshot));
    if (done) done();
  });
}

void Worker::drain() {
  running_->loop.post([this] { running_->tasks.spawn(Running::drain_and_stop(running_)); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace gatehouse::app
