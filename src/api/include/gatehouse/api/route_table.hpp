#pragma once
/// Every route of the server, with who may use it.

#include <cstdint>
#include <span>
#include <string_view>

#include "gatehouse/api/api_server.hpp"
#include "gatehouse/net/router.hpp"

namespace gatehouse::api {

/// Who may call a route. `pipeline`: the pipeline authenticates as its first step.
enum class Access : std::uint8_t { open, any_key, pipeline, metrics };

using Handler = core::Task<void> (*)(ApiContext&, net::Exchange&, const net::PathParameters&);

struct Route {
  std::string_view method;
  std::string_view pattern;
  Access access;
  Handler handler;
};

/// The routes, in no particular order. Static lifetime.
std::span<const Route> routes() noexcept;
/// The router over them: route numbers are positions in routes(). Built once; thread-safe.
const net::Router& router();

}  // namespace gatehouse::api
