#pragma once
/// Every route of the server, with who may use it.

#include <cstdint>
#include <span>
#include <string_view>

#include "gatehouse/api/api_server.hpp"
#include "gatehouse/net/router.hpp"

namespace gatehouse::api {

struct ControlPlane;
}  // namespace gatehouse::api
namespace gatehouse::tenancy {
struct Caller;
}

namespace gatehouse::api {
namespace admin {
struct AdminRequest;
struct Answer;
}  // namespace admin

/// Who may call a route. Checked before the handler, in one place (admin/access.hpp).
enum class Access : std::uint8_t {
  undeclared,      ///< does not compile in a route
  open,            ///< anybody, without a key
  metrics,         ///< as the configuration says
  pipeline,        ///< a call of a model: the pipeline authenticates as its first step
  models,          ///< lists models: whoever may call some
  info,            ///< reads about oneself: every key
  own_management,  ///< changes or lists objects: the handler asks for the rights on each of them
  own_spend,       ///< reads spend of what one may see: likewise
  management,      ///< proxy admin alone; viewers where it reads
  global_spend,    ///< spend of everybody: likewise
};
std::string_view name_of(Access access) noexcept;

using Handler = core::Task<void> (*)(ApiContext&, net::Exchange&, const net::PathParameters&);
/// The same for a route whose answer depends on who asks.
using CallerHandler = core::Task<void> (*)(ApiContext&, net::Exchange&, const net::PathParameters&,
                                           const tenancy::Caller&);
/// A handler of an admin route: decodes, makes one call, encodes. Runs on a thread of the blocking
/// pool.
using AdminHandler = admin::Answer (*)(const admin::AdminRequest&, ControlPlane&);

struct Route {
  std::string_view method;
  std::string_view pattern;
  Access access;
  Handler handler = nullptr;  ///< exactly one of the three
  CallerHandler caller_handler = nullptr;
  AdminHandler admin_handler = nullptr;
  bool reads;  ///< changes nothing

  consteval Route(std::string_view its_method, std::string_view its_pattern, Access who,
                  Handler its_handler)
      : method(its_method),
        pattern(its_pattern),
        access(who),
        handler(its_handler),
        reads(its_method == "GET") {
    if (who == Access::undeclared) throw "a route declares who may call it";
  }
  consteval Route(std::string_view its_method, std::string_view its_pattern, Access who,
                  CallerHandler its_handler)
      : method(its_method),
        pattern(its_pattern),
        access(who),
        caller_handler(its_handler),
        reads(its_method == "GET") {
    if (who < Access::models) throw "this handler needs a known caller";
  }
  consteval Route(std::string_view its_method, std::string_view its_pattern, Access who,
                  AdminHandler its_handler)
      : method(its_method),
        pattern(its_pattern),
        access(who),
        admin_handler(its_handler),
        reads(its_method == "GET") {
    if (who < Access::models) throw "an admin route is for known callers";
  }
  /// The same for a POST that only reads.
  consteval Route reading() const {
    Route copy = *this;
    copy.reads = true;
    return copy;
  }
};

/// The routes, in no particular order. Static lifetime; built once; thread-safe.
std::span<const Route> routes();
/// The router over them: route numbers are positions in routes(). Built once; thread-safe.
const net::Router& router();

}  // namespace gatehouse::api
