#pragma once
/// What stands where in the data folder, for commands that do not open it as a server does.

#include <string>

namespace gatehouse::app::cli {

std::string database_in(const std::string& data_folder);
/// True while a server holds the folder's journals. Blocking; changes nothing.
bool is_in_use(const std::string& data_folder);

/// Keeps servers away from the folder as long as it lives.
class FolderLock {
 public:
  explicit FolderLock(const std::string& data_folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  /// False when a server runs, or the folder cannot be written to.
  bool held() const noexcept { return file_ >= 0; }

 private:
  int file_ = -1;
};

}  // namespace gatehouse::app::cli
