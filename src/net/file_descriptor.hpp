#pragma once
/// An owned file descriptor, and errno as an error value.

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "gatehouse/core/error.hpp"

namespace gatehouse::net {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) noexcept : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~FileDescriptor() { reset(); }

  bool valid() const noexcept { return fd_ >= 0; }
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  void reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

/// For internal details: the call's name and what `error` means.
inline std::string errno_text(const char* call, int error) {
  return std::string(call) + ": " + std::generic_category().message(error);
}

/// Errc::io with errno_text() as internal detail.
inline std::unexpected<core::Error> fail_errno(std::string public_message, const char* call,
                                               int error = errno) {
  return core::fail(core::Errc::io, std::move(public_message), errno_text(call, error));
}

}  // namespace gatehouse::net
