/// The command line.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string_view>

#include "cli/data_commands.hpp"
#include "cli/session.hpp"
#include "config_commands.hpp"
#include "encryption_key_commands.hpp"
#include "gatehouse/config/environment.hpp"
#include "import/import_litellm.hpp"
#include "serve.hpp"

namespace {

/// An exception where nobody can take it: a bug, or no memory where nothing goes without. The
/// process ends by its own decision; the journals hold what was acknowledged, and the next start
/// goes on from there.
[[noreturn]] void end_process() noexcept {
  constexpr std::string_view kText = "gatehouse: fatal: an exception that nobody handles\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kText.data(), kText.size());
  _exit(70);
}

}  // namespace

int main(int argc, char** argv) try {
  std::set_terminate(end_process);
  using namespace gatehouse::app;
  CLI::App app("Gatehouse: one gateway to every AI provider");
  app.set_version_flag("--version", "gatehouse " GATEHOUSE_VERSION);
  app.require_subcommand(1);

  ServeOptions serve_options;
  CLI::App* serve_command = app.add_subcommand("serve", "run the server");
  serve_command->add_option("--config", serve_options.config_file, "gatehouse.yaml")
      ->check(CLI::ExistingFile);
  serve_command->add_option("--port", serve_options.port, "TCP port; wins over the file");
  serve_command->add_option("--data", serve_options.data_folder, "data folder")
      ->capture_default_str();

  std::string file;
  CLI::App* config_command = app.add_subcommand("config", "look at a configuration");
  config_command->require_subcommand(1);
  CLI::App* check_command =
      config_command->add_subcommand("check", "list everything that is wrong with a file");
  check_command->add_option("file,--config", file, "gatehouse.yaml")->required();
  CLI::App* schema_command =
      config_command->add_subcommand("schema", "print the JSON Schema of gatehouse.yaml");

  std::string data_folder = "data";
  CLI::App* doctor_command = app.add_subcommand("doctor", "check what the server needs to run");
  doctor_command->add_option("--config", file, "gatehouse.yaml")->check(CLI::ExistingFile);
  doctor_command->add_option("--data", data_folder, "data folder")->capture_default_str();

  std::string backup_file;
  CLI::App* backup_command =
      app.add_subcommand("backup", "copy the database to a new file, also while the server runs");
  backup_command->add_option("--data", data_folder, "data folder")->capture_default_str();
  backup_command->add_option("--to", backup_file, "file to write; it must not exist")->required();

  bool check_only = false;
  CLI::App* migrate_command =
      app.add_subcommand("migrate", "bring the database of a stopped server up to date");
  migrate_command->add_option("--data", data_folder, "data folder")->capture_default_str();
  migrate_command->add_flag("--check", check_only, "say what would be done; status 1 if anything");

  import::ImportOptions import_options;
  CLI::App* import_command = app.add_subcommand("import", "take over from another gateway");
  import_command->require_subcommand(1);
  CLI::App* litellm_command = import_command->add_subcommand(
      "litellm", "keys, users, teams, budgets and spend of a LiteLLM proxy");
  litellm_command->footer(
      "example: gatehouse import litellm --config config.yaml --dump tables --data data\n"
      "Each table as a CSV file of its name: "
      "\\copy \"LiteLLM_TeamTable\" to 'tables/LiteLLM_TeamTable.csv' csv header");
  litellm_command->add_option("--config", import_options.config_file, "LiteLLM's config.yaml")
      ->check(CLI::ExistingFile);
  auto* dump_option =
      litellm_command->add_option("--dump", import_options.dump_folder, "folder of CSV files")
          ->check(CLI::ExistingDirectory);
  litellm_command
      ->add_option("--postgres", import_options.postgres, "connection URL of its database")
      ->excludes(dump_option);
  litellm_command->add_option("--data", import_options.data_folder, "data folder")
      ->capture_default_str();

  const gatehouse::config::Environment environment = gatehouse::config::process_environment();
  EncryptionKeyCommands encryption_keys(environment);
  encryption_keys.add_to(app);
  cli::Session session(environment);
  cli::add_key_commands(app, session);
  cli::add_user_commands(app, session);
  cli::add_team_commands(app, session);
  cli::add_budget_commands(app, session);
  cli::add_spend_commands(app, session);

  CLI11_PARSE(app, argc, argv);
  if (const auto status = session.run()) return *status;
  if (*backup_command) return cli::backup(data_folder, backup_file);
  if (*litellm_command) return import::import_litellm(import_options);
  if (*migrate_command) return cli::migrate(data_folder, check_only);
  if (const auto status = encryption_keys.run()) return *status;
  if (*serve_command) return serve(serve_options);
  if (*check_command) return config_check(file);
  if (*schema_command) return config_schema();
  if (*doctor_command) return doctor(file, data_folder);
  return 1;
} catch (const std::exception& bug) {
  std::fprintf(stderr, "gatehouse: unexpected: %s\n", bug.what());
  return 70;
}
