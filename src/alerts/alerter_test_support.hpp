#pragma once
/// For tests: an alerter with short pauses.

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "delivery.hpp"
#include "gatehouse/alerts/alerter.hpp"
#include "receiver_test_support.hpp"

namespace gatehouse::alerts::test {

class Lines final : public telemetry::LogSink {
 public:
  void write(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    text_ += line;
    text_ += '\n';
  }
  std::string text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

inline Alert alert(std::string message, AlertType type = AlertType::budget) {
  Alert made;
  made.type = type;
  made.event = "budget_crossed";
  made.event_group = "key";
  made.message = std::move(message);
  return made;
}

inline Channel channel(const std::string& url, ChannelKind kind = ChannelKind::webhook) {
  return Channel::parse(kind, url).value();
}

class AlerterTest : public testing::Test {
 protected:
  /// What is not delivered by four tries has failed.
  static AlerterOptions quick() {
    return {.delivery = {.timeout = core::Millis(2'000),
                         .tries = 4,
                         .first_pause = core::Millis(10),
                         .longest_pause = core::Millis(40),
                         .give_up_after = core::Seconds(0)}};
  }
  std::unique_ptr<Alerter> start(std::vector<Channel> channels,
                                 const AlerterOptions& options = quick(),
                                 OutboxStore* store = nullptr) {
    return Alerter::start({.clock = clock,
                           .logger = logger,
                           .resolver = *resolver,
                           .ids = ids,
                           .store = store},
                          options, std::move(channels))
        .value();
  }

  core::SystemClock clock;
  core::CountingIdSource ids;
  Lines lines;
  telemetry::Logger logger{lines, clock};
  std::unique_ptr<net::Resolver> resolver = net::make_system_resolver();
};

}  // namespace gatehouse::alerts::test
