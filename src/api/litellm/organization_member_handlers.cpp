/// Who belongs to an organization.

#include <algorithm>
#include <utility>

#include "admin/body_reader.hpp"
#include "gatehouse/tenancy/user_store.hpp"
#include "litellm/organization_access.hpp"
#include "litellm/organization_handlers.hpp"
#include "litellm/rights.hpp"

namespace gatehouse::api::litellm {
namespace {

using admin::AdminRequest;
using admin::Answer;
using admin::BodyReader;
using admin::FieldErrors;
using admin::Outcome;
using tenancy::Action;

/// A person as a body names it.
struct Person {
  std::optional<std::string> user_id;
  std::optional<std::string> email;
  tenancy::UserRole role = tenancy::UserRole::internal_user;
};

Person read_person(BodyReader& body) {
  Person person;
  body.read("user_id", person.user_id);
  body.read("user_email", person.email);
  if (!person.user_id && !person.email) {
    body.report("user_id", "missing", "Either user_id or user_email is required");
  }
  std::optional<std::string> role;
  body.read_choice("role", role, {"org_admin", "internal_user", "internal_user_viewer"});
  if (role) person.role = tenancy::user_role_named(*role).value_or(person.role);
  return person;
}

std::vector<Person> read_people(BodyReader& body) {
  std::vector<Person> people;
  if (body.is_object("member")) {
    auto one = body.object("member");
    if (one) people.push_back(read_person(*one));
    return people;
  }
  body.each_object("member", [&](const std::string&, BodyReader& element) {
    people.push_back(read_person(element));
  });
  return people;
}

/// The person's user, made when there is none yet.
Outcome<tenancy::UserRecord> user_of(const AdminRequest& request, ControlPlane& control,
                                     const Person& person) {
  const tenancy::UserStore users(control.stores);
  auto user = person.user_id ? users.find(*person.user_id)
                             : users.find_by_email(person.email.value_or(std::string()));
  if (user) return std::move(*user);
  if (user.error().code != core::Errc::not_found) {
    return std::unexpected(admin::refuse(user.error()));
  }
  tenancy::NewUser fresh;
  fresh.user_id = person.user_id;
  if (person.email) fresh.fields.user_email = *person.email;
  auto made = users.create(tenancy::actor_of(request.caller), fresh);
  if (!made) return std::unexpected(refuse_store(made.error()));
  return std::move(*made);
}

void write_membership_of(admin::JsonWriter& out, const tenancy::OrganizationRecord& organization,
                         std::string_view user_id) {
  const auto found =
      std::ranges::find(organization.members, user_id, &tenancy::OrganizationMember::user_id);
  if (found != organization.members.end()) {
    write_organization_membership(out, organization, *found);
  }
}

/// The organization that the body names, for changing its members.
Outcome<tenancy::OrganizationRecord> organization_of(const AdminRequest& request,
                                                     ControlPlane& control, BodyReader& body) {
  std::string id;
  body.require("organization_id");
  body.read("organization_id", id);
  if (!body.errors().empty()) return std::unexpected(body.errors().answer());
  return organization_for(request, control, id, Action::members);
}

}  // namespace

Answer add_organization_member(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  body.require("member");
  const std::vector<Person> people = read_people(body);
  auto organization = organization_of(request, control, body);
  if (!organization) return organization.error();
  admin::JsonWriter users;
  admin::JsonWriter memberships;
  users.begin_array();
  memberships.begin_array();
  for (const Person& person : people) {
    const auto user = user_of(request, control, person);
    if (!user) return user.error();
    const auto changed =
        tenancy::OrganizationStore(control.stores)
            .set_member(tenancy::actor_of(request.caller), organization->organization_id,
                        {user->user_id, person.role});
    if (!changed) return refuse_store(changed.error());
    users.begin_object()
        .member("user_id", user->user_id)
        .member("user_email", user->user_email)
        .member("user_role", tenancy::name_of(user->role))
        .end_object();
    write_membership_of(memberships, *changed, user->user_id);
  }
  users.end_array();
  memberships.end_array();
  admin::JsonWriter out;
  out.begin_object()
      .member("organization_id", organization->organization_id)
      .member_raw("updated_users", users.view())
      .member_raw("updated_organization_memberships", memberships.view())
      .end_object();
  return admin::ok(std::move(out).take());
}

Answer update_organization_member(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  const Person person = read_person(body);
  const bool has_role = body.is_set("role");
  const auto organization = organization_of(request, control, body);
  if (!organization) return organization.error();
  const tenancy::UserStore users(control.stores);
  const auto user = person.user_id ? users.find(*person.user_id)
                                   : users.find_by_email(person.email.value_or(std::string()));
  if (!user) return refuse_store(user.error(), admin::type::kNotFound, "user_id");
  const auto member = std::ranges::find(organization->members, user->user_id,
                                        &tenancy::OrganizationMember::user_id);
  if (member == organization->members.end()) {
    return admin::refuse(404, "The user is no member of the organization", admin::type::kNotFound,
                         "user_id");
  }
  const auto changed =
      tenancy::OrganizationStore(control.stores)
          .set_member(tenancy::actor_of(request.caller), organization->organization_id,
                      {user->user_id, has_role ? person.role : member->role});
  if (!changed) return refuse_store(changed.error());
  admin::JsonWriter out;
  write_membership_of(out, *changed, user->user_id);
  return admin::ok(std::move(out).take());
}

Answer delete_organization_member(const AdminRequest& request, ControlPlane& control) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  const Person person = read_person(body);
  const auto organization = organization_of(request, control, body);
  if (!organization) return organization.error();
  const tenancy::UserStore users(control.stores);
  const auto user = person.user_id ? users.find(*person.user_id)
                                   : users.find_by_email(person.email.value_or(std::string()));
  if (!user) return refuse_store(user.error(), admin::type::kNotFound, "user_id");
  const auto changed = tenancy::OrganizationStore(control.stores)
                           .remove_member(tenancy::actor_of(request.caller),
                                          organization->organization_id, user->user_id);
  if (!changed) return refuse_store(changed.error(), admin::type::kNotFound, "user_id");
  return answer_organization(request, control, *changed);
}

}  // namespace gatehouse::api::litellm
