#include "data_paths.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace gatehouse::app::cli {
namespace {

std::filesystem::path journals_in(const std::string& data_folder) {
  return std::filesystem::path(data_folder) / "journal";
}

}  // namespace

std::string database_in(const std::string& data_folder) {
  return (std::filesystem::path(data_folder) / "gatehouse.db").string();
}

bool is_in_use(const std::string& data_folder) {
  const std::string lock = (journals_in(data_folder) / "lock").string();
  const int file = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool held = ::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(file);
  return held;
}

FolderLock::FolderLock(const std::string& data_folder) {
  std::error_code error;
  std::filesystem::create_directories(journals_in(data_folder), error);
  const std::string lock = (journals_in(data_folder) / "lock").string();
  file_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ >= 0 && ::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    file_ = -1;
  }
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace gatehouse::app::cli
