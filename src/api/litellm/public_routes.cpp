/// What the server says about itself.

#include <array>

#include "handlers.hpp"
#include "litellm/alert_handlers.hpp"
#include "litellm/check_handlers.hpp"
#include "route_lists.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::array kRoutes{
    Route{"GET", "/", Access::open, home},
    Route{"GET", "/routes", Access::open, list_routes},
    Route{"GET", "/health/liveliness", Access::open, liveliness},
    Route{"GET", "/health/liveness", Access::open, liveliness},
    Route{"GET", "/health/readiness", Access::open, readiness},
    Route{"GET", "/metrics", Access::metrics, metrics},
    Route{"GET", "/health/readiness/details", Access::management, readiness_details},
    Route{"GET", "/health", Access::management, health},
    Route{"GET", "/health/history", Access::management, check_history},
    Route{"GET", "/health/latest", Access::management, latest_checks},
    Route{"POST", "/health/test_connection", Access::management, test_connection},
    Route{"GET", "/health/services", Access::management, check_service},
    Route{"GET", "/health/backlog", Access::management, backlog},
};

}  // namespace

std::span<const Route> public_routes() noexcept {
  return kRoutes;
}

}  // namespace gatehouse::api::litellm
