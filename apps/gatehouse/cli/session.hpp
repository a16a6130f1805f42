#pragma once
/// What the administrative commands share: where the server is, who asks, how answers are shown.

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "admin_client.hpp"
#include "gatehouse/config/environment.hpp"
#include "local_server.hpp"
#include "output.hpp"

namespace gatehouse::app::cli {

// Exit statuses. Those of a wrong command line are CLI11's own, above 100.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;       ///< the server says no (4xx)
inline constexpr int kUnusable = 2;      ///< no key, no data folder, a wrong URL or argument
inline constexpr int kUnreachable = 3;   ///< no server, or no answer
inline constexpr int kServerFailed = 4;  ///< the server says that it failed (5xx)

/// Lives as long as the command line; one thread.
class Session {
 public:
  explicit Session(config::Environment environment) : environment_(std::move(environment)) {}

  /// Options of every command that talks to a server.
  void add_options(CLI::App& command);
  /// What `command` does when it was given.
  void on(CLI::App* command, std::function<int()> action);
  /// The status of the command that was given; nothing when it is none of ours.
  std::optional<int> run();

  /// Sends, and prints: with --json the body as it came, else what `show` makes of it.
  int call(const AdminRequest& request, const std::function<std::string(const JsonValue&)>& show);

  /// A key as it was given, or the first line of standard input for "-", so that it need not stand
  /// in the list of processes.
  static std::string key_argument(const std::string& given);

 private:
  core::Result<void> connect();
  core::Result<core::Secret> find_key() const;
  core::Result<void> start_local();

  config::Environment environment_;
  std::function<int()> action_;
  std::string url_;
  std::string key_file_;
  std::string data_folder_;
  std::string trust_store_;
  double timeout_seconds_ = 60;
  bool json_ = false;
  std::unique_ptr<LocalServer> local_;
  std::unique_ptr<AdminClient> client_;
};

// Shows, for Session::call.

/// The list at `path` ("" is the whole answer) as a table, and how many there are in all.
std::function<std::string(const JsonValue&)> show_table(std::string path,
                                                        std::span<const Column> columns);
/// The object at `path`, else the whole answer.
std::function<std::string(const JsonValue&)> show_fields(std::string path);
/// A fixed text.
std::function<std::string(const JsonValue&)> show_text(std::string text);

void add_key_commands(CLI::App& app, Session& session);
void add_user_commands(CLI::App& app, Session& session);
void add_team_commands(CLI::App& app, Session& session);
void add_budget_commands(CLI::App& app, Session& session);
void add_spend_commands(CLI::App& app, Session& session);

}  // namespace gatehouse::app::cli
