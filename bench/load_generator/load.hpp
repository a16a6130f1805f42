#pragma once
/// One run: an epoll loop over all connections.

#include <netinet/in.h>

#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "connection.hpp"
#include "options.hpp"
#include "tally.hpp"

namespace gatehouse::load_generator {

class Load {
 public:
  explicit Load(const Options& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Sends and receives until the run is over; the JSON report.
  std::string run();

 private:
  static constexpr int kEvents = 512;

  /// A client that leaves unanswered.
  struct Due {
    Nanos at{};
    std::size_t connection = 0;
    std::uint64_t request = 0;  ///< of that connection
    auto operator<=>(const Due&) const = default;
  };

  void start_due(Nanos now);
  void start_connections(Nanos now);
  void start_arrivals(Nanos now);
  Nanos wait_time(Nanos now) const;
  void on_events(Connection& connection, std::uint32_t events);
  /// Sends a request that was meant to be sent at `intended`.
  void begin(Connection& connection, Nanos intended);
  void finish(Connection& connection);
  void leave(Connection& connection);
  void leave_due(Nanos now);
  void fail(Connection& connection, Failure failure, std::string_view detail);
  void next(Connection& connection);
  void reap(Nanos now);
  bool over(Nanos now) const;
  bool sending(Nanos now) const { return now < options_.duration; }
  Nanos now() const;

  const Options& options_;
  std::string request_;
  sockaddr_in address_{};
  int epoll_ = -1;
  Nanos started_{};
  Nanos next_reap_{};
  Tally tally_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t started_connections_ = 0;
  std::size_t busy_ = 0;
  std::uint64_t arrivals_ = 0;     // open loop
  std::vector<Connection*> idle_;  // open loop
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::deque<Nanos> waiting_;  // open loop: arrivals without a connection
};

}  // namespace gatehouse::load_generator
