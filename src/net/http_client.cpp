#include "gatehouse/net/http_client.hpp"

#include <algorithm>
#include <utility>

#include "client_dial.hpp"
#include "client_exchange.hpp"
#include "gatehouse/net/tls.hpp"

namespace gatehouse::net {

namespace {
using core::Errc;

/// What would end the request line early or begin another one.
bool is_request_target(std::string_view path) {
  return std::none_of(path.begin(), path.end(),
                      [](char c) { return c <= ' ' || c == '\x7f' || c == '#'; });
}
}  // namespace

struct HttpClient::State {
  EventLoop& loop;
  Resolver& resolver;
  std::shared_ptr<TlsClientContext> tls;
  std::shared_ptr<ClientShared> shared;

  core::Task<core::Result<std::unique_ptr<PooledConnection>>> connect(const ClientRequest& request,
                                                                      core::CallContext& context) {
    const Dialer dialer{.loop = loop, .resolver = resolver, .tls = tls.get()};
    core::Result<std::unique_ptr<Stream>> stream =
        co_await dial(dialer, request.endpoint, request.timeouts.connect, context);
    if (!stream) co_return pass(stream);
    co_return shared->pool.adopt(request.endpoint, std::move(*stream));
  }
};

HttpClient::HttpClient(EventLoop& loop, Resolver& resolver, std::shared_ptr<TlsClientContext> tls,
                       ClientOptions options)
    : state_(std::make_shared<State>(
          State{loop, resolver, std::move(tls), std::make_shared<ClientShared>(loop, options)})) {}

HttpClient::~HttpClient() {
  state_->shared->pool.close();
}

core::Task<std::expected<std::unique_ptr<ClientResponse>, ClientError>> HttpClient::send(
    ClientRequest request, core::CallContext& context) {
  const std::shared_ptr<State> state = state_;
  const auto unsent = [](core::Error error) {
    return std::unexpected(ClientError{std::move(error), SendProgress::not_sent});
  };
  if (!is_request_target(request.path)) {
    co_return unsent({.code = Errc::invalid_argument, .public_message = "invalid request path"});
  }
  if (context.cancellation.requested()) {
    co_return unsent({.code = Errc::cancelled, .public_message = "cancelled"});
  }
  for (bool pooled = true;; pooled = false) {
    std::unique_ptr<PooledConnection> connection;
    if (pooled) connection = state->shared->pool.take(request.endpoint);
    const bool reused = connection != nullptr;
    if (!reused) {
      auto fresh = co_await state->connect(request, context);
      if (!fresh) co_return unsent(std::move(fresh.error()));
      connection = std::move(*fresh);
    }
    if (context.before_first_byte) context.before_first_byte();
    auto exchange = std::make_unique<ClientExchange>(state->shared, std::move(connection),
                                                     request.timeouts, context);
    core::Result<void> answered = co_await exchange->perform(request);
    if (answered) co_return std::unique_ptr<ClientResponse>(std::move(exchange));
    if (reused && exchange->found_stale()) continue;
    co_return std::unexpected(ClientError{std::move(answered.error()), SendProgress::maybe_sent});
  }
}

HttpClient::PoolCounts HttpClient::counts() const noexcept {
  return state_->shared->pool.counts();
}

}  // namespace gatehouse::net
