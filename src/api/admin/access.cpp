#include "admin/access.hpp"

#include "gatehouse/tenancy/access.hpp"

namespace gatehouse::api::admin {
namespace {

tenancy::RouteKind kind_of(Access access) {
  using tenancy::RouteKind;
  switch (access) {
    case Access::open:
      return RouteKind::open;
    case Access::pipeline:
    case Access::models:
      return RouteKind::llm_api;
    case Access::metrics:
    case Access::info:
      return RouteKind::info;
    case Access::own_management:
      return RouteKind::own_management;
    case Access::own_spend:
      return RouteKind::own_spend;
    case Access::global_spend:
      return RouteKind::global_spend;
    case Access::undeclared:
    case Access::management:
      break;
  }
  return RouteKind::management;
}

}  // namespace

std::optional<Answer> refusal_of(const Route& route, std::string_view path,
                                 const tenancy::Caller& caller) {
  const tenancy::Route wanted{kind_of(route.access), path, route.reads};
  const auto refusal = tenancy::refuse_route(caller, wanted);
  if (!refusal) return std::nullopt;
  return refuse(refusal->status, refusal->message, refusal->type, refusal->param);
}

}  // namespace gatehouse::api::admin
