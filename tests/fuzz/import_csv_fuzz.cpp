/// Tables of another system: CSV records and the values within their fields.

#include "csv.hpp"
#include "fuzz_input.hpp"
#include "pg_text.hpp"

namespace gatehouse::fuzz {
namespace {

/// Writes a record so that reading it gives the same again.
std::string written(const app::import::CsvRow& row) {
  std::string out;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i != 0) out += ',';
    if (!row[i]) continue;
    out += '"';
    for (const char c : *row[i]) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    out += '"';
  }
  return out + "\n";
}

void check_values(const std::string& field) {
  if (const auto texts = app::import::parse_array(field)) {
    require(field.size() >= 2 && field.front() == '{' && field.back() == '}',
            "an array has braces");
    require(texts->size() <= field.size(), "no more elements than bytes");
  }
  (void)app::import::parse_timestamp(field);
  (void)app::import::parse_boolean(field);
}

}  // namespace
}  // namespace gatehouse::fuzz

/// Input: the text of a file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  app::import::CsvReader reader(text, {.columns = 16, .field_bytes = 4096});
  app::import::CsvRow row;
  std::size_t columns = 0;
  for (;;) {
    const auto more = reader.next(row);
    if (!more || !*more) break;
    if (columns == 0) columns = row.size();
    fuzz::require(row.size() == columns && columns <= 16, "records are of one size");
    const std::string again = fuzz::written(row);
    app::import::CsvReader second(again, {.columns = 16, .field_bytes = 4096});
    app::import::CsvRow copy;
    const auto read = second.next(copy);
    fuzz::require(read && *read && copy == row, "what was read is written and read alike");
    for (const auto& field : row) {
      if (field) fuzz::check_values(*field);
    }
  }
  return 0;
}
