#pragma once
/// A request to an admin route, as its handler sees it on a thread of the blocking pool.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/gateway/snapshot.hpp"
#include "gatehouse/net/http_server.hpp"
#include "gatehouse/net/router.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::api {
struct Route;
}

namespace gatehouse::api::admin {

/// Owns everything: the client may leave while the handler runs.
struct AdminRequest {
  const Route* route = nullptr;  ///< static
  tenancy::Caller caller;        ///< may call the route; knows litellm-changed-by
  std::vector<std::string> parameters;
  std::string query;
  std::string body;
  std::string id;  ///< of this request
  core::WallTime now{};
  std::shared_ptr<const gateway::Snapshot> snapshot;
};

/// Largest body of an admin route.
inline constexpr std::size_t kMaxAdminBody = std::size_t{4} << 20;

}  // namespace gatehouse::api::admin
