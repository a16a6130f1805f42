/// Customers.

#include "litellm/customer_handlers.hpp"

#include <utility>

#include "admin/json_writer.hpp"
#include "admin/named_body.hpp"
#include "admin/query_reader.hpp"
#include "gatehouse/tenancy/access.hpp"
#include "gatehouse/tenancy/customer_store.hpp"
#include "litellm/limit_fields.hpp"
#include "litellm/organization_json.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using admin::QueryReader;

constexpr std::uint64_t kPage = 1'000;
constexpr std::uint64_t kMost = 10'000;

tenancy::CustomerPatch read_patch(BodyReader& body) {
  tenancy::CustomerPatch patch;
  body.read("alias", patch.alias);
  body.read("blocked", patch.blocked);
  body.read("allowed_model_region", patch.allowed_model_region);
  body.read("default_model", patch.default_model);
  read_limits(body, patch.limits);
  return patch;
}

void write_row(admin::JsonWriter& out, const tenancy::EndUserRecord& customer, core::Money spend,
               const AdminRequest& request, const ControlPlane& control) {
  out.begin_object()
      .member("user_id", customer.user_id)
      .member("alias", customer.alias)
      .member("blocked", customer.blocked)
      .member("spend", spend)
      .member("allowed_model_region", customer.allowed_model_region)
      .member("default_model", customer.default_model)
      .member("budget_id", customer.limits.budget_id);
  write_budget_table(out, customer.limits, request.now, control.zone);
  out.member("created_at", customer.provenance.created_at)
      .member("updated_at", customer.provenance.updated_at)
      .end_object();
}

Answer answer_row(const AdminRequest& request, ControlPlane& control,
                  const tenancy::EndUserRecord& customer) {
  const auto spend = spend_of_one(control, customer, request.now);
  if (!spend) return spend.error();
  admin::JsonWriter out;
  write_row(out, customer, *spend, request, control);
  return admin::ok(std::move(out).take());
}

Answer refuse_customer(const core::Error& error) {
  if (error.code == core::Errc::not_found) {
    return admin::refuse(404, error.public_message, admin::type::kNotFound, "user_id");
  }
  return refuse_store(error, admin::type::kBadRequest, "user_id");
}

Answer set_blocked(const AdminRequest& request, ControlPlane& control, bool blocked) {
  const auto ids = admin::read_member<std::vector<std::string>>(request, "user_ids");
  if (!ids) return ids.error();
  const auto changed = tenancy::CustomerStore(control.stores)
                           .set_blocked(tenancy::actor_of(request.caller), *ids, blocked);
  if (!changed) return refuse_customer(changed.error());
  const auto spends = spend_of_all(control, *changed, request.now);
  if (!spends) return spends.error();
  admin::JsonWriter out;
  out.begin_object().key("blocked_users").begin_array();
  for (std::size_t i = 0; i < changed->size(); ++i) {
    write_row(out, (*changed)[i], (*spends)[i], request, control);
  }
  out.end_array().end_object();
  return admin::ok(std::move(out).take());
}

}  // namespace

Answer new_customer(const AdminRequest& request, ControlPlane& control) {
  const auto order = admin::read_named(request, "user_id", read_patch);
  if (!order) return order.error();
  const auto made = tenancy::CustomerStore(control.stores)
                        .create(tenancy::actor_of(request.caller), order->id, order->fields);
  if (!made) return refuse_customer(made.error());
  return answer_row(request, control, *made);
}

Answer update_customer(const AdminRequest& request, ControlPlane& control) {
  const auto order = admin::read_named(request, "user_id", read_patch);
  if (!order) return order.error();
  const auto changed = tenancy::CustomerStore(control.stores)
                           .update(tenancy::actor_of(request.caller), order->id, order->fields);
  if (!changed) return refuse_customer(changed.error());
  return answer_row(request, control, *changed);
}

Answer delete_customers(const AdminRequest& request, ControlPlane& control) {
  const auto ids = admin::read_member<std::vector<std::string>>(request, "user_ids");
  if (!ids) return ids.error();
  const auto removed =
      tenancy::CustomerStore(control.stores).remove(tenancy::actor_of(request.caller), *ids);
  if (!removed) return refuse_customer(removed.error());
  std::string names;
  for (const tenancy::EndUserRecord& customer : *removed) {
    names += (names.empty() ? "'" : ", '") + customer.user_id + "'";
  }
  admin::JsonWriter out;
  out.begin_object()
      .member("deleted_customers", removed->size())
      .member("message", "Successfully deleted customers with ids: [" + names + "]")
      .end_object();
  return admin::ok(std::move(out).take());
}

Answer block_customers(const AdminRequest& request, ControlPlane& control) {
  return set_blocked(request, control, true);
}

Answer unblock_customers(const AdminRequest& request, ControlPlane& control) {
  return set_blocked(request, control, false);
}

Answer customer_info(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  QueryReader query(request.query, errors);
  const std::string id = query.required_text("end_user_id");
  if (!errors.empty()) return errors.answer();
  const auto found = tenancy::CustomerStore(control.stores).find(id);
  if (!found) return refuse_customer(found.error());
  return answer_row(request, control, *found);
}

Answer list_customers(const AdminRequest& request, ControlPlane& control) {
  const tenancy::CustomerStore customers(control.stores);
  admin::JsonWriter out;
  out.begin_array();
  for (std::uint64_t page = 1; page <= kMost / kPage; ++page) {
    const auto found = customers.list({page, kPage});
    if (!found) return refuse_customer(found.error());
    const auto spends = spend_of_all(control, found->items, request.now);
    if (!spends) return spends.error();
    for (std::size_t i = 0; i < found->items.size(); ++i) {
      write_row(out, found->items[i], (*spends)[i], request, control);
    }
    if (page * kPage >= found->total) break;
  }
  out.end_array();
  return admin::ok(std::move(out).take());
}

}  // namespace gatehouse::api::litellm
