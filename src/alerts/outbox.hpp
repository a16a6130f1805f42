#pragma once
/// What waits for one address.

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gatehouse/alerts/channel.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/net/event_loop.hpp"

namespace gatehouse::alerts {

/// An alert on its way to one address.
struct Item {
  std::string event_id;
  std::string body;
  core::WallTime created_at{};
  std::uint32_t tries = 0;
  core::WallTime next_try_at{};
  bool kept = false;  ///< in the store, so that the next start sends it
};

/// Of the alerter's thread.
struct Outbox {
  Outbox(Channel its_channel, std::function<void(Outbox&)> on_wake)
      : channel(std::move(its_channel)),
        fingerprint(channel.fingerprint()),
        wake([this, wake_up = std::move(on_wake)] { wake_up(*this); }) {}

  Channel channel;
  std::string fingerprint;
  std::deque<Item> due;
  std::vector<Item> resting;      ///< until their next_try_at
  std::size_t being_written = 0;  ///< into the store
  bool sending = false;
  bool gone = false;  ///< no longer configured: what is due is sent, and nothing rests
  net::Timer wake;    ///< for the first that rests

  /// Makes due what has rested long enough. Nothing rests longer than `longest`: a time beyond that
  /// stems from a wall clock that was set back meanwhile.
  void end_rests(core::WallTime now, core::Nanos longest) {
    std::vector<Item> still;
    for (Item& item : resting) {
      const bool over = item.next_try_at <= now || item.next_try_at > now + longest;
      if (over) {
        due.push_back(std::move(item));
      } else {
        still.push_back(std::move(item));
      }
    }
    resting = std::move(still);
  }
  std::size_t size() const { return due.size() + resting.size() + being_written; }
};

}  // namespace gatehouse::alerts
