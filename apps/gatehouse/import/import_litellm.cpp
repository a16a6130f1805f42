#include "import_litellm.hpp"

#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "../app_config.hpp"
#include "../cli/data_paths.hpp"
#include "../cli/failure.hpp"
#include "gatehouse/config/environment.hpp"
#include "importer.hpp"
#include "postgres_dump.hpp"

namespace gatehouse::app::import {
namespace {

using cli::fail;

/// Says what of the file counts here. False when it cannot be used.
bool read_config(const std::string& file, AppConfig& config) {
  config::Problems problems;
  config = load_config(file, config::process_environment(), problems);
  std::fputs(problems.to_text(file).c_str(), stdout);
  if (problems.failed()) return false;
  std::printf("%s: %zu entries of model_list are understood, %zu keys have no effect here\n",
              file.c_str(), config.models.model_list.size(), problems.warnings());
  std::printf("Start with it: gatehouse serve --config %s\n", file.c_str());
  return true;
}

Progress progress_on_terminal() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [](std::string_view table, unsigned percent) {
    std::fprintf(stderr, "\r\x1b[K%.*s %u %%%s", static_cast<int>(table.size()), table.data(),
                 percent, percent == 100 ? "\n" : "");
    std::fflush(stderr);
  };
}

int print(const ImportReport& report) {
  std::printf("%-32s %10s %10s %10s\n", "table", "new", "known", "left out");
  bool complete = true;
  for (const TableSummary& table : report.tables) {
    if (!table.present) {
      std::printf("%-32s not in the dump\n", table.table.c_str());
      continue;
    }
    complete = complete && table.refused == 0;
    std::printf("%-32s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "\n", table.table.c_str(),
                table.added, table.known, table.refused);
  }
  std::printf("%" PRIu64 " opening balances, %s USD on keys\n", report.balances,
              report.spend.to_usd().c_str());
  if (report.notes.empty()) return 0;
  std::printf("Not carried over:\n");
  for (const std::string& note : report.notes) std::printf("  %s\n", note.c_str());
  if (report.more_notes != 0) std::printf("  … and %" PRIu64 " more\n", report.more_notes);
  return complete ? 0 : 1;
}

core::Result<ImportReport> run(const ImportOptions& options, Dump& dump,
                               const limits::TimeZone& zone) {
  std::error_code error;
  std::filesystem::create_directories(options.data_folder, error);
  const cli::FolderLock lock(options.data_folder);
  if (!lock.held()) {
    return core::fail(core::Errc::conflict, "a server runs on " + options.data_folder +
                                                ", or the folder cannot be written: stop it first");
  }
  auto database = database::open_sqlite({.file = cli::database_in(options.data_folder)});
  if (!database) return core::pass(database);
  const core::SystemClock clock;
  Importer importer(**database, dump, clock.wall(), zone, progress_on_terminal());
  return importer.run();
}

}  // namespace

int import_litellm(const ImportOptions& options) {
  AppConfig config;
  if (!options.config_file.empty() && !read_config(options.config_file, config)) return 2;
  if (options.dump_folder.empty() && options.postgres.empty()) return 0;
  auto zone = limits::TimeZone::load(config.control.litellm.timezone);
  if (!zone) return fail(zone.error());
  std::unique_ptr<Dump> dump;
  if (options.postgres.empty()) {
    dump = open_folder(options.dump_folder);
  } else {
    auto connected = open_postgres(options.postgres);
    if (!connected) return fail(connected.error());
    dump = std::move(*connected);
  }
  const auto report = run(options, *dump, *zone);
  if (!report) return fail(report.error());
  return print(*report);
}

}  // namespace gatehouse::app::import
