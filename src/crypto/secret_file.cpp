#include "gatehouse/crypto/secret_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace gatehouse::crypto {

namespace {
constexpr std::size_t kLongest = 4096;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }
  /// True when the kernel took everything. A failed close may mean a failed write.
  bool close() noexcept { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

std::unexpected<core::Error> io_failure(std::string_view step, const std::string& path) {
  const std::string reason = std::strerror(errno);
  return core::fail(core::Errc::io, std::string(step) + " failed",
                    std::string(step) + " " + path + ": " + reason);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

core::Result<void> write_new_file(const std::string& path, const core::Secret& secret) {
  Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (file.get() < 0) return io_failure("create", path);
  // The mode of open() is subject to the umask, which may only take bits away from the owner.
  const bool stored = ::fchmod(file.get(), 0600) == 0 && write_all(file.get(), secret.reveal()) &&
                      write_all(file.get(), "\n") && ::fsync(file.get()) == 0 && file.close();
  if (!stored) return io_failure("write", path);
  return {};
}
}  // namespace

core::Result<void> write_secret_file(const std::string& path, const core::Secret& secret) {
  const std::string draft = path + ".new";
  // What a crash left behind; O_EXCL below keeps anybody from slipping a file or a link in.
  ::unlink(draft.c_str());
  if (auto written = write_new_file(draft, secret); !written) {
    ::unlink(draft.c_str());
    return written;
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    auto failure = io_failure("rename", path);
    ::unlink(draft.c_str());
    return failure;
  }
  const Descriptor folder(::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return io_failure("sync folder of", path);
  return {};
}

core::Result<core::Secret> read_secret_file(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return core::fail(core::Errc::not_found, "no such file", path);
    return io_failure("open", path);
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return io_failure("inspect", path);
  if ((status.st_mode & 077) != 0) {
    return core::fail(core::Errc::forbidden,
                      "the file must not be accessible to others (chmod 600)", path);
  }
  std::array<char, kLongest + 2> buffer{};
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t got = ::read(file.get(), buffer.data() + filled, buffer.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_failure("read", path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  std::string_view line(buffer.data(), filled);
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.empty() || line.size() > kLongest) {
    return core::fail(core::Errc::invalid_argument, "the file holds no secret", path);
  }
  core::Secret secret{std::string(line)};
  ::explicit_bzero(buffer.data(), buffer.size());
  return secret;
}

}  // namespace gatehouse::crypto
