#pragma once
/// What journals need of a file system. A port, so that a test can play a disk that fails or loses
/// what was not synced.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "gatehouse/core/error.hpp"

namespace gatehouse::ledger {

/// A file of a fixed size in memory. Stores into bytes() survive the end of the process at once and
/// a power failure after sync(). Writers, readers and sync() may be on different threads.
class SegmentFile {
 public:
  SegmentFile() = default;
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;
  virtual ~SegmentFile() = default;
  virtual std::span<char> bytes() const = 0;
  /// Everything stored before the call is on the disk when it returns. Errc::io: it may be lost.
  virtual core::Result<void> sync() = 0;
  /// `offset` will be written next: gives it and some of what follows pages at once, which is
  /// cheaper than a fault for each. Returns the offset up to which that holds.
  virtual std::size_t prepare_pages(std::size_t offset) = 0;
  /// The first `bytes` will hardly be read again and need no memory. The content stays.
  virtual void forget(std::size_t bytes) = 0;
};

/// A folder of segment files. Thread-safe.
class Disk {
 public:
  Disk() = default;
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  virtual ~Disk() = default;
  virtual core::Result<std::vector<std::string>> names() const = 0;
  /// A new file of zeros whose blocks are all allocated. Errc::unavailable: no space, and no file.
  virtual core::Result<std::unique_ptr<SegmentFile>> create(const std::string& name,
                                                            std::uint64_t bytes) = 0;
  /// Null for an empty file.
  virtual core::Result<std::unique_ptr<SegmentFile>> open(const std::string& name) = 0;
  virtual void remove(const std::string& name) = 0;
  /// Files created before the call are found after a power failure.
  virtual core::Result<void> sync_names() = 0;
};

/// Memory-mapped files. Holds a lock on the folder: Errc::conflict when another process has it.
core::Result<std::unique_ptr<Disk>> open_disk(const std::string& folder);

}  // namespace gatehouse::ledger
