#include "postgres_dump.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "gatehouse/database/postgres_export.hpp"

namespace gatehouse::app::import {
namespace {

core::Result<void> write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(file, bytes.data(), bytes.size());
    if (written <= 0) return core::fail(core::Errc::io, "cannot write a temporary file");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

class PostgresDump final : public Dump {
 public:
  explicit PostgresDump(std::unique_ptr<database::PostgresExport> tables)
      : tables_(std::move(tables)) {}

  core::Result<std::unique_ptr<RowSource>> open(std::string_view table) override {
    auto there = tables_->has_table(table);
    if (!there) return core::pass(there);
    if (!*there) return std::unique_ptr<RowSource>();
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-XXXXXX").string();
    const int file = ::mkstemp(name.data());
    if (file < 0) return core::fail(core::Errc::io, "cannot make a temporary file");
    auto copied =
        tables_->copy_csv(table, [&](std::string_view piece) { return write_all(file, piece); });
    ::close(file);
    // A mapped file stays readable without its name.
    auto source = open_file(name);
    ::unlink(name.c_str());
    if (!copied) return core::pass(copied);
    return source;
  }

 private:
  std::unique_ptr<database::PostgresExport> tables_;
};

}  // namespace

core::Result<std::unique_ptr<Dump>> open_postgres(const std::string& connection) {
  auto tables = database::open_postgres_export(connection);
  if (!tables) return core::pass(tables);
  return std::unique_ptr<Dump>(std::make_unique<PostgresDump>(std::move(*tables)));
}

}  // namespace gatehouse::app::import
