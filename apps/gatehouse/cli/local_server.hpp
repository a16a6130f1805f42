#pragma once
/// A server for one command: on a data folder that no other server has, reachable on loopback
/// alone. The command then goes the same way as through a running server, with all its checks.

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"

namespace gatehouse::app::cli {

/// Blocking, one thread. The process it starts ends with it.
class LocalServer {
 public:
  /// `key` is the server's master key; without one it gets a passing one that nobody else knows.
  /// Errc::conflict when a server runs on the folder, Errc::not_found when there is none,
  /// Errc::unavailable when it does not start.
  static core::Result<std::unique_ptr<LocalServer>> start(const std::string& data_folder,
                                                          std::optional<core::Secret> key);
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  const std::string& url() const noexcept { return url_; }
  const core::Secret& key() const noexcept { return key_; }
  /// Ends it and waits until everything is in the database.
  void stop();

 private:
  LocalServer(pid_t process, std::string config_file, core::Secret key);
  core::Result<void> wait_until_ready(int output);

  pid_t process_;
  std::string config_file_;
  core::Secret key_;
  std::string url_;
};

}  // namespace gatehouse::app::cli
