#include "archive_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace gatehouse::ledger {
namespace {

std::unexpected<core::Error> failure(const char* what, int error) {
  const bool space = error == ENOSPC || error == EDQUOT || error == EMFILE || error == ENFILE;
  return core::fail(space ? core::Errc::unavailable : core::Errc::io,
                    "the archive cannot be written",
                    std::string(what) + ": " + std::generic_category().message(error));
}

core::Result<void> sync_folder(const std::string& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return failure("open the archive's folder", errno);
  const int result = ::fsync(handle);
  const int error = errno;
  ::close(handle);
  if (result != 0) return failure("sync the archive's folder", error);
  return {};
}

}  // namespace

ArchiveFile::~ArchiveFile() {
  if (file_ >= 0) ::close(file_);
}

core::Result<ArchiveFile> ArchiveFile::open(const std::string& folder, const std::string& name,
                                            std::int64_t bytes) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return failure("create the archive's folder", error.value());
  const int handle = ::open((folder + "/" + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) return failure("open an archive", errno);
  ArchiveFile file(handle);
  if (auto cut = file.cut(bytes); !cut) return core::pass(cut);
  if (file.size_ == 0) {
    if (auto synced = sync_folder(folder); !synced) return core::pass(synced);
  }
  return file;
}

core::Result<void> ArchiveFile::cut(std::int64_t bytes) {
  const std::int64_t end = ::lseek(file_, 0, SEEK_END);
  if (end < 0) return failure("seek in an archive", errno);
  size_ = std::min(bytes, end);  // a file that was moved away begins anew
  if (size_ < end && ::ftruncate(file_, size_) != 0) return failure("cut an archive", errno);
  return {};
}

core::Result<void> ArchiveFile::append(std::string_view lines) {
  std::int64_t at = size_;
  while (!lines.empty()) {
    const ssize_t written = ::pwrite(file_, lines.data(), lines.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("write an archive", errno);
    at += written;
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fdatasync(file_) != 0) {
    return core::fail(core::Errc::io, "the archive cannot be written", "fdatasync failed");
  }
  size_ = at;
  return {};
}

}  // namespace gatehouse::ledger
