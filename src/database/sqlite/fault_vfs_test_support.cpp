#include "sqlite/fault_vfs_test_support.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <random>

namespace gatehouse::database::sqlite {

namespace {
constexpr std::uint64_t kSector = 512;

struct File {
  sqlite3_file base;
  FaultVfs* owner;
  int index;  // -1 = not logged
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& as_file(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return as_file(file).real();
}
const sqlite3_io_methods& methods(sqlite3_file* file) {
  return *real(file)->pMethods;
}

int do_close(sqlite3_file* file) {
  return methods(file).xClose(real(file));
}

int do_read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  if (const int code = as_file(file).owner->enter(FaultVfs::Kind::read, 0); code != SQLITE_OK) {
    return code;
  }
  return methods(file).xRead(real(file), to, size, offset);
}

int do_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  sqlite3_int64 present = 0;
  methods(file).xFileSize(real(file), &present);
  const auto growth = std::max<sqlite3_int64>(offset + size - present, 0);
  File& self = as_file(file);
  const int code = self.owner->enter(FaultVfs::Kind::write, static_cast<std::uint64_t>(growth));
  if (code != SQLITE_OK) return code;
  self.owner->log_write(self.index, static_cast<std::uint64_t>(offset),
                        {static_cast<const char*>(from), static_cast<std::size_t>(size)});
  return methods(file).xWrite(real(file), from, size, offset);
}

int do_truncate(sqlite3_file* file, sqlite3_int64 size) {
  File& self = as_file(file);
  if (const int code = self.owner->enter(FaultVfs::Kind::write, 0); code != SQLITE_OK) return code;
  self.owner->log_truncate(self.index, static_cast<std::uint64_t>(size));
  return methods(file).xTruncate(real(file), size);
}

int do_sync(sqlite3_file* file, int) {
  File& self = as_file(file);
  if (const int code = self.owner->enter(FaultVfs::Kind::sync, 0); code != SQLITE_OK) return code;
  self.owner->log_sync(self.index);
  return SQLITE_OK;
}

int do_size(sqlite3_file* file, sqlite3_int64* size) {
  return methods(file).xFileSize(real(file), size);
}
int do_lock(sqlite3_file* file, int level) {
  return methods(file).xLock(real(file), level);
}
int do_unlock(sqlite3_file* file, int level) {
  return methods(file).xUnlock(real(file), level);
}
int do_check_lock(sqlite3_file* file, int* held) {
  return methods(file).xCheckReservedLock(real(file), held);
}
int do_control(sqlite3_file* file, int what, void* argument) {
  return methods(file).xFileControl(real(file), what, argument);
}
int do_sector_size(sqlite3_file* file) {
  return methods(file).xSectorSize(real(file));
}
int do_characteristics(sqlite3_file* file) {
  return methods(file).xDeviceCharacteristics(real(file));
}
int do_map(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
  return methods(file).xShmMap(real(file), page, size, extend, to);
}
int do_map_lock(sqlite3_file* file, int offset, int count, int flags) {
  return methods(file).xShmLock(real(file), offset, count, flags);
}
void do_barrier(sqlite3_file* file) {
  methods(file).xShmBarrier(real(file));
}
int do_unmap(sqlite3_file* file, int remove) {
  return methods(file).xShmUnmap(real(file), remove);
}

constexpr sqlite3_io_methods kMethods{2,
                                      do_close,
                                      do_read,
                                      do_write,
                                      do_truncate,
                                      do_sync,
                                      do_size,
                                      do_lock,
                                      do_unlock,
                                      do_check_lock,
                                      do_control,
                                      do_sector_size,
                                      do_characteristics,
                                      do_map,
                                      do_map_lock,
                                      do_barrier,
                                      do_unmap,
                                      nullptr,
                                      nullptr};

FaultVfs& owner_of(sqlite3_vfs* vfs) {
  return *static_cast<FaultVfs*>(vfs->pAppData);
}

int open_file(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  FaultVfs& owner = owner_of(vfs);
  File& self = as_file(file);
  self.base.pMethods = nullptr;
  self.owner = &owner;
  self.index = path == nullptr ? -1 : owner.file_index(path);
  const int code = owner.real()->xOpen(owner.real(), path, self.real(), flags, out_flags);
  if (code == SQLITE_OK) self.base.pMethods = &kMethods;
  return code;
}

int remove_file(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  FaultVfs& owner = owner_of(vfs);
  if (const int code = owner.enter(FaultVfs::Kind::write, 0); code != SQLITE_OK) return code;
  owner.log_removal(path, sync_folder != 0);
  return owner.real()->xDelete(owner.real(), path, 0);
}

std::string base_name(std::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}
}  // namespace

FaultVfs::FaultVfs() {
  static std::atomic<int> next = 0;
  name_ = "fault" + std::to_string(next++);
  real_ = sqlite3_vfs_find(nullptr);
  vfs_ = *real_;
  vfs_.zName = name_.c_str();
  vfs_.pAppData = this;
  vfs_.pNext = nullptr;
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.xOpen = open_file;
  vfs_.xDelete = remove_file;
  sqlite3_vfs_register(&vfs_, 0);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

void FaultVfs::fail(Kind kind, int nth) {
  const std::scoped_lock lock(mutex_);
  struck_ = false;
  left_[static_cast<std::size_t>(kind)] = nth;
}

void FaultVfs::kill(int nth) {
  const std::scoped_lock lock(mutex_);
  until_kill_ = nth;
}

void FaultVfs::set_space(std::optional<std::uint64_t> bytes) {
  const std::scoped_lock lock(mutex_);
  struck_ = false;
  space_ = bytes;
}

bool FaultVfs::struck() const {
  const std::scoped_lock lock(mutex_);
  return struck_;
}

int FaultVfs::operations() const {
  const std::scoped_lock lock(mutex_);
  return operations_;
}

int FaultVfs::enter(Kind kind, std::uint64_t growth) {
  constexpr std::array kCodes{SQLITE_IOERR_READ, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC};
  const std::scoped_lock lock(mutex_);
  ++operations_;
  if (until_kill_ > 0 && --until_kill_ == 0) ::kill(::getpid(), SIGKILL);
  int& left = left_[static_cast<std::size_t>(kind)];
  if (left > 0 && --left == 0) {
    struck_ = true;
    return kCodes[static_cast<std::size_t>(kind)];
  }
  if (space_ && growth > *space_) {
    struck_ = true;
    return SQLITE_FULL;
  }
  if (space_) *space_ -= growth;
  return SQLITE_OK;
}

void FaultVfs::start_log() {
  const std::scoped_lock lock(mutex_);
  logging_ = true;
}

std::size_t FaultVfs::moment() const {
  const std::scoped_lock lock(mutex_);
  return log_.size();
}

int FaultVfs::file_index(std::string_view path) {
  const std::scoped_lock lock(mutex_);
  return files_.try_emplace(base_name(path), static_cast<int>(files_.size())).first->second;
}

void FaultVfs::log_write(int file, std::uint64_t offset, std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  if (!logging_ || file < 0) return;
  log_.push_back({Operation::Kind::write, file, offset, std::string(bytes)});
}

void FaultVfs::log_truncate(int file, std::uint64_t size) {
  const std::scoped_lock lock(mutex_);
  if (logging_ && file >= 0) log_.push_back({Operation::Kind::truncate, file, size});
}

void FaultVfs::log_sync(int file) {
  const std::scoped_lock lock(mutex_);
  if (logging_ && file >= 0) log_.push_back({Operation::Kind::sync, file});
}

void FaultVfs::log_removal(std::string_view path, bool synced) {
  const int file = file_index(path);
  const std::scoped_lock lock(mutex_);
  if (logging_) log_.push_back({Operation::Kind::removal, file, 0, {}, synced});
}

std::string FaultVfs::image(int file, std::size_t moment, std::uint64_t seed, double kept) const {
  std::mt19937_64 random(seed);
  std::bernoulli_distribution keep(kept);
  std::size_t synced = 0;  // operations before this one are on the disk
  for (std::size_t i = 0; i < moment; ++i) {
    if (log_[i].file == file && log_[i].kind == Operation::Kind::sync) synced = i;
  }
  std::string content;
  for (std::size_t i = 0; i < moment; ++i) {
    const Operation& operation = log_[i];
    if (operation.file != file || operation.kind == Operation::Kind::sync) continue;
    const bool sure = i < synced || operation.synced;
    if (operation.kind != Operation::Kind::write) {
      if (sure || keep(random)) content.resize(operation.offset);
      continue;
    }
    for (std::uint64_t done = 0; done < operation.bytes.size();) {
      const std::uint64_t at = operation.offset + done;
      const std::uint64_t part =
          std::min(kSector - at % kSector, std::uint64_t{operation.bytes.size()} - done);
      if (sure || keep(random)) {
        if (content.size() < at + part) content.resize(at + part);
        content.replace(at, part, operation.bytes, done, part);
      }
      done += part;
    }
  }
  return content;
}

void FaultVfs::crash(std::size_t moment, std::uint64_t seed, double kept,
                     const std::string& folder) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, file] : files_) {
    const std::string path = folder + "/" + name;
    ::unlink(path.c_str());
    const std::string content = image(file, moment, seed + static_cast<std::uint64_t>(file), kept);
    if (content.empty()) continue;
    std::ofstream(path, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(content.size()));
  }
}

}  // namespace gatehouse::database::sqlite
