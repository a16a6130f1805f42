/// Is the server alive, is it ready, how does it do.

#include <utility>

#include "../envelope.hpp"
#include "../handlers.hpp"
#include "admin/answer.hpp"
#include "admin/json_writer.hpp"
#include "admin/send.hpp"
#include "gatehouse/api/control_plane.hpp"
#include "gatehouse/ledger/settler.hpp"
#include "gatehouse/tenancy/budget_store.hpp"

namespace gatehouse::api::litellm {
namespace {

enum class Database : std::uint8_t { none, answers, fails };

/// One small read.
core::Task<Database> ask_database(ApiContext& context) {
  if (context.control == nullptr) co_return Database::none;
  const tenancy::StoreContext& stores = context.control->stores;
  auto ask = [&stores]() -> core::Result<void> {
    auto found = tenancy::BudgetStore(stores).list({1, 1});
    if (!found) return core::pass(found);
    return {};
  };
  const auto answered = co_await context.control->pool.run(*context.loop, std::move(ask));
  co_return answered ? Database::answers : Database::fails;
}

struct Readiness {
  int status = 200;
  std::string_view state;
  std::string_view database;
};

core::Task<Readiness> look(ApiContext& context) {
  if (!context.ready()) co_return Readiness{503, "draining", "Not connected"};
  const Database database = co_await ask_database(context);
  switch (database) {
    case Database::answers:
      co_return Readiness{200, "connected", "connected"};
    case Database::fails:
      co_return Readiness{503, "disconnected", "disconnected"};
    case Database::none:
      break;
  }
  co_return Readiness{200, "healthy", "Not connected"};
}

}  // namespace

core::Task<void> liveliness(ApiContext&, net::Exchange& exchange, const Parameters&) {
  co_await answer_json(exchange, 200, R"("I'm alive!")");
}

core::Task<void> readiness(ApiContext& context, net::Exchange& exchange, const Parameters&) {
  const Readiness found = co_await look(context);
  admin::JsonWriter out;
  out.begin_object().member("status", found.state).member("db", found.database).end_object();
  admin::Answer answer{found.status, std::move(out).take()};
  co_await admin::send(exchange, answer);
}

core::Task<void> readiness_details(ApiContext& context, net::Exchange& exchange, const Parameters&,
                                   const Caller&) {
  const Readiness found = co_await look(context);
  admin::JsonWriter out;
  out.begin_object()
      .member("status", found.state)
      .member("db", found.database)
      .member_null("cache")
      .member_raw("success_callbacks", "[]")
      .member("models", context.pipeline.snapshot()->table->visible_models().size())
      .end_object();
  admin::Answer answer{found.status, std::move(out).take()};
  co_await admin::send(exchange, answer);
}

core::Task<void> backlog(ApiContext& context, net::Exchange& exchange, const Parameters&,
                         const Caller&) {
  ledger::SettlerStatus status;
  if (context.control != nullptr && context.control->settler != nullptr) {
    status = context.control->settler->status();
  }
  admin::JsonWriter out;
  out.begin_object()
      .member("in_flight_requests", status.open_reservations)
      .member("unsettled_bytes", status.pending_bytes)
      .member("settled", status.applied)
      .end_object();
  admin::Answer answer = admin::ok(std::move(out).take());
  co_await admin::send(exchange, answer);
}

core::Task<void> metrics(ApiContext& context, net::Exchange& exchange, const Parameters&) {
  const std::string text = context.metrics_text();
  net::HeaderBlock headers;
  headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
  (void)co_await exchange.respond(200, headers, std::string_view(text));
}

}  // namespace gatehouse::api::litellm
