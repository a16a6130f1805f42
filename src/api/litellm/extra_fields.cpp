#include "litellm/extra_fields.hpp"

#include <algorithm>

#include "admin/body_reader.hpp"

namespace gatehouse::api::litellm {

ExtraFields::ExtraFields(std::string_view json_object) {
  for (const json::Member& member : admin::children_of(json_object)) {
    fields_.push_back({admin::key_of(member), std::string(member.value), false});
  }
}

ExtraFields& ExtraFields::write(admin::JsonWriter& out, std::string_view name,
                                std::string_view otherwise) {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  out.member_raw(name, found == fields_.end() ? otherwise : found->json);
  if (found != fields_.end()) found->written = true;
  return *this;
}

ExtraFields& ExtraFields::write_if_any(admin::JsonWriter& out, std::string_view name) {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  if (found == fields_.end() || found->written) return *this;
  out.member_raw(name, found->json);
  found->written = true;
  return *this;
}

void ExtraFields::write_rest(admin::JsonWriter& out) {
  for (Field& field : fields_) {
    if (!field.written) out.member_raw(field.name, field.json);
    field.written = true;
  }
}

}  // namespace gatehouse::api::litellm
