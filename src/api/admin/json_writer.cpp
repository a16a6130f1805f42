#include "admin/json_writer.hpp"

#include "admin/iso_time.hpp"

namespace gatehouse::api::admin {

JsonWriter& JsonWriter::value(core::WallTime time) {
  return text(iso_time(time));
}

}  // namespace gatehouse::api::admin
