#include "gatehouse/alerts/alerter.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "dispatcher.hpp"
#include "gatehouse/core/text.hpp"
#include "repetition.hpp"

namespace gatehouse::alerts {
namespace {

/// A small multiple of a try's time: sending a test waits for the loop, and for a name look-up.
constexpr int kTestPatience = 3;

std::optional<Claim> claim_of(std::string_view subject, core::WallTime until,
                              std::optional<std::uint64_t> suppressed) {
  if (!suppressed) return {};
  return Claim{std::string(subject), until, *suppressed};
}

}  // namespace

struct Alerter::State {
  State(AlerterTools its_tools, AlerterOptions its_options)
      : tools(std::move(its_tools)), options(its_options) {}

  void run(std::promise<void> started, std::vector<KeptAlert> left);
  std::vector<KeptAlert> load();
  void log(const Alert& alert);
  void drop(std::uint64_t count, std::string_view why) { drop_alerts(tools, counters, count, why); }

  const AlerterTools tools;
  const AlerterOptions options;
  Repetition repetition;
  std::unique_ptr<net::EventLoop> loop;
  Dispatcher* dispatcher = nullptr;  // lives on the thread's stack from start to join
  std::thread thread;

  mutable std::mutex mutex;
  std::vector<Channel> channels;  // guarded by mutex
  std::atomic<bool> open{true};
  std::atomic<std::size_t> in_transit{0};  // posted to the loop, not yet in an outbox
  AlertCounters counters;
};

void Alerter::State::log(const Alert& alert) {
  tools.logger.warning("alert",
                       {{"type", name_of(alert.type)},
                        {"alert", alert.event},
                        {"group", alert.event_group},
                        {"message", core::printable(alert.message, 300)},
                        {"key_hash", alert.token},
                        {"key_alias", core::printable(alert.key_alias)},
                        {"spend_usd", alert.spend.value_or(core::Money())},
                        {"max_usd", alert.max_budget.value_or(core::Money())},
                        {"deployment", alert.deployment ? alert.deployment->id : std::string()},
                        {"suppressed", alert.claim.suppressed}});
}

std::vector<KeptAlert> Alerter::State::load() {
  if (tools.store == nullptr) return {};
  auto kept = tools.store->load();
  if (!kept) {
    ++counters.store_failures;
    tools.logger.error("alerts_not_restored", {{"error", kept.error()}});
    return {};
  }
  for (const KeptClaim& claim : kept->claims) repetition.restore(claim.subject, claim.until);
  return std::move(kept->waiting);
}

void Alerter::State::run(std::promise<void> started, std::vector<KeptAlert> left) {
  pthread_setname_np(pthread_self(), "gatehouse-alert");
  Dispatcher own(tools, options, *loop, counters);
  dispatcher = &own;
  {
    const std::lock_guard lock(mutex);
    own.follow(channels);
  }
  loop->post([&own, left = std::move(left)]() mutable { own.start(std::move(left)); });
  started.set_value();
  loop->run();
}

Alerter::Alerter(std::unique_ptr<State> state) : state_(std::move(state)) {}

core::Result<std::unique_ptr<Alerter>> Alerter::start(AlerterTools tools, AlerterOptions options,
                                                      std::vector<Channel> channels) {
  auto state = std::make_unique<State>(std::move(tools), options);
  auto loop = net::EventLoop::create(state->tools.clock);
  if (!loop) return core::pass(loop);
  state->loop = std::move(*loop);
  state->channels = std::move(channels);
  std::promise<void> started;
  auto ready = started.get_future();
  state->thread = std::thread(
      [raw = state.get(), promise = std::move(started), left = state->load()]() mutable {
        raw->run(std::move(promise), std::move(left));
      });
  ready.wait();
  return std::unique_ptr<Alerter>(new Alerter(std::move(state)));
}

Alerter::~Alerter() {
  stop(core::Nanos(0));
}

std::optional<Claim> Alerter::claim(std::string_view subject, core::WallTime until) {
  return claim_of(subject, until,
                  state_->repetition.claim(subject, state_->tools.clock.wall(), until));
}

std::optional<Claim> Alerter::claim_unheard(std::string_view subject, core::WallTime since,
                                            core::WallTime until) {
  return claim_of(subject, until, state_->repetition.claim_unheard(subject, since, until));
}

void Alerter::post(Alert alert) {
  State* const state = state_.get();
  state->log(alert);
  if (!state->open.load(std::memory_order_acquire)) return state->drop(1, "the server stops");
  if (state->in_transit.fetch_add(1, std::memory_order_relaxed) >= state->options.max_queued) {
    state->in_transit.fetch_sub(1, std::memory_order_relaxed);
    return state->drop(1, "too many are waiting");
  }
  state->loop->post([state, alert = std::move(alert)]() mutable {
    state->in_transit.fetch_sub(1, std::memory_order_relaxed);
    state->dispatcher->hand_over(std::move(alert));
  });
}

void Alerter::set_channels(std::vector<Channel> channels) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->channels = channels;
  }
  state_->loop->post([state = state_.get(), channels = std::move(channels)] {
    state->dispatcher->follow(channels);
  });
}

bool Alerter::has_channel(ChannelKind kind) const {
  const std::lock_guard lock(state_->mutex);
  return std::ranges::find(state_->channels, kind, &Channel::kind) != state_->channels.end();
}

bool Alerter::has_channel(AlertType type) const {
  const std::lock_guard lock(state_->mutex);
  return std::ranges::any_of(state_->channels,
                             [type](const Channel& channel) { return channel.types.has(type); });
}

core::Result<void> Alerter::send_test(ChannelKind kind) {
  std::vector<Channel> wanted;
  {
    const std::lock_guard lock(state_->mutex);
    std::ranges::copy_if(state_->channels, std::back_inserter(wanted),
                         [kind](const Channel& channel) { return channel.kind == kind; });
  }
  if (wanted.empty() || !state_->open.load(std::memory_order_acquire)) {
    return core::fail(core::Errc::not_found, "no such channel for alerts is configured");
  }
  Alert alert;
  alert.event = "test";
  alert.event_group = "proxy";
  alert.message = "This is a test alert: alerts of this gateway arrive here";
  alert.at = state_->tools.clock.wall();
  const auto patience =
      state_->options.delivery.timeout * kTestPatience * static_cast<std::int64_t>(wanted.size());
  auto done = std::make_shared<std::promise<core::Result<void>>>();
  auto result = done->get_future();
  state_->loop->post([dispatcher = state_->dispatcher, wanted = std::move(wanted),
                      alert = std::move(alert),
                      done] { dispatcher->send_tests(wanted, alert, done); });
  if (result.wait_for(patience) == std::future_status::ready) return result.get();
  return core::fail(core::Errc::upstream_timeout, "the alert was not taken in time");
}

void Alerter::stop(core::Nanos patience) {
  if (!state_->thread.joinable()) return;
  state_->open.store(false, std::memory_order_release);
  state_->loop->post([state = state_.get(), patience] { state->dispatcher->close(patience); });
  state_->thread.join();
}

Alerter::Counts Alerter::counts() const {
  const AlertCounters& counters = state_->counters;
  return {.sent = counters.sent,
          .failed = counters.failed,
          .retried = counters.retried,
          .dropped = counters.dropped,
          .suppressed = state_->repetition.refused(),
          .store_failures = counters.store_failures,
          .waiting = counters.waiting};
}

void Alerter::collect(telemetry::Exposition& out) const {
  const Counts now = counts();
  const auto count = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  out.begin("gatehouse_alerts_total",
            "Alerts by what became of them: sent to a channel, failed (not taken after all tries), "
            "dropped for lack of room, suppressed as repetitions",
            telemetry::MetricType::counter);
  out.sample({{"outcome", "sent"}}, count(now.sent));
  out.sample({{"outcome", "failed"}}, count(now.failed));
  out.sample({{"outcome", "dropped"}}, count(now.dropped));
  out.sample({{"outcome", "suppressed"}}, count(now.suppressed));
  out.begin("gatehouse_alert_retries_total", "Further tries to deliver alerts",
            telemetry::MetricType::counter);
  out.sample({}, count(now.retried));
  out.begin("gatehouse_alerts_waiting", "Alerts that are still to be delivered",
            telemetry::MetricType::gauge);
  out.sample({}, now.waiting);
  out.begin("gatehouse_alert_store_failures_total",
            "Writes of alerts into the database that failed: those alerts are in memory alone",
            telemetry::MetricType::counter);
  out.sample({}, count(now.store_failures));
}

}  // namespace gatehouse::alerts
