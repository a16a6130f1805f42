#pragma once
/// For tests: an address that alerts are sent to, on a thread of its own.

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/http_server.hpp"

namespace gatehouse::alerts {

/// Header fields of one request.
struct Fields {
  std::string id;
  std::string timestamp;
  std::string signature;
};

/// What one request is answered with.
struct Reply {
  int status = 200;
  std::string header = {};
  std::string value = {};
  bool silent = false;  ///< no answer until the client gives up
};

class Receiver final : public net::RequestHandler {
 public:
  explicit Receiver(std::deque<Reply> replies = {}) : replies_(std::move(replies)) {
    std::promise<void> started;
    auto ready = started.get_future();
    thread_ = std::thread([this, promise = std::move(started)]() mutable { run(promise); });
    ready.wait();
  }
  ~Receiver() override {
    loop_->post([this] { tasks_.spawn(close(this)); });
    thread_.join();
  }
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url(std::string_view path = "/hook?key=canary") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  /// Blocks until `count` requests have come (or ten seconds have passed): their bodies.
  std::vector<std::string> bodies(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, core::Seconds(10), [&] { return bodies_.size() >= count; });
    return bodies_;
  }
  /// Of the same requests as bodies().
  std::vector<Fields> fields(std::size_t count) {
    (void)bodies(count);
    const std::lock_guard lock(mutex_);
    return fields_;
  }
  std::string last_target() {
    const std::lock_guard lock(mutex_);
    return target_;
  }

  core::Task<void> handle(net::Exchange& exchange) override {
    Reply reply;
    {
      const std::lock_guard lock(mutex_);
      bodies_.emplace_back(exchange.body());
      const auto field = [&](std::string_view name) {
        return std::string(exchange.head().headers.find(name).value_or(std::string_view()));
      };
      fields_.push_back(
          {field("webhook-id"), field("webhook-timestamp"), field("webhook-signature")});
      target_ = std::string(exchange.head().path) + "?" + std::string(exchange.head().query);
      if (!replies_.empty()) {
        reply = replies_.front();
        replies_.pop_front();
      }
      came_.notify_all();
    }
    if (reply.silent) {
      (void)co_await loop_->sleep_until(loop_->now() + core::Seconds(20), exchange.cancellation());
    }
    net::HeaderBlock headers;
    if (!reply.header.empty()) headers.add(reply.header, reply.value);
    (void)co_await exchange.respond(reply.status, headers, std::string_view("{}"));
  }
  std::string refusal_body(int, std::string_view) override { return "{}"; }

 private:
  static core::Task<void> close(Receiver* self) {
    co_await self->server_->drain();
    self->loop_->stop();
  }
  void run(std::promise<void>& started) {
    loop_ = net::EventLoop::create(clock_).value();
    net::ServerOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    options.drain_timeout = core::Millis(0);
    server_ = net::HttpServer::listen(*loop_, options, *this).value();
    port_ = server_->port();
    started.set_value();
    loop_->run();
    server_.reset();
  }

  core::SystemClock clock_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Reply> replies_;
  std::vector<std::string> bodies_;
  std::vector<Fields> fields_;
  std::string target_;
  std::uint16_t port_ = 0;
  core::TaskGroup tasks_;
  std::unique_ptr<net::EventLoop> loop_;
  std::unique_ptr<net::HttpServer> server_;
  std::thread thread_;
};

}  // namespace gatehouse::alerts
