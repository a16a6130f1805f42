#pragma once
/// Bodies that name what they are about.

#include <string>
#include <string_view>
#include <utility>

#include "admin/body_reader.hpp"
#include "admin/request.hpp"

namespace gatehouse::api::admin {

/// The only member of a body; an answer that lists what is wrong when it is missing or no `Value`.
template <class Value>
Outcome<Value> read_member(const AdminRequest& request, std::string_view name) {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  Value value;
  body.require(name);
  body.read(name, value);
  if (!errors.empty()) return std::unexpected(errors.answer());
  return value;
}

template <class Fields>
struct NamedFields {
  std::string id;
  Fields fields;
};

/// The same of a text, with the further fields that `read(BodyReader&)` takes.
template <class Read>
auto read_named(const AdminRequest& request, std::string_view name, Read read)
    -> Outcome<NamedFields<decltype(read(std::declval<BodyReader&>()))>> {
  FieldErrors errors;
  BodyReader body(request.body, errors);
  NamedFields<decltype(read(body))> named;
  body.require(name);
  body.read(name, named.id);
  named.fields = read(body);
  if (!errors.empty()) return std::unexpected(errors.answer());
  return named;
}

}  // namespace gatehouse::api::admin
