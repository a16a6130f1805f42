#pragma once
/// Removal of keys and teams: the row goes to the archive, what depends on it goes with it.

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/records.hpp"
#include "writing.hpp"

namespace gatehouse::tenancy {

/// Names the key and its old texts (copies that still stand for it) in the changes.
core::Result<void> note_key(const Writing& writing, std::string_view token);

core::Result<void> archive_key(const Writing& writing, const KeyRecord& key);
/// All keys whose hash `sql` (with one parameter) selects.
core::Result<std::vector<KeyRecord>> archive_keys(const Writing& writing, std::string_view sql,
                                                  std::string_view parameter);
/// With its keys and memberships.
core::Result<void> archive_team(const Writing& writing, const TeamRecord& team);

/// A row of an archive: the columns of the record, then when and by whom.
template <class Record>
Record read_archived(const database::Row& row) {
  Record record{};
  RowReader reader(row);
  Table<Record>::visit(reader, record);
  reader.field("deleted_at_ns", record.deleted_at);
  reader.field("deleted_by", record.deleted_by);
  return record;
}

}  // namespace gatehouse::tenancy
