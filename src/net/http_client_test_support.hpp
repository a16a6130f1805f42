#pragma once
/// For tests of HttpClient against scripted servers.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/tls.hpp"
#include "loop_test_support.hpp"
#include "scripted_server.hpp"

namespace gatehouse::net::testing {

/// Answers every name with the addresses given.
class FixedResolver final : public Resolver {
 public:
  core::Task<core::Result<std::vector<SocketAddress>>> resolve(EventLoop&, const std::string& host,
                                                               std::uint16_t, core::MonotonicTime,
                                                               core::Cancellation&) override {
    asked.push_back(host);
    co_return addresses;
  }
  void answer(std::string_view literal, std::uint16_t port) {
    addresses.push_back(parse_ip_literal(literal, port).value());
  }
  std::vector<SocketAddress> addresses;
  std::vector<std::string> asked;
};

/// What came of one call.
struct Outcome {
  int told = 0;  ///< how often the call was about to leave
  std::optional<ClientError> send_error;
  std::optional<core::Error> body_error;
  int status = 0;
  std::string body;
  std::string location;

  core::Errc code() const {
    if (send_error) return send_error->error.code;
    return body_error ? body_error->code : core::Errc::internal;  // internal: none
  }
};
constexpr core::Errc kNoError = core::Errc::internal;

struct Call {
  std::string method = "POST";
  std::string path = "/chat";
  std::string headers = "content-type: application/json\r\n";
  std::vector<std::string> body{"{\"a\":", "1}"};
  ClientTimeouts timeouts{};
  core::Nanos deadline = core::Seconds(30);
  std::size_t limit = 1 << 20;
  bool piecewise = false;
};

class HttpClientTest : public LoopTest {
 protected:
  HttpClientTest() { make_client({}); }

  void make_client(ClientOptions options, std::shared_ptr<TlsClientContext> tls = nullptr) {
    client_ = std::make_unique<HttpClient>(loop(), resolver_, std::move(tls), options);
  }

  /// An endpoint that the resolver sends to `server`.
  Endpoint endpoint_of(std::uint16_t port, const char* scheme = "http") {
    resolver_.addresses.clear();
    resolver_.answer("127.0.0.1", port);
    const std::string url =
        std::string(scheme) + "://upstream.test:" + std::to_string(port) + "/v1";
    return Endpoint::parse(url, AddressPolicy::any).value();
  }

  Outcome call(const Endpoint& endpoint, Call what = {}) {
    Outcome outcome;
    run(perform(client_.get(), &loop(), &endpoint, std::move(what), &cancellation_, &outcome));
    return outcome;
  }

  /// Plays `scripts`, one per connection, and makes one call.
  Outcome call_against(std::vector<ScriptedServer::Script> scripts, Call what = {}) {
    ScriptedServer server(std::move(scripts));
    const Endpoint endpoint = endpoint_of(server.port());
    return call(endpoint, std::move(what));
  }

  /// Answers one request with `bytes` and closes. A client that refuses may hang up on the way.
  Outcome call_answered_by(std::string bytes, Call what = {}) {
    return call_against({[bytes](ServerSide& side) {
                          side.request();
                          (void)side.send_while_wanted(bytes);
                          side.shutdown_send();
                        }},
                        std::move(what));
  }

  static core::Task<void> perform(HttpClient* client, EventLoop* loop, const Endpoint* endpoint,
                                  Call what, core::Cancellation* cancellation, Outcome* outcome) {
    core::CallContext context{.deadline = loop->clock().monotonic() + what.deadline,
                              .cancellation = *cancellation,
                              .call_id = "test",
                              .before_first_byte = [outcome] { ++outcome->told; }};
    const std::vector<std::string_view> body(what.body.begin(), what.body.end());
    ClientRequest request{.endpoint = *endpoint,
                          .method = what.method,
                          .path = what.path,
                          .headers = what.headers,
                          .body = body,
                          .timeouts = what.timeouts};
    auto response = co_await client->send(request, context);
    if (!response) {
      outcome->send_error = std::move(response.error());
      co_return;
    }
    ClientResponse& answer = **response;
    outcome->status = answer.head().status;
    if (!what.piecewise) {
      core::Result<void> all = co_await answer.read_all(outcome->body, what.limit);
      if (!all) outcome->body_error = std::move(all.error());
      EXPECT_GE(outcome->body.capacity(), outcome->body.size() + (all ? 64 : 0));
    } else {
      for (;;) {
        core::Result<std::string_view> piece = co_await answer.read();
        if (!piece) outcome->body_error = std::move(piece.error());
        if (!piece || piece->empty()) break;
        outcome->body += *piece;
      }
    }
    outcome->location = std::string(answer.head().headers.find("location").value_or(""));
  }

  FixedResolver resolver_;
  core::Cancellation cancellation_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace gatehouse::net::testing
