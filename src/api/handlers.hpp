#pragma once
/// The handlers behind the route table, one folder per surface.

#include "gatehouse/api/route_table.hpp"
#include "gatehouse/tenancy/authenticator.hpp"

namespace gatehouse::api {

namespace openai {
using Parameters = net::PathParameters;
using tenancy::Caller;
core::Task<void> chat_completions(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> completions(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> embeddings(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> messages(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> count_tokens(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> list_models(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
core::Task<void> get_model(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
}  // namespace openai

namespace litellm {
using Parameters = net::PathParameters;
using tenancy::Caller;
core::Task<void> home(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> list_routes(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> liveliness(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> readiness(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> metrics(ApiContext&, net::Exchange&, const Parameters&);
core::Task<void> readiness_details(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
core::Task<void> health(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
core::Task<void> test_connection(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
core::Task<void> backlog(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
core::Task<void> model_info(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
core::Task<void> model_info_paged(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
core::Task<void> model_group_info(ApiContext&, net::Exchange&, const Parameters&, const Caller&);
}  // namespace litellm

}  // namespace gatehouse::api
