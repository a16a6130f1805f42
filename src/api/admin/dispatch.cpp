#include "admin/dispatch.hpp"

#include <memory>
#include <utility>

#include "admin/answer.hpp"
#include "admin/request.hpp"
#include "admin/send.hpp"
#include "envelope.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/core/text.hpp"

namespace gatehouse::api::admin {
namespace {

constexpr std::size_t kMaxActorBytes = 200;

AdminRequest copy_of(ApiContext& context, net::Exchange& exchange, const Route& route,
                     const net::PathParameters& parameters) {
  const net::RequestHead& head = exchange.head();
  AdminRequest request;
  request.route = &route;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    request.parameters.emplace_back(parameters.text(i));
  }
  request.query = std::string(head.query);
  request.body = std::string(exchange.body());
  request.id = context.ids->uuid();
  request.now = context.control->clock.wall();
  request.snapshot = context.pipeline.snapshot();
  return request;
}

/// An answer in parts. A client that leaves ends it; one part that fails, too.
core::Task<void> stream(ApiContext& context, net::Exchange& exchange, Answer& answer) {
  const net::HeaderBlock headers = json_headers(exchange);
  const auto begun = co_await exchange.begin_stream(answer.status, headers);
  if (!begun) co_return;
  core::Result<std::string> part = std::move(answer.body);
  while (part && !part->empty()) {
    const std::string_view piece = *part;
    const auto written = co_await exchange.write(piece);
    if (!written) co_return;
    auto next = answer.more;
    part = co_await context.control->pool.run(*context.loop, std::move(next));
  }
  if (!part) co_return;  // without an end: nobody takes half an answer for a whole one
  (void)co_await exchange.end_stream();
}

}  // namespace

core::Task<void> dispatch(ApiContext& context, net::Exchange& exchange, const Route& route,
                          const net::PathParameters& parameters, tenancy::Caller caller) {
  if (context.control == nullptr) {
    Answer refusal = no_database();
    co_await send(exchange, refusal);
    co_return;
  }
  if (exchange.body().size() > kMaxAdminBody) {
    Answer refusal = refuse(413, "The body is too large for this route");
    co_await send(exchange, refusal);
    co_return;
  }
  auto request = std::make_shared<AdminRequest>(copy_of(context, exchange, route, parameters));
  request->caller = std::move(caller);
  if (const auto actor = exchange.head().headers.find("litellm-changed-by")) {
    request->caller.changed_by = core::printable(*actor, kMaxActorBytes);
  }
  ControlPlane& control = *context.control;
  auto work = [request, handler = route.admin_handler, &control]() -> core::Result<Answer> {
    return handler(*request, control);
  };
  auto outcome = co_await control.pool.run(*context.loop, std::move(work));
  Answer answer = outcome ? std::move(*outcome) : refuse(outcome.error());
  if (answer.more) {
    co_await stream(context, exchange, answer);
  } else {
    co_await send(exchange, answer);
  }
}

}  // namespace gatehouse::api::admin
