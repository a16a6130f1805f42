#include "archive.hpp"

#include <optional>

#include "archive_file.hpp"
#include "gatehouse/core/text.hpp"
#include "gatehouse/ledger/daily_sums.hpp"

namespace gatehouse::ledger {
namespace {

using database::Connection;
using database::Row;

constexpr core::Seconds kDay{86'400};

// Every column of call_record; those that are numbers.
constexpr std::string_view kTexts[] = {"call_id",      "request_id",      "call_type",
                                       "status",       "api_key",         "key_alias",
                                       "user_id",      "team_id",         "organization_id",
                                       "end_user",     "requested_model", "model_group",
                                       "model",        "deployment",      "provider",
                                       "api_base",     "session_id",      "requester_ip",
                                       "tags",         "client_metadata", "price_version",
                                       "usage_source", "error_class",     "error_message",
                                       "windows"};
constexpr std::string_view kNumbers[] = {"seq",
                                         "http_status",
                                         "stream",
                                         "reserved_nano",
                                         "cost_nano",
                                         "cost_known",
                                         "cost_clamped",
                                         "prompt_tokens",
                                         "completion_tokens",
                                         "cache_read_tokens",
                                         "cache_write_tokens",
                                         "cache_write_1h_tokens",
                                         "reasoning_tokens",
                                         "audio_prompt_tokens",
                                         "audio_completion_tokens",
                                         "retries",
                                         "fallbacks",
                                         "started_at_ns",
                                         "ended_at_ns",
                                         "first_token_at_ns"};

constexpr std::string_view kOld =
    " FROM call_record WHERE started_at_ns >= ? AND started_at_ns < ?"
    " AND call_id NOT IN (SELECT call_id FROM reconciliation WHERE state = 'open')";

std::string select_of_columns() {
  std::string sql = "SELECT ";
  for (const std::string_view name : kNumbers) sql.append(name).append(", ");
  for (const std::string_view name : kTexts) sql.append(name).append(", ");
  sql.resize(sql.size() - 2);
  return sql.append(kOld).append(" ORDER BY started_at_ns LIMIT ?");
}

void append_line(std::string& out, const Row& row) {
  int column = 0;
  char separator = '{';
  const auto name = [&](std::string_view text) {
    out += separator;
    separator = ',';
    core::append_json_string(out, text);
    out += ':';
  };
  for (const std::string_view each : kNumbers) {
    name(each);
    if (row.is_null(column)) {
      out += "null";
    } else {
      core::append_number(out, row.integer(column));
    }
    ++column;
  }
  for (const std::string_view each : kTexts) {
    name(each);
    core::append_json_string(out, row.text(column++));
  }
  out += "}\n";
}

std::int64_t nanos(core::WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

core::Result<std::size_t> Archive::step(core::WallTime now) {
  // The oldest record that may go.
  const auto limit = std::chrono::floor<std::chrono::days>(now - retention_);
  std::optional<core::WallTime> oldest;
  auto found = database_.read([&](Connection& connection) {
    return connection.query(
        "SELECT started_at_ns" + std::string(kOld) + " ORDER BY started_at_ns LIMIT 1",
        {std::int64_t{0}, nanos(core::WallTime(limit))}, [&](const Row& row) -> core::Result<void> {
          oldest = core::WallTime(core::Nanos(row.integer(0)));
          return {};
        });
  });
  if (!found) return core::pass(found);
  if (!oldest) return 0;
  const core::WallTime day(std::chrono::floor<std::chrono::days>(*oldest));
  const std::string name = "call_record-" + date_of(day) + ".jsonl";
  auto batch = read(day, name);
  if (!batch) return core::pass(batch);
  auto file = ArchiveFile::open(folder_, name, batch->file_bytes);
  if (!file) return core::pass(file);
  if (auto written = file->append(batch->lines); !written) return core::pass(written);
  if (auto removed = remove(*batch, name, file->size()); !removed) return core::pass(removed);
  return batch->rows.size();
}

core::Result<Archive::Batch> Archive::read(core::WallTime day, const std::string& name) const {
  static const std::string kSelect = select_of_columns();
  Batch batch;
  auto done = database_.read([&](Connection& connection) -> core::Result<void> {
    auto bytes = connection.query("SELECT bytes FROM archive_file WHERE name = ?", {name},
                                  [&](const Row& row) -> core::Result<void> {
                                    batch.file_bytes = row.integer(0);
                                    return {};
                                  });
    if (!bytes) return bytes;
    return connection.query(kSelect,
                            {nanos(day), nanos(day + kDay), static_cast<std::int64_t>(kBatch)},
                            [&](const Row& row) -> core::Result<void> {
                              append_line(batch.lines, row);
                              batch.rows.push_back(row.integer(0));
                              return {};
                            });
  });
  if (!done) return core::pass(done);
  return batch;
}

core::Result<void> Archive::remove(const Batch& batch, const std::string& name,
                                   std::int64_t bytes) {
  return database_.write([&](Connection& connection) -> core::Result<void> {
    for (const std::int64_t seq : batch.rows) {
      auto done = connection.execute("DELETE FROM call_record WHERE seq = ?", {seq});
      if (!done) return core::pass(done);
    }
    auto done = connection.execute(
        "INSERT INTO archive_file (name, bytes) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET bytes = excluded.bytes",
        {name, bytes});
    if (!done) return core::pass(done);
    return {};
  });
}

}  // namespace gatehouse::ledger
