#pragma once
/// A copy of the database as of one moment.

#include <cstdint>
#include <functional>
#include <string>

#include "gatehouse/core/error.hpp"
#include "sqlite/sqlite_connection.hpp"

namespace gatehouse::database::sqlite {

/// Copies what `source` sees now under `file`.partial, syncs it and renames it. One read
/// transaction all along: writers go on, and the log grows by what they write meanwhile.
core::Result<void> copy_to_new_file(
    SqliteConnection& source, const std::string& file,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress);

}  // namespace gatehouse::database::sqlite
