#pragma once
/// One thread: its loop, its listening socket, its connections.

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

#include "gatehouse/core/cancellation.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/stream.hpp"
#include "gatehouse/net/tls.hpp"
#include "planner.hpp"

namespace gatehouse::fake_provider {

struct Listen {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::shared_ptr<net::TlsServerContext> tls;  ///< null: plain
};

class Worker final : private net::ReadinessSink {
 public:
  static core::Result<std::unique_ptr<Worker>> create(Shared& shared, Books& books,
                                                      const core::Clock& clock,
                                                      const Listen& listen);
  ~Worker() override;

  std::uint16_t port() const noexcept { return port_; }
  /// Runs until stop(), then until no connection is left.
  void run();
  /// Thread-safe.
  void stop();

 private:
  struct Connection;
  Worker(Shared& shared, Books& books, const core::Clock& clock);

  core::Result<void> open(const Listen& listen);
  void on_ready(net::Readiness edges) override;
  void close_all();
  core::Task<void> finish();

  core::Task<void> serve(std::unique_ptr<net::Stream> stream);
  core::Task<bool> read_request(Connection& connection);
  core::Task<bool> answer(Connection& connection);
  core::Task<bool> answer_control(Connection& connection);
  core::Task<core::Result<void>> play(Connection& connection, const Reply& reply);
  core::Task<core::Result<void>> write_step(Connection& connection, const Reply& reply,
                                            const Step& step);
  core::Task<bool> end(Connection& connection, Ending ending);
  core::Task<void> linger(Connection& connection);
  core::Task<bool> wait_until(Connection& connection, core::MonotonicTime due);

  Shared& shared_;
  Books& books_;
  Planner planner_;
  std::unique_ptr<net::EventLoop> loop_;
  std::shared_ptr<net::TlsServerContext> tls_;
  core::TaskGroup tasks_;
  core::TaskGroup closing_;  // waits for tasks_
  std::unordered_set<Connection*> connections_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  bool stopping_ = false;
};

}  // namespace gatehouse::fake_provider
