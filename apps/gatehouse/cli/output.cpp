#include "output.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"

namespace gatehouse::app::cli {
namespace {

using Cells = std::vector<std::string>;

/// Columns on a terminal, as far as ASCII and single-width characters go.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

void append_padded(std::string& out, const std::string& cell, std::size_t to, bool right) {
  const std::size_t missing = to - std::min(to, width(cell));
  if (right) out.append(missing, ' ');
  out += cell;
  if (!right) out.append(missing, ' ');
}

void append_line(std::string& out, const Cells& cells, std::span<const Column> columns,
                 const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (widths[i] == 0) continue;
    if (!line.empty()) line += "  ";
    append_padded(line, cells[i], widths[i], columns[i].right);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

Cells cells_of(const JsonValue& row, std::span<const Column> columns) {
  Cells cells;
  for (const Column& column : columns) {
    // A list of plain texts is a table of one column.
    const bool plain = row.kind() != json::Kind::object;
    const JsonValue* value = plain ? &row : row.at(column.path);
    cells.push_back(value && (!plain || cells.empty()) ? value->shown() : "-");
  }
  return cells;
}

}  // namespace

std::string table(const JsonValue& rows, std::span<const Column> columns) {
  std::vector<Cells> lines;
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& [key, row] : rows.items()) {
    lines.push_back(cells_of(row, columns));
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (lines.back()[i] != "-") widths[i] = std::max(widths[i], width(lines.back()[i]));
    }
  }
  if (lines.empty()) return "none\n";
  Cells titles;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    titles.emplace_back(columns[i].title);
    if (widths[i] != 0) widths[i] = std::max(widths[i], columns[i].title.size());
  }
  std::string out;
  append_line(out, titles, columns, widths);
  for (const Cells& line : lines) append_line(out, line, columns, widths);
  return out;
}

std::string fields(const JsonValue& object) {
  if (object.kind() != json::Kind::object) return object.shown() + '\n';
  std::size_t widest = 0;
  for (const auto& [name, value] : object.items()) {
    if (value.kind() != json::Kind::null) widest = std::max(widest, name.size());
  }
  std::string out;
  for (const auto& [name, value] : object.items()) {
    if (value.kind() == json::Kind::null) continue;
    append_padded(out, core::printable(name), widest, false);
    out += "  " + value.shown() + '\n';
  }
  return out;
}

std::string error_text(std::string_view body) {
  const auto value = JsonValue::parse(body);
  if (value) {
    for (const std::string_view path : {"error.message", "detail.error", "detail", "error"}) {
      const JsonValue* found = value->at(path);
      if (found && found->kind() != json::Kind::null) return found->shown();
    }
  }
  return body.empty() ? "no text" : core::printable(body, 400);
}

}  // namespace gatehouse::app::cli
