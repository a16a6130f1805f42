#include "dispatcher.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace gatehouse::alerts {
namespace {

constexpr std::string_view kGone = "the address is no longer configured";
constexpr std::string_view kStops = "the server stops";
constexpr std::string_view kFull = "too many are waiting";

/// One for each address, with the types of all that name it.
std::vector<Channel> merged(const std::vector<Channel>& channels) {
  std::vector<Channel> out;
  for (const Channel& channel : channels) {
    const auto same = std::ranges::find_if(
        out, [&](const Channel& other) { return other.same_address(channel); });
    if (same == out.end()) {
      out.push_back(channel);
    } else {
      same->types.add(channel.types);
    }
  }
  return out;
}

core::Nanos rest_after(std::uint32_t tries, const DeliveryPolicy& policy) {
  core::Nanos rest = policy.first_rest;
  for (std::uint32_t i = policy.tries; i < tries && rest < policy.longest_rest; ++i) rest *= 2;
  return std::min<core::Nanos>(rest, policy.longest_rest);
}

std::string body_for(ChannelKind kind, const Alert& alert) {
  return kind == ChannelKind::slack ? slack_body(alert) : webhook_body(alert);
}

}  // namespace

void drop_alerts(const AlerterTools& tools, AlertCounters& counters, std::uint64_t count,
                 std::string_view why) {
  counters.dropped += count;
  tools.logger.error("alerts_dropped", {{"count", count}, {"reason", why}});
}

Dispatcher::Dispatcher(const AlerterTools& tools, const AlerterOptions& options,
                       net::EventLoop& loop, AlertCounters& counters)
    : tools_(tools),
      options_(options),
      loop_(loop),
      counters_(counters),
      client_(loop, tools.resolver, tools.tls, net::ClientOptions()),
      delivery_{loop, client_, random_, cancellation_},
      keeper_({loop, tools.logger, tasks_, tools.store, counters.store_failures}) {}

Dispatcher::Shared Dispatcher::make_outbox(const Channel& channel) {
  return std::make_shared<Outbox>(channel, [this](Outbox& outbox) { wake(outbox); });
}

void Dispatcher::follow(const std::vector<Channel>& wanted) {
  std::vector<Shared> next;
  for (const Channel& channel : merged(wanted)) {
    const auto same = std::ranges::find_if(
        outboxes_, [&](const Shared& outbox) { return outbox->channel.same_address(channel); });
    if (same == outboxes_.end()) {
      next.push_back(make_outbox(channel));
      continue;
    }
    (*same)->channel.types = channel.types;
    (*same)->channel.signing_key = channel.signing_key;
    next.push_back(*same);
  }
  for (const Shared& outbox : outboxes_) {
    if (std::ranges::find(next, outbox) != next.end()) continue;
    // Its task holds it while it sends what is due.
    outbox->gone = true;
    outbox->wake.disarm();
    for (const Item& item : outbox->resting) keeper_.remove({item.event_id, outbox->fingerprint});
    if (!outbox->resting.empty()) drop(outbox->resting.size(), kGone);
    outbox->resting.clear();
  }
  outboxes_ = std::move(next);
}

void Dispatcher::start(std::vector<KeptAlert> left) {
  keeper_.start();
  counters_.waiting += static_cast<std::int64_t>(left.size());
  std::uint64_t lost = 0;
  for (KeptAlert& alert : left) {
    const auto found = std::ranges::find(outboxes_, alert.channel, &Outbox::fingerprint);
    if (found == outboxes_.end()) {
      keeper_.remove({std::move(alert.event_id), std::move(alert.channel)});
      ++lost;
      continue;
    }
    Item item{.event_id = std::move(alert.event_id),
              .body = std::move(alert.body),
              .created_at = alert.created_at,
              .tries = alert.tries,
              .next_try_at = alert.next_try_at,
              .kept = true};
    (*found)->resting.push_back(std::move(item));
  }
  if (lost != 0) drop(lost, kGone);
  if (left.size() != lost) {
    tools_.logger.info("alerts_restored", {{"count", left.size() - lost}});
  }
  for (const Shared& outbox : outboxes_) wake(*outbox);
}

void Dispatcher::hand_over(Alert alert) {
  alert.event_id = tools_.ids.uuid();
  const core::WallTime now = tools_.clock.wall();
  std::vector<std::pair<Shared, Item>> items;
  std::vector<KeptAlert> rows;
  for (const Shared& outbox : outboxes_) {
    if (!outbox->channel.types.has(alert.type)) continue;
    if (outbox->size() >= options_.max_queued) {
      drop_alerts(tools_, counters_, 1, kFull);
      continue;
    }
    Item item{.event_id = alert.event_id,
              .body = body_for(outbox->channel.kind, alert),
              .created_at = now,
              .next_try_at = now};
    rows.push_back({.event_id = item.event_id,
                    .channel = outbox->fingerprint,
                    .kind = outbox->channel.kind,
                    .body = item.body,
                    .created_at = now,
                    .next_try_at = now});
    ++outbox->being_written;
    ++counters_.waiting;
    items.emplace_back(outbox, std::move(item));
  }
  // A claim counts for the next run only if somebody is told.
  if (items.empty()) return;
  std::optional<KeptClaim> claim;
  if (!alert.claim.subject.empty()) {
    claim = KeptClaim{std::move(alert.claim.subject), now, alert.claim.until};
  }
  keeper_.keep(std::move(claim), std::move(rows),
               [this, items = std::move(items)](bool kept) mutable {
                 for (auto& [outbox, item] : items) {
                   --outbox->being_written;
                   item.kept = kept;
                   outbox->due.push_back(std::move(item));
                   send(outbox);
                 }
               });
}

void Dispatcher::send(const Shared& outbox) {
  if (outbox->due.empty() || std::exchange(outbox->sending, true)) return;
  tasks_.spawn(send_due(this, outbox));
}

void Dispatcher::wake(Outbox& outbox) {
  if (closed_) return;
  outbox.end_rests(tools_.clock.wall(), options_.delivery.longest_rest);
  arm(outbox);
  const auto own =
      std::ranges::find_if(outboxes_, [&](const Shared& other) { return other.get() == &outbox; });
  if (own != outboxes_.end()) send(*own);
}

void Dispatcher::arm(Outbox& outbox) {
  outbox.wake.disarm();
  if (closed_ || outbox.resting.empty()) return;
  const auto next = std::ranges::min_element(outbox.resting, {}, &Item::next_try_at);
  // Bounded, should the wall clock have been set back.
  const core::Nanos wait = std::clamp<core::Nanos>(next->next_try_at - tools_.clock.wall(),
                                                   core::Nanos(0), options_.delivery.longest_rest);
  loop_.arm(outbox.wake, loop_.now() + wait);
}

core::Task<void> Dispatcher::send_due(Dispatcher* self, Shared outbox) {
  while (!outbox->due.empty() && !self->cancellation_.requested()) {
    Item item = std::move(outbox->due.front());
    outbox->due.pop_front();
    DeliveryPolicy policy = self->options_.delivery;
    if (item.tries != 0) policy.tries = 1;
    const Message message{item.event_id, item.body};
    auto outcome = co_await deliver(self->delivery_, outbox->channel, message, policy);
    self->settle(*outbox, std::move(item), outcome);
  }
  outbox->sending = false;
  if (self->cancellation_.requested()) self->leave(*outbox);
}

void Dispatcher::settle(Outbox& outbox, Item item, const DeliveryOutcome& outcome) {
  counters_.retried += outcome.tries - (item.tries == 0 ? 1 : 0);
  item.tries += outcome.tries;
  if (outcome.delivered) {
    ++counters_.sent;
    --counters_.waiting;
    if (item.kept) keeper_.remove({std::move(item.event_id), outbox.fingerprint});
    return;
  }
  if (outcome.stopped && item.kept) {
    outbox.resting.push_back(std::move(item));
    return;
  }
  const core::Nanos age = tools_.clock.wall() - item.created_at;
  const bool lasting = outcome.again && !outcome.stopped && !outbox.gone;
  if (lasting && age < options_.delivery.give_up_after) {
    rest(outbox, std::move(item), outcome);
  } else {
    fail(outbox, item, outcome);
  }
}

void Dispatcher::rest(Outbox& outbox, Item item, const DeliveryOutcome& outcome) {
  const core::WallTime now = tools_.clock.wall();
  const core::Nanos rest = rest_after(item.tries, options_.delivery);
  item.next_try_at = now + rest;
  tools_.logger.warning(
      "alert_postponed",
      {{"channel", name_of(outbox.channel.kind)},
       {"event_id", item.event_id},
       {"tries", item.tries},
       {"reason", outcome.reason},
       {"next_try_in_seconds", std::chrono::duration_cast<core::Seconds>(rest).count()}});
  if (item.kept) {
    keeper_.note({.row = {item.event_id, outbox.fingerprint},
                  .tries = item.tries,
                  .at = now,
                  .next_try_at = item.next_try_at,
                  .reason = outcome.reason});
  }
  outbox.resting.push_back(std::move(item));
  arm(outbox);
}

void Dispatcher::fail(Outbox& outbox, const Item& item, const DeliveryOutcome& outcome) {
  ++counters_.failed;
  --counters_.waiting;
  tools_.logger.error("alert_not_delivered", {{"channel", name_of(outbox.channel.kind)},
                                              {"event_id", item.event_id},
                                              {"tries", item.tries},
                                              {"reason", outcome.reason},
                                              {"shutdown", outcome.stopped}});
  if (!item.kept) return;
  keeper_.note({.row = {item.event_id, outbox.fingerprint},
                .tries = item.tries,
                .at = tools_.clock.wall(),
                .reason = outcome.reason});
}

void Dispatcher::leave(Outbox& outbox) {
  std::uint64_t lost = 0;
  const auto count = [&](const Item& item) {
    if (item.kept) {
      ++left_;
    } else {
      ++lost;
    }
  };
  std::ranges::for_each(outbox.due, count);
  std::ranges::for_each(outbox.resting, count);
  outbox.due.clear();
  outbox.resting.clear();
  if (lost != 0) drop(lost, kStops);
}

void Dispatcher::drop(std::uint64_t count, std::string_view why) {
  counters_.waiting -= static_cast<std::int64_t>(count);
  drop_alerts(tools_, counters_, count, why);
}

void Dispatcher::send_tests(std::vector<Channel> wanted, Alert alert, TestResult done) {
  tasks_.spawn(run_tests(this, std::move(wanted), std::move(alert), std::move(done)));
}

core::Task<void> Dispatcher::run_tests(Dispatcher* self, std::vector<Channel> wanted, Alert alert,
                                       TestResult done) {
  DeliveryPolicy once = self->options_.delivery;
  once.tries = 1;
  alert.event_id = self->tools_.ids.uuid();
  std::string reasons;
  for (const Channel& channel : wanted) {
    const std::string body = body_for(channel.kind, alert);
    const Message message{alert.event_id, body};
    auto outcome = co_await deliver(self->delivery_, channel, message, once);
    if (!outcome.delivered) reasons += (reasons.empty() ? "" : "; ") + outcome.reason;
  }
  if (reasons.empty()) {
    done->set_value({});
  } else {
    done->set_value(core::fail(core::Errc::upstream_failed, "the alert was not taken: " + reasons));
  }
}

void Dispatcher::close(core::Nanos patience) {
  closed_ = true;
  for (const Shared& outbox : outboxes_) outbox->wake.disarm();
  if (patience.count() > 0) {
    loop_.arm(patience_, loop_.now() + patience);
  } else {
    cancellation_.request(core::Cancellation::Reason::shutdown);
  }
  closing_.spawn(close_loop(this));
}

core::Task<void> Dispatcher::close_loop(Dispatcher* self) {
  co_await self->tasks_.join();
  self->patience_.disarm();
  co_await Keeper::finish(&self->keeper_);
  for (const Shared& outbox : self->outboxes_) self->leave(*outbox);
  if (self->left_ != 0) {
    self->tools_.logger.info("alerts_left_to_the_next_start", {{"count", self->left_}});
  }
  self->loop_.stop();
}

}  // namespace gatehouse::alerts
