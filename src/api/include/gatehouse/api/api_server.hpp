#pragma once
/// All HTTP surfaces on one thread: finds the route, checks who may use it, calls its handler.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/core/random.hpp"
#include "gatehouse/core/task.hpp"
#include "gatehouse/gateway/pipeline.hpp"
#include "gatehouse/net/http_server.hpp"

namespace gatehouse::api {

struct ControlPlane;

/// What handlers work with. All of it is used on the server's own thread.
struct ApiContext {
  gateway::Pipeline& pipeline;
  std::function<std::string()> metrics_text;  ///< Prometheus text exposition 0.0.4
  std::function<bool()> ready;                ///< false while draining
  bool metrics_need_key = false;
  // For admin routes, which answer "No connected db." without them. All three or none.
  ControlPlane* control = nullptr;
  net::EventLoop* loop = nullptr;
  core::IdSource* ids = nullptr;
};

class ApiServer final : public net::RequestHandler {
 public:
  explicit ApiServer(ApiContext context);
  ~ApiServer() override;

  core::Task<void> handle(net::Exchange& exchange) override;
  std::string refusal_body(int status, std::string_view reason) override;

 private:
  ApiContext context_;
};

}  // namespace gatehouse::api
