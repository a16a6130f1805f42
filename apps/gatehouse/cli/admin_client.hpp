#pragma once
/// One administrator's calls to a running server.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"

namespace gatehouse::app::cli {

struct AdminRequest {
  std::string method = "GET";
  std::string path;  ///< with query
  std::string body;  ///< JSON; empty: none
};

struct AdminAnswer {
  int status = 0;
  std::string body;
};

struct AdminOptions {
  std::string url = "http://127.0.0.1:4000";
  core::Secret key;
  std::string trust_store;  ///< PEM file; empty: the system's
  core::Millis timeout{60'000};
};

/// Blocking, one thread.
class AdminClient {
 public:
  /// Errc::invalid_argument for a URL or certificates that cannot be used.
  static core::Result<std::unique_ptr<AdminClient>> create(AdminOptions options);
  ~AdminClient();
  AdminClient(const AdminClient&) = delete;
  AdminClient& operator=(const AdminClient&) = delete;

  /// Any status is an answer; an error means that there was none.
  core::Result<AdminAnswer> send(const AdminRequest& request);

 private:
  struct State;
  explicit AdminClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::app::cli
