#pragma once
/// What SQLite calls in place of the system's own functions.

namespace gatehouse::database::sqlite {

/// From then on a page that the disk cannot read is SQLITE_IOERR_READ in the whole process. SQLite
/// itself takes EIO for a damaged file and says SQLITE_CORRUPT, which cannot be told from damage
/// that was read. Before the first connection.
void tell_failed_reads_from_damage();

}  // namespace gatehouse::database::sqlite
