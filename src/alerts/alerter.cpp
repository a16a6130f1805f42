#include "gatehouse/alerts/alerter.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include "delivery.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/core/text.hpp"
#include "repetition.hpp"

namespace gatehouse::alerts {
namespace {

/// What waits for one address. The loop's thread.
struct Outbox {
  explicit Outbox(Channel its_channel) : channel(std::move(its_channel)) {}
  Channel channel;
  std::deque<std::string> waiting;
  bool sending = false;
};

using TestResult = std::shared_ptr<std::promise<core::Result<void>>>;

/// A small multiple of a try's time: sending a test waits for the loop, and for a name look-up.
constexpr int kTestPatience = 3;

}  // namespace

struct Alerter::State {
  State(AlerterTools its_tools, AlerterOptions its_options)
      : tools(std::move(its_tools)), options(its_options) {}

  struct Running;

  void run(std::promise<void> started);
  void log(const Alert& alert);
  void drop(std::uint64_t count, std::string_view why);
  void hand_over(const Alert& alert);

  const AlerterTools tools;
  const AlerterOptions options;
  Repetition repetition;
  std::unique_ptr<net::EventLoop> loop;
  Running* running = nullptr;  // lives on the thread's stack from start to join
  std::thread thread;

  mutable std::mutex mutex;
  std::vector<Channel> channels;  // guarded by mutex
  std::atomic<bool> open{true};
  std::atomic<std::size_t> in_transit{0};  // posted to the loop, not yet in an outbox

  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> retried{0};
  std::atomic<std::uint64_t> dropped{0};
};

/// Everything that lives on the alerter's thread.
struct Alerter::State::Running {
  explicit Running(State& its_state)
      : state(its_state),
        client(*state.loop, state.tools.resolver, state.tools.tls, net::ClientOptions()),
        delivery{*state.loop, client, random, cancellation} {}

  State& state;
  core::SystemRandom random;
  core::Cancellation cancellation;
  net::HttpClient client;
  DeliveryTools delivery;
  std::vector<std::shared_ptr<Outbox>> outboxes;
  core::TaskGroup tasks;
  core::TaskGroup closing;
  net::Timer patience{[this] { cancellation.request(core::Cancellation::Reason::shutdown); }};

  void follow(const std::vector<Channel>& wanted);
  void put(Outbox& outbox, std::string body);
  /// Sends what waits until nothing does.
  static core::Task<void> empty_outbox(Running* running, std::shared_ptr<Outbox> outbox);
  static core::Task<void> send_tests(Running* running, std::vector<Channel> wanted,
                                     std::string body, TestResult done);
  static core::Task<void> close_loop(Running* running);
};

core::Task<void> Alerter::State::Running::send_tests(Running* running, std::vector<Channel> wanted,
                                                     std::string body, TestResult done) {
  DeliveryPolicy once = running->state.options.delivery;
  once.tries = 1;
  std::string reasons;
  for (const Channel& channel : wanted) {
    auto outcome = co_await deliver(running->delivery, channel, body, once);
    if (!outcome.delivered) reasons += (reasons.empty() ? "" : "; ") + outcome.reason;
  }
  if (reasons.empty()) {
    done->set_value({});
  } else {
    done->set_value(core::fail(core::Errc::upstream_failed, "the alert was not taken: " + reasons));
  }
}

core::Task<void> Alerter::State::Running::empty_outbox(Running* running,
                                                       std::shared_ptr<Outbox> outbox) {
  State& state = running->state;
  while (!outbox->waiting.empty() && !running->cancellation.requested()) {
    const std::string body = std::move(outbox->waiting.front());
    outbox->waiting.pop_front();
    auto outcome =
        co_await deliver(running->delivery, outbox->channel, body, state.options.delivery);
    state.retried += outcome.tries - 1;
    if (outcome.delivered) {
      ++state.sent;
      continue;
    }
    ++state.failed;
    state.tools.logger.error("alert_not_delivered", {{"channel", name_of(outbox->channel.kind)},
                                                     {"tries", outcome.tries},
                                                     {"reason", outcome.reason},
                                                     {"shutdown", outcome.stopped}});
  }
  outbox->sending = false;
  if (!outbox->waiting.empty()) state.drop(outbox->waiting.size(), "the server stops");
  outbox->waiting.clear();
}

core::Task<void> Alerter::State::Running::close_loop(Running* running) {
  co_await running->tasks.join();
  running->patience.disarm();
  running->state.loop->stop();
}

void Alerter::State::Running::put(Outbox& outbox, std::string body) {
  if (outbox.waiting.size() >= state.options.max_queued) {
    state.drop(1, "too many are waiting");
    return;
  }
  outbox.waiting.push_back(std::move(body));
}

void Alerter::State::Running::follow(const std::vector<Channel>& wanted) {
  std::vector<std::shared_ptr<Outbox>> next;
  for (const Channel& channel : wanted) {
    const auto same = std::ranges::find_if(outboxes, [&](const std::shared_ptr<Outbox>& outbox) {
      return outbox->channel.same_address(channel);
    });
    if (same == outboxes.end()) {
      next.push_back(std::make_shared<Outbox>(channel));
      continue;
    }
    (*same)->channel.types = channel.types;
    next.push_back(*same);
  }
  // One that is gone sends what it has: its task holds it.
  outboxes = std::move(next);
}

void Alerter::State::hand_over(const Alert& alert) {
  for (const std::shared_ptr<Outbox>& outbox : running->outboxes) {
    if (!outbox->channel.types.has(alert.type)) continue;
    running->put(*outbox, outbox->channel.kind == ChannelKind::slack ? slack_body(alert)
                                                                     : webhook_body(alert));
    if (outbox->waiting.empty() || std::exchange(outbox->sending, true)) continue;
    running->tasks.spawn(Running::empty_outbox(running, outbox));
  }
}

void Alerter::State::drop(std::uint64_t count, std::string_view why) {
  dropped += count;
  tools.logger.error("alerts_dropped", {{"count", count}, {"reason", why}});
}

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
                        {"suppressed", alert.suppressed}});
}

void Alerter::State::run(std::promise<void> started) {
  pthread_setname_np(pthread_self(), "gatehouse-alert");
  Running own(*this);
  running = &own;
  {
    const std::lock_guard lock(mutex);
    own.follow(channels);
  }
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
  state->thread = std::thread([raw = state.get(), promise = std::move(started)]() mutable {
    raw->run(std::move(promise));
  });
  ready.wait();
  return std::unique_ptr<Alerter>(new Alerter(std::move(state)));
}

Alerter::~Alerter() {
  stop(core::Nanos(0));
}

std::optional<std::uint64_t> Alerter::claim(std::string_view subject, core::WallTime until) {
  return state_->repetition.claim(subject, state_->tools.clock.wall(), until);
}

void Alerter::post(Alert alert) {
  State* const state = state_.get();
  state->log(alert);
  if (!state->open.load(std::memory_order_acquire)) return state->drop(1, "the server stops");
  if (state->in_transit.fetch_add(1, std::memory_order_relaxed) >= state->options.max_queued) {
    state->in_transit.fetch_sub(1, std::memory_order_relaxed);
    return state->drop(1, "too many are waiting");
  }
  state->loop->post([state, alert = std::move(alert)] {
    state->in_transit.fetch_sub(1, std::memory_order_relaxed);
    state->hand_over(alert);
  });
}

void Alerter::set_channels(std::vector<Channel> channels) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->channels = channels;
  }
  state_->loop->post(
      [state = state_.get(), channels = std::move(channels)] { state->running->follow(channels); });
}

bool Alerter::has_channel(ChannelKind kind) const {
  const std::lock_guard lock(state_->mutex);
  return std::ranges::find(state_->channels, kind, &Channel::kind) != state_->channels.end();
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
  std::string body = kind == ChannelKind::slack ? slack_body(alert) : webhook_body(alert);
  const auto patience =
      state_->options.delivery.timeout * kTestPatience * static_cast<std::int64_t>(wanted.size());
  auto done = std::make_shared<std::promise<core::Result<void>>>();
  auto result = done->get_future();
  state_->loop->post(
      [running = state_->running, wanted = std::move(wanted), body = std::move(body), done] {
        running->tasks.spawn(State::Running::send_tests(running, wanted, body, done));
      });
  if (result.wait_for(patience) == std::future_status::ready) return result.get();
  return core::fail(core::Errc::upstream_timeout, "the alert was not taken in time");
}

void Alerter::stop(core::Nanos patience) {
  if (!state_->thread.joinable()) return;
  state_->open.store(false, std::memory_order_release);
  state_->loop->post([state = state_.get(), patience] {
    State::Running& running = *state->running;
    if (patience.count() > 0) {
      state->loop->arm(running.patience, state->loop->now() + patience);
    } else {
      running.cancellation.request(core::Cancellation::Reason::shutdown);
    }
    running.closing.spawn(State::Running::close_loop(&running));
  });
  state_->thread.join();
}

Alerter::Counts Alerter::counts() const {
  return {.sent = state_->sent,
          .failed = state_->failed,
          .retried = state_->retried,
          .dropped = state_->dropped,
          .suppressed = state_->repetition.refused()};
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
}

}  // namespace gatehouse::alerts
