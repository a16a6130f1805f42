#include "disk.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace gatehouse::ledger {
namespace {

std::unexpected<core::Error> failure(const char* what, const std::string& name, int error) {
  const bool space = error == ENOSPC || error == EDQUOT || error == EFBIG || error == EMFILE ||
                     error == ENFILE || error == ENOMEM;
  return core::fail(space ? core::Errc::unavailable : core::Errc::io,
                    space ? "no room for the journal" : "the journal's disk failed",
                    std::string(what) + " " + name + ": " + std::generic_category().message(error));
}

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const noexcept { return number_; }
  bool valid() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

class MappedFile final : public SegmentFile {
 public:
  MappedFile(Descriptor file, std::string name, char* data, std::size_t size)
      : file_(std::move(file)), name_(std::move(name)), data_(data), size_(size) {}
  ~MappedFile() override { ::munmap(data_, size_); }

  std::span<char> bytes() const override { return {data_, size_}; }

  core::Result<void> sync() override {
    // Also writes pages that were changed through the mapping (Linux: one page cache for both).
    int result = 0;
    do {
      result = ::fdatasync(file_.get());
    } while (result != 0 && errno == EINTR);
    if (result != 0) return failure("fdatasync", name_, errno);
    return {};
  }

  std::size_t prepare_pages(std::size_t offset) override {
    constexpr std::size_t kAtOnce = std::size_t{256} << 10;
    const std::size_t begin = offset & ~std::size_t{0xFFF};
    const std::size_t end = std::min(begin + kAtOnce, size_);
    // Without it (Linux before 5.14) each page is given when it is written to.
    ::madvise(data_ + begin, end - begin, MADV_POPULATE_WRITE);
    return end;
  }

  void forget(std::size_t bytes) override {
    const std::size_t whole = bytes & ~std::size_t{0xFFFF};
    if (whole <= forgotten_) return;
    // Of a shared mapping this drops the process's pages; the page cache keeps the content.
    ::madvise(data_ + forgotten_, whole - forgotten_, MADV_DONTNEED);
    forgotten_ = whole;
  }

 private:
  Descriptor file_;
  std::string name_;
  char* data_;
  std::size_t size_;
  std::size_t forgotten_ = 0;
};

core::Result<std::unique_ptr<SegmentFile>> map(Descriptor file, const std::string& name,
                                               std::size_t size) {
  void* const data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (data == MAP_FAILED) return failure("mmap", name, errno);
  return std::make_unique<MappedFile>(std::move(file), name, static_cast<char*>(data), size);
}

class FolderDisk final : public Disk {
 public:
  FolderDisk(std::string folder, Descriptor handle, Descriptor lock)
      : folder_(std::move(folder)), handle_(std::move(handle)), lock_(std::move(lock)) {}

  core::Result<std::vector<std::string>> names() const override {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator at(folder_, error), end; !error && at != end;
         at.increment(error)) {
      names.push_back(at->path().filename().string());
    }
    if (error) return failure("list", folder_, error.value());
    return names;
  }

  core::Result<std::unique_ptr<SegmentFile>> create(const std::string& name,
                                                    std::uint64_t bytes) override {
    Descriptor file(
        ::openat(handle_.get(), name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file.valid()) return failure("create", name, errno);
    // A store into a block that was never allocated would be SIGBUS on a full disk.
    int error = 0;
    do {
      error = ::posix_fallocate(file.get(), 0, static_cast<off_t>(bytes));
    } while (error == EINTR);
    if (error != 0) {
      remove(name);
      return failure("allocate", name, error);
    }
    auto mapped = map(std::move(file), name, bytes);
    if (!mapped) remove(name);
    return mapped;
  }

  core::Result<std::unique_ptr<SegmentFile>> open(const std::string& name) override {
    Descriptor file(::openat(handle_.get(), name.c_str(), O_RDWR | O_CLOEXEC));
    if (!file.valid()) return failure("open", name, errno);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return failure("stat", name, errno);
    // The process ended between making the file and giving it blocks.
    if (status.st_size == 0) return std::unique_ptr<SegmentFile>();
    return map(std::move(file), name, static_cast<std::size_t>(status.st_size));
  }

  void remove(const std::string& name) override { ::unlinkat(handle_.get(), name.c_str(), 0); }

  core::Result<void> sync_names() override {
    if (::fsync(handle_.get()) != 0) return failure("fsync", folder_, errno);
    return {};
  }

 private:
  std::string folder_;
  Descriptor handle_;
  Descriptor lock_;
};

/// A folder of which a power failure leaves no name takes its files along.
core::Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) return failure("create", folder, error.value());
  if (!made) return {};
  const std::string parent = std::filesystem::canonical(folder).parent_path().string();
  const Descriptor handle(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.valid() || ::fsync(handle.get()) != 0) return failure("fsync", parent, errno);
  return {};
}

}  // namespace

core::Result<std::unique_ptr<Disk>> open_disk(const std::string& folder) {
  if (auto made = make_folder(folder); !made) return core::pass(made);
  Descriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.valid()) return failure("open", folder, errno);
  Descriptor lock(::openat(handle.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return failure("open", "lock", errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failure("lock", folder, errno);
    return core::fail(core::Errc::conflict, "another process uses the journal", folder);
  }
  return std::make_unique<FolderDisk>(folder, std::move(handle), std::move(lock));
}

}  // namespace gatehouse::ledger
