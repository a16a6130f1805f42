#include "gatehouse/tenancy/customer_store.hpp"

#include <array>

#include "listing_support.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 3> kSorts{{
    {"created_at", "created_at_ns"},
    {"user_id", "user_id"},
    {"alias", "alias"},
}};

core::Result<EndUserRecord> patched(EndUserRecord customer, const CustomerPatch& patch,
                                    const Writing& writing) {
  if (auto sound = check_given_name(patch.alias, "alias"); !sound) return core::pass(sound);
  patch.alias.apply(customer.alias);
  patch.blocked.apply(customer.blocked);
  patch.allowed_model_region.apply(customer.allowed_model_region);
  patch.default_model.apply(customer.default_model);
  auto limits = patched(std::move(customer.limits), patch.limits, writing.context.durations);
  if (!limits) return core::pass(limits);
  customer.limits = *std::move(limits);
  if (auto done = check_budget_exists(writing.db, customer.limits); !done) return core::pass(done);
  return customer;
}

core::Result<EndUserRecord> enter(const Writing& writing, std::string_view user_id,
                                  const CustomerPatch& fields) {
  EndUserRecord blank;
  blank.user_id = user_id;
  if (auto sound = check_name(user_id, "user_id"); !sound) return core::pass(sound);
  auto present = maybe_row<EndUserRecord>(writing.db, user_id);
  if (!present) return core::pass(present);
  if (*present) {
    return core::fail(core::Errc::conflict,
                      "Customer already exists, passed user_id=" + core::printable(user_id) + ".");
  }
  blank.provenance = writing.created();
  auto customer = patched(std::move(blank), fields, writing);
  if (!customer) return customer;
  if (auto done = writing.insert(*customer, user_id); !done) return core::pass(done);
  writing.changes.end_users.emplace_back(user_id);
  return customer;
}

core::Result<EndUserRecord> change(const Writing& writing, std::string_view user_id,
                                   const CustomerPatch& patch, std::string_view action) {
  auto before = find_row<EndUserRecord>(writing.db, user_id);
  if (!before) return before;
  auto after = patched(*before, patch, writing);
  if (!after) return after;
  writing.touch(after->provenance);
  if (auto done = writing.update(*before, *after, user_id, action); !done) {
    return core::pass(done);
  }
  writing.changes.end_users.emplace_back(user_id);
  return after;
}

core::Result<EndUserRecord> block(const Writing& writing, const std::string& user_id,
                                  bool blocked) {
  CustomerPatch patch;
  patch.blocked = blocked;
  auto present = maybe_row<EndUserRecord>(writing.db, user_id);
  if (!present) return core::pass(present);
  if (!*present) return enter(writing, user_id, patch);
  return change(writing, user_id, patch, blocked ? "blocked" : "unblocked");
}

}  // namespace

core::Result<EndUserRecord> CustomerStore::create(const Actor& actor, std::string_view user_id,
                                                  const CustomerPatch& fields) const {
  return write(context_, actor,
               [&](const Writing& writing) { return enter(writing, user_id, fields); });
}

core::Result<EndUserRecord> CustomerStore::update(const Actor& actor, std::string_view user_id,
                                                  const CustomerPatch& patch) const {
  return write(context_, actor,
               [&](const Writing& writing) { return change(writing, user_id, patch, "updated"); });
}

core::Result<std::vector<EndUserRecord>> CustomerStore::remove(
    const Actor& actor, const std::vector<std::string>& user_ids) const {
  return write(context_, actor,
               [&](const Writing& writing) -> core::Result<std::vector<EndUserRecord>> {
                 std::vector<EndUserRecord> removed;
                 for (const std::string& id : user_ids) {
                   auto customer = find_row<EndUserRecord>(writing.db, id);
                   if (!customer) return core::pass(customer);
                   if (auto done = writing.remove(*customer, id); !done) return core::pass(done);
                   writing.changes.end_users.push_back(id);
                   removed.push_back(*std::move(customer));
                 }
                 return removed;
               });
}

core::Result<std::vector<EndUserRecord>> CustomerStore::set_blocked(
    const Actor& actor, const std::vector<std::string>& user_ids, bool blocked) const {
  return write(context_, actor,
               [&](const Writing& writing) -> core::Result<std::vector<EndUserRecord>> {
                 std::vector<EndUserRecord> done;
                 for (const std::string& id : user_ids) {
                   auto customer = block(writing, id, blocked);
                   if (!customer) return core::pass(customer);
                   done.push_back(*std::move(customer));
                 }
                 return done;
               });
}

core::Result<EndUserRecord> CustomerStore::find(std::string_view user_id) const {
  return context_.database.read(
      [&](database::Connection& db) { return find_row<EndUserRecord>(db, user_id); });
}

core::Result<Listing<EndUserRecord>> CustomerStore::list(const Page& page, const Sort& sort) const {
  return context_.database.read([&](database::Connection& db) {
    return list_page<EndUserRecord>(db, database::Select("*", "end_user"), {kSorts, "user_id"},
                                    page, sort, read_row<EndUserRecord>);
  });
}

}  // namespace gatehouse::tenancy
