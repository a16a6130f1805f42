#pragma once
/// Calls a provider from a test, against a server on loopback that repeats what it was sent.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/http_server.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/providers/provider.hpp"
#include "test_support.hpp"

namespace gatehouse::providers::test {

/// Knows loopback alone.
class LoopbackResolver final : public net::Resolver {
 public:
  core::Task<core::Result<std::vector<net::SocketAddress>>> resolve(net::EventLoop&,
                                                                    const std::string&,
                                                                    std::uint16_t port,
                                                                    core::MonotonicTime,
                                                                    core::Cancellation&) override {
    std::vector<net::SocketAddress> addresses;
    addresses.push_back(net::parse_ip_literal("127.0.0.1", port).value());
    co_return addresses;
  }
};

/// Answers with the request's line, its header lines in lower case, and its body.
class EchoHandler final : public net::RequestHandler {
 public:
  core::Task<void> handle(net::Exchange& exchange) override {
    std::string seen(exchange.head().method);
    seen += " ";
    seen += exchange.head().target;
    seen += "\n";
    for (const net::HeaderField& field : exchange.head().headers) {
      for (const char c : field.name) seen += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      seen += ": ";
      seen += field.value;
      seen += "\n";
    }
    seen += "\n";
    seen += exchange.body();
    const net::HeaderBlock headers;
    const std::string_view body = seen;
    auto sent = co_await exchange.respond(200, headers, body);
    EXPECT_TRUE(sent.has_value());
  }
  std::string refusal_body(int, std::string_view reason) override { return std::string(reason); }
};

struct Answer {
  int status = 0;
  std::string content_type;
  std::string body;
  std::vector<std::string> pieces;
  std::optional<core::Errc> error;
};

class CallTest : public testing::Test {
 protected:
  CallTest() {
    loop_ = std::move(net::EventLoop::create(clock_).value());
    client_ = std::make_unique<net::HttpClient>(*loop_, resolver_, nullptr, net::ClientOptions{});
    net::ServerOptions options;
    options.address = "127.0.0.1";
    options.port = 0;
    server_ = std::move(net::HttpServer::listen(*loop_, options, handler_).value());
  }

  /// Connections end before their server.
  void TearDown() override {
    core::TaskGroup tasks;
    loop_->post([&] {
      client_.reset();
      tasks.spawn(drain(this));
    });
    loop_->run();
  }

  net::Endpoint endpoint(const std::string& path) {
    const std::string url = "http://127.0.0.1:" + std::to_string(server_->port()) + path;
    return net::Endpoint::parse(url, net::AddressPolicy::any).value();
  }

  /// Runs one call to its end; `piecewise` reads the body as a stream is read.
  Answer call(const Provider& provider, const Target& target, OutboundCall outbound,
              bool piecewise = false) {
    Answer answer;
    net::Timer guard([this] {
      ADD_FAILURE() << "the call hangs";
      loop_->stop();
    });
    loop_->arm(guard, clock_.monotonic() + core::Seconds(20));
    core::TaskGroup tasks;
    loop_->post(
        [&] { tasks.spawn(perform(this, &provider, &target, outbound, piecewise, &answer)); });
    loop_->run();
    return answer;
  }

  core::Cancellation cancellation_;

 private:
  static core::Task<void> perform(CallTest* test, const Provider* provider, const Target* target,
                                  OutboundCall outbound, bool piecewise, Answer* answer) {
    core::CallContext context{.deadline = test->clock_.monotonic() + core::Seconds(10),
                              .cancellation = test->cancellation_,
                              .call_id = "test"};
    {
      auto response = co_await provider->send(*test->client_, *target, outbound, context);
      if (response) {
        auto read = co_await read_body(**response, piecewise, answer);
        if (!read) answer->error = read.error().code;
      } else {
        answer->error = response.error().error.code;
      }
    }
    test->loop_->stop();
  }

  static core::Task<void> drain(CallTest* test) {
    co_await test->server_->drain();
    test->loop_->stop();
  }

  static core::Task<core::Result<void>> read_body(net::ClientResponse& response, bool piecewise,
                                                  Answer* answer) {
    answer->status = response.head().status;
    answer->content_type = response.head().headers.find("content-type").value_or("");
    if (!piecewise) {
      auto all = co_await response.read_all(answer->body, 1 << 20);
      co_return all;
    }
    for (;;) {
      auto piece = co_await response.read();
      if (!piece) co_return core::pass(piece);
      if (piece->empty()) co_return core::Result<void>();
      answer->pieces.emplace_back(*piece);
      answer->body += *piece;
    }
  }

  core::SystemClock clock_;
  LoopbackResolver resolver_;
  EchoHandler handler_;
  std::unique_ptr<net::EventLoop> loop_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace gatehouse::providers::test
