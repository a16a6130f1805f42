#pragma once
/// The fields of a record that are kept and echoed, and never acted upon.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/json_writer.hpp"

namespace gatehouse::api::litellm {

/// The members of a JSON object, each written at most once.
class ExtraFields {
 public:
  explicit ExtraFields(std::string_view json_object);

  /// Writes the member `name`, with `otherwise` when there is none.
  ExtraFields& write(admin::JsonWriter& out, std::string_view name, std::string_view otherwise);
  /// Writes it only if it is there.
  ExtraFields& write_if_any(admin::JsonWriter& out, std::string_view name);
  /// Writes what is left.
  void write_rest(admin::JsonWriter& out);

 private:
  struct Field {
    std::string name;
    std::string json;
    bool written = false;
  };
  std::vector<Field> fields_;
};

}  // namespace gatehouse::api::litellm
