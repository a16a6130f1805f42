#pragma once
/// `gatehouse encryption-key list` and `gatehouse encryption-key rotate`: the keys that credentials
/// in the database are sealed with.

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include "gatehouse/config/environment.hpp"

namespace gatehouse::app {

/// Both work on the data folder, and only while no server runs: one knows the keys of its start
/// alone. Lives as long as the command line; one thread.
class EncryptionKeyCommands {
 public:
  explicit EncryptionKeyCommands(config::Environment environment)
      : environment_(std::move(environment)) {}

  void add_to(CLI::App& app);
  /// Nothing when another command was given. 0, 1 when a value cannot be opened and stays as it
  /// is, or 2 with a message.
  std::optional<int> run();

 private:
  config::Environment environment_;
  std::string data_folder_ = "data";
  CLI::App* list_ = nullptr;
  CLI::App* rotate_ = nullptr;
};

}  // namespace gatehouse::app
