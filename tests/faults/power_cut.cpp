/// A library to be preloaded into the server that remembers what a power failure would leave of a
/// folder (faults.md, means V): at each sync it writes down what the file, or the folder's list of
/// names, had become. Everything else may be lost. power_cut.py makes the folder of after the
/// failure from that.
///
/// Environment: POWER_CUT_ROOT is the folder, POWER_CUT_LOG the file to append to,
/// POWER_CUT_SYNC_MICROS how long a sync takes. Real syncs are left out below the folder: nobody
/// takes the power from this machine. A file is known by its inode and time of birth.
///
/// Log: u64 length of what follows, then
///   u8 1, file, u64 size, u32 pages, each page: u64 number, 4096 bytes;
///   u8 2, text path below the folder, u32 names, each: u8 1 file or 2 folder, file, text name.
/// file = u64 inode, i64 seconds, u32 nanoseconds; text = u32 length and bytes. A page not written
/// down is as it was at the sync before, zeros at the first. A record that is cut short is none.

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <compare>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kPage = 4096;

struct Identity {
  std::uint64_t inode;
  std::int64_t seconds;
  std::uint32_t nanoseconds;
  auto operator<=>(const Identity&) const = default;
};

/// What the disk has of a file; its mutex is held during a sync of it.
struct Image {
  std::mutex mutex;
  std::vector<char> bytes;
};

template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

class Record {
 public:
  Record() : bytes_(sizeof(std::uint64_t), '\0') {}
  template <class Number>
  void number(Number value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void text(const std::string& value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }
  void file(const Identity& file) {
    number(file.inode);
    number(file.seconds);
    number(file.nanoseconds);
  }
  void page(const char* data, std::size_t size) {
    bytes_.append(data, size);
    bytes_.append(kPage - size, '\0');
  }
  template <class Number>
  void set(std::size_t at, Number value) {
    std::memcpy(bytes_.data() + at, &value, sizeof(value));
  }
  std::size_t size() const { return bytes_.size(); }
  const std::string& finished() {
    set(0, std::uint64_t{bytes_.size() - sizeof(std::uint64_t)});
    return bytes_;
  }

 private:
  std::string bytes_;
};

class Recorder {
 public:
  Recorder()
      : root_(environment("POWER_CUT_ROOT")),
        log_(open(environment("POWER_CUT_LOG").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)),
        micros_(std::atol(environment("POWER_CUT_SYNC_MICROS").c_str())) {}

  /// False when the file is none of ours.
  bool sync(int file) {
    const std::string path = path_of(file);
    if (root_.empty() || log_ < 0) return false;
    if (path != root_ && !path.starts_with(root_ + "/")) return false;
    struct stat status{};
    if (fstat(file, &status) != 0) return false;
    if (S_ISDIR(status.st_mode)) {
      sync_folder(path);
    } else {
      sync_file(file);
    }
    return true;
  }

 private:
  static std::string path_of(int file) {
    char target[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(file);
    const ssize_t size = readlink(link.c_str(), target, sizeof(target));
    return size > 0 ? std::string(target, static_cast<std::size_t>(size)) : std::string();
  }

  static Identity identity(int folder, const char* name, int flags) {
    struct statx status{};
    if (statx(folder, name, flags, STATX_INO | STATX_BTIME, &status) != 0) return {};
    return {status.stx_ino, status.stx_btime.tv_sec, status.stx_btime.tv_nsec};
  }

  /// Closing another descriptor of a database would give up its locks, so what can be read through
  /// this one is.
  static std::vector<char> content(int file) {
    const bool readable = (fcntl(file, F_GETFL) & O_ACCMODE) != O_WRONLY;
    const std::string link = "/proc/self/fd/" + std::to_string(file);
    const int source = readable ? file : open(link.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status{};
    fstat(source, &status);
    std::vector<char> bytes(static_cast<std::size_t>(status.st_size));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const ssize_t got =
          pread(source, bytes.data() + filled, bytes.size() - filled, static_cast<off_t>(filled));
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    if (!readable) close(source);
    return bytes;
  }

  void sync_file(int file) {
    const Identity id = identity(file, "", AT_EMPTY_PATH);
    Image* image = nullptr;
    {
      const std::lock_guard lock(mutex_);
      auto& known = images_[id];
      if (!known) known = std::make_unique<Image>();
      image = known.get();
    }
    const std::lock_guard lock(image->mutex);
    std::vector<char> now = content(file);
    Record record;
    record.number(std::uint8_t{1});
    record.file(id);
    record.number(std::uint64_t{now.size()});
    const std::size_t count_at = record.size();
    record.number(std::uint32_t{0});
    image->bytes.resize(now.size());
    std::uint32_t pages = 0;
    for (std::size_t at = 0; at < now.size(); at += kPage) {
      const std::size_t size = std::min(kPage, now.size() - at);
      if (std::memcmp(now.data() + at, image->bytes.data() + at, size) == 0) continue;
      record.number(std::uint64_t{at / kPage});
      record.page(now.data() + at, size);
      ++pages;
    }
    record.set(count_at, pages);
    finish(record);
    image->bytes = std::move(now);
  }

  void sync_folder(const std::string& path) {
    Record record;
    record.number(std::uint8_t{2});
    record.text(path.size() > root_.size() ? path.substr(root_.size() + 1) : "");
    const std::size_t count_at = record.size();
    record.number(std::uint32_t{0});
    std::uint32_t names = 0;
    DIR* const folder = opendir(path.c_str());
    if (folder == nullptr) return;
    for (const dirent* entry = readdir(folder); entry != nullptr; entry = readdir(folder)) {
      const std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      record.number(static_cast<std::uint8_t>(entry->d_type == DT_DIR ? 2 : 1));
      record.file(identity(dirfd(folder), entry->d_name, AT_SYMLINK_NOFOLLOW));
      record.text(name);
      ++names;
    }
    closedir(folder);
    record.set(count_at, names);
    finish(record);
  }

  /// It is on the disk once that is written down, not before.
  void finish(Record& record) {
    const timespec delay{.tv_sec = 0, .tv_nsec = micros_ * 1000};
    nanosleep(&delay, nullptr);
    const std::string& bytes = record.finished();
    const std::lock_guard lock(mutex_);
    if (write(log_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) abort();
  }

  const std::string root_;
  const int log_;
  const long micros_;
  std::mutex mutex_;
  std::map<Identity, std::unique_ptr<Image>> images_;
};

bool recorded(int file) {
  static Recorder recorder;
  return recorder.sync(file);
}

}  // namespace

extern "C" {

int fsync(int file) {
  static auto* const next = real<int(int)>("fsync");
  return recorded(file) ? 0 : next(file);
}

int fdatasync(int file) {
  static auto* const next = real<int(int)>("fdatasync");
  return recorded(file) ? 0 : next(file);
}

}  // extern "C"
