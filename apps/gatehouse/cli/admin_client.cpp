#include "admin_client.hpp"

#include <array>
#include <utility>

#include "gatehouse/core/task_group.hpp"
#include "gatehouse/net/event_loop.hpp"
#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/tls.hpp"

namespace gatehouse::app::cli {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{64} << 20;

}  // namespace

struct AdminClient::State {
  State(AdminOptions its_options, net::Endpoint its_endpoint)
      : options(std::move(its_options)), endpoint(std::move(its_endpoint)) {}

  core::Task<core::Result<AdminAnswer>> exchange(const AdminRequest& request) {
    core::Cancellation cancellation;
    core::CallContext context{loop->now() + options.timeout, cancellation, "cli"};
    net::HeaderBlock headers;
    headers.add("Authorization", "Bearer " + std::string(options.key.reveal()));
    headers.add("Accept", "application/json");
    if (!request.body.empty()) headers.add("Content-Type", "application/json");
    const std::array<std::string_view, 1> pieces{request.body};
    const std::span<const std::string_view> body(pieces.data(), request.body.empty() ? 0 : 1);
    net::ClientRequest sent{endpoint, request.method, request.path, headers.text(), body, {}};
    auto response = co_await client->send(sent, context);
    if (!response) {
      co_return core::Result<AdminAnswer>(std::unexpected<core::Error>(response.error().error));
    }
    AdminAnswer answer;
    answer.status = (*response)->head().status;
    auto read = co_await (*response)->read_all(answer.body, kMaxAnswer);
    if (!read) co_return core::Result<AdminAnswer>(core::pass(read));
    co_return core::Result<AdminAnswer>(std::move(answer));
  }

  core::Task<void> run(const AdminRequest* request,
                       std::optional<core::Result<AdminAnswer>>* outcome) {
    outcome->emplace(co_await exchange(*request));
    loop->stop();
  }

  AdminOptions options;
  net::Endpoint endpoint;
  core::SystemClock clock;
  std::unique_ptr<net::EventLoop> loop;
  std::unique_ptr<net::Resolver> resolver = net::make_system_resolver();
  std::unique_ptr<net::HttpClient> client;
  core::TaskGroup tasks;
};

AdminClient::AdminClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
AdminClient::~AdminClient() = default;

core::Result<std::unique_ptr<AdminClient>> AdminClient::create(AdminOptions options) {
  auto endpoint = net::Endpoint::parse(options.url, net::AddressPolicy::any);
  if (!endpoint) return core::pass(endpoint);
  auto state = std::make_unique<State>(std::move(options), std::move(*endpoint));
  auto loop = net::EventLoop::create(state->clock);
  if (!loop) return core::pass(loop);
  state->loop = std::move(*loop);
  std::shared_ptr<net::TlsClientContext> tls;
  if (state->endpoint.tls) {
    auto made = net::TlsClientContext::create(state->options.trust_store);
    if (!made) return core::pass(made);
    tls = std::move(*made);
  }
  net::ClientOptions client;
  client.limits.max_body_bytes = kMaxAnswer;
  state->client =
      std::make_unique<net::HttpClient>(*state->loop, *state->resolver, std::move(tls), client);
  return std::unique_ptr<AdminClient>(new AdminClient(std::move(state)));
}

core::Result<AdminAnswer> AdminClient::send(const AdminRequest& request) {
  std::optional<core::Result<AdminAnswer>> outcome;
  state_->loop->post(
      [this, &request, &outcome] { state_->tasks.spawn(state_->run(&request, &outcome)); });
  state_->loop->run();
  if (!outcome) return core::fail(core::Errc::internal, "the event loop ended early");
  return std::move(*outcome);
}

}  // namespace gatehouse::app::cli
