#include "sqlite/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <utility>

#include "sqlite/error.hpp"
#include "sqlite/handle.hpp"

namespace gatehouse::database::sqlite {

namespace {
constexpr int kPagesPerStep = 256;  // 1 MiB between two calls of `progress`

std::unexpected<core::Error> io_failure(std::string_view step, const std::string& file) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  return core::fail(full ? core::Errc::unavailable : core::Errc::io,
                    "the backup could not be written",
                    fmt::format("{} {}: errno {}", step, file, errno));
}

std::unexpected<core::Error> already_there(const std::string& file) {
  return core::fail(core::Errc::conflict, "the file of the backup exists already", file);
}

/// Removes an unfinished copy.
class Draft {
 public:
  explicit Draft(std::string file) : file_(std::move(file)) {}
  ~Draft() {
    if (!file_.empty()) ::unlink(file_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  void keep() noexcept { file_.clear(); }

 private:
  std::string file_;
};

core::Result<Handle> create_draft(const std::string& draft) {
  ::unlink(draft.c_str());  // left behind by a crash
  const int fd = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return io_failure("create", draft);
  ::close(fd);
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(draft.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  Handle target(raw);
  if (code != SQLITE_OK) return std::unexpected<core::Error>(error_of(code, raw, "open a backup"));
  sqlite3_extended_result_codes(raw, 1);
  // No journal and no sync on the way: an unfinished copy is thrown away.
  if (auto off = run_script(raw, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"); !off) {
    return core::pass(off);
  }
  return target;
}

core::Result<void> copy_pages(SqliteConnection& source, sqlite3* target,
                              const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  sqlite3_backup* copy = sqlite3_backup_init(target, "main", source.raw(), "main");
  if (copy == nullptr) {
    return std::unexpected<core::Error>(
        error_of(sqlite3_extended_errcode(target), target, "begin a backup"));
  }
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(copy, kPagesPerStep);
    const auto total = static_cast<std::uint64_t>(sqlite3_backup_pagecount(copy));
    const auto left = static_cast<std::uint64_t>(sqlite3_backup_remaining(copy));
    if (progress && (code == SQLITE_OK || code == SQLITE_DONE)) progress(total - left, total);
  }
  const int finished = sqlite3_backup_finish(copy);
  if (code == SQLITE_DONE && finished == SQLITE_OK) return {};
  // Not through the latch of the source: what failed may be the disk of the backup.
  return std::unexpected<core::Error>(
      error_of(code == SQLITE_DONE ? finished : code, target, "copy to a backup"));
}

core::Result<void> sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) return io_failure("open", path);
  const bool synced = ::fsync(fd) == 0;
  auto failed = io_failure("sync", path);
  ::close(fd);
  if (!synced) return failed;
  return {};
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Never over another file, whatever was created meanwhile.
core::Result<void> publish(const std::string& draft, const std::string& file) {
  if (::renameat2(AT_FDCWD, draft.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) == 0)
    return {};
  if (errno == EINVAL || errno == ENOSYS) {  // a network file system
    if (::link(draft.c_str(), file.c_str()) == 0) {
      ::unlink(draft.c_str());
      return {};
    }
  }
  if (errno == EEXIST) return already_there(file);
  return io_failure("rename to", file);
}
}  // namespace

core::Result<void> copy_to_new_file(
    SqliteConnection& source, const std::string& file,
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  if (::access(file.c_str(), F_OK) == 0) return already_there(file);
  const std::string draft = file + ".partial";
  Draft guard(draft);
  auto target = create_draft(draft);
  if (!target) return core::pass(target);

  // The transaction holds the snapshot for all steps; without it each commit would start the copy
  // anew. It begins with the first look at the file.
  if (auto begun = source.begin_read(); !begun) return begun;
  auto copied = read_text(source.raw(), "SELECT count(*) FROM sqlite_schema");
  if (!copied) return core::pass(copied);
  auto done = copy_pages(source, target->get(), progress);
  source.rollback();
  if (!done) return done;

  target->reset();
  if (auto synced = sync_path(draft, O_RDONLY); !synced) return synced;
  if (auto renamed = publish(draft, file); !renamed) return renamed;
  guard.keep();
  return sync_path(folder_of(file), O_RDONLY | O_DIRECTORY);
}

}  // namespace gatehouse::database::sqlite
