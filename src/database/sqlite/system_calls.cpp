#include "sqlite/system_calls.hpp"

#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>

namespace gatehouse::database::sqlite {

namespace {
/// SQLite looks for EIO, ENXIO and ERANGE; this one says the same to people.
ssize_t judged(ssize_t got) {
  if (got < 0 && (errno == EIO || errno == ENXIO || errno == ERANGE)) errno = EREMOTEIO;
  return got;
}

ssize_t read_file(int file, void* into, std::size_t size) {
  return judged(::read(file, into, size));
}

ssize_t read_file_at(int file, void* into, std::size_t size, off_t offset) {
  return judged(::pread(file, into, size, offset));
}

ssize_t read_file_at64(int file, void* into, std::size_t size, off64_t offset) {
  return judged(::pread64(file, into, size, offset));
}

template <class Function>
sqlite3_syscall_ptr as_call(Function* function) {
  return reinterpret_cast<sqlite3_syscall_ptr>(function);
}
}  // namespace

void tell_failed_reads_from_damage() {
  sqlite3_vfs* const files = sqlite3_vfs_find("unix");
  if (files == nullptr || files->iVersion < 3) return;
  // It uses one of them, as it was built.
  files->xSetSystemCall(files, "read", as_call(read_file));
  files->xSetSystemCall(files, "pread", as_call(read_file_at));
  files->xSetSystemCall(files, "pread64", as_call(read_file_at64));
}

}  // namespace gatehouse::database::sqlite
