/// The command line.

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "config_commands.hpp"
#include "serve.hpp"

int main(int argc, char** argv) try {
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

  CLI11_PARSE(app, argc, argv);
  if (*serve_command) return serve(serve_options);
  if (*check_command) return config_check(file);
  if (*schema_command) return config_schema();
  if (*doctor_command) return doctor(file, data_folder);
  return 1;
} catch (const std::exception& bug) {
  std::fprintf(stderr, "gatehouse: unexpected: %s\n", bug.what());
  return 70;
}
