#pragma once
/// `gatehouse serve`.

#include <cstdint>
#include <optional>
#include <string>

namespace gatehouse::app {

struct ServeOptions {
  std::string config_file;
  std::string data_folder = "data";
  std::optional<std::uint16_t> port;  ///< wins over the file
};

/// Runs until SIGTERM or SIGINT and all calls are done. Returns the process's exit status.
int serve(const ServeOptions& options);

}  // namespace gatehouse::app
