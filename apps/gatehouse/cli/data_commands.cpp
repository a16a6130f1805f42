#include "data_commands.hpp"

#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "data_paths.hpp"
#include "failure.hpp"
#include "gatehouse/database/database.hpp"

namespace gatehouse::app::cli {
namespace {

/// Rewrites one line, on a terminal alone.
void show_progress(std::uint64_t done, std::uint64_t total) {
  if (total == 0 || ::isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%3" PRIu64 " %% of %" PRIu64 " pages", done * 100 / total, total);
  if (done == total) std::fputc('\n', stderr);
  std::fflush(stderr);
}

}  // namespace

int backup(const std::string& data_folder, const std::string& file) {
  const std::string source = database_in(data_folder);
  if (!std::filesystem::exists(source)) return fail("there is no database " + source);
  if (auto copied = database::backup_sqlite(source, file, show_progress); !copied) {
    return fail(copied.error());
  }
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  std::printf("%s: %" PRIu64 " bytes\n", file.c_str(), static_cast<std::uint64_t>(bytes));
  if (is_in_use(data_folder)) {
    std::printf("The server runs: calls of the last moments are still in its journal.\n");
  }
  return 0;
}

int migrate(const std::string& data_folder, bool check_only) {
  const std::string file = database_in(data_folder);
  if (!std::filesystem::exists(file)) return fail("there is no database " + file);
  const auto before = database::inspect_sqlite(file);
  if (!before) return fail(before.error());
  for (const std::string& problem : before->problems) std::printf("damaged: %s\n", problem.c_str());
  for (const std::string& link : before->broken_links) {
    std::printf("leads nowhere: %s\n", link.c_str());
  }
  std::printf("schema %" PRId64 ", this program knows %" PRId64 "\n", before->schema_version,
              before->newest_known);
  if (!before->problems.empty()) return kFailed;
  if (before->schema_version > before->newest_known) {
    return fail("the database is of a newer program");
  }
  const bool due = before->schema_version < before->newest_known;
  if (check_only) return due ? 1 : 0;
  const FolderLock lock(data_folder);
  if (!lock.held()) return fail("a server runs on " + data_folder + ": stop it first");
  // Opening brings the schema up to date.
  auto database = database::open_sqlite({.file = file, .readers = 1});
  if (!database) return fail(database.error());
  std::printf("%s\n", due ? "migrated" : "nothing to do");
  return 0;
}

}  // namespace gatehouse::app::cli
