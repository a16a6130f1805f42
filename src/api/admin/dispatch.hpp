#pragma once
/// Runs the handler of an admin route on the blocking pool and sends its answer.

#include "gatehouse/api/api_server.hpp"
#include "gatehouse/api/route_table.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/net/http_server.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::api::admin {

/// `caller` may call `route`. Answers the exchange.
core::Task<void> dispatch(ApiContext& context, net::Exchange& exchange, const Route& route,
                          const net::PathParameters& parameters, tenancy::Caller caller);

}  // namespace gatehouse::api::admin
