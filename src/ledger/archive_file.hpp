#pragma once
/// One day's archive: a JSON object per line.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gatehouse/core/error.hpp"

namespace gatehouse::ledger {

class ArchiveFile {
 public:
  /// Opens or creates it and cuts off what is behind `bytes`.
  static core::Result<ArchiveFile> open(const std::string& folder, const std::string& name,
                                        std::int64_t bytes);
  ArchiveFile(ArchiveFile&& other) noexcept
      : file_(std::exchange(other.file_, -1)), size_(other.size_) {}
  ArchiveFile& operator=(ArchiveFile&&) = delete;
  ~ArchiveFile();

  std::int64_t size() const noexcept { return size_; }
  /// On the disk when it returns. Errc::unavailable (no space), Errc::io.
  core::Result<void> append(std::string_view lines);

 private:
  explicit ArchiveFile(int file) : file_(file) {}
  core::Result<void> cut(std::int64_t bytes);

  int file_;
  std::int64_t size_ = 0;
};

}  // namespace gatehouse::ledger
