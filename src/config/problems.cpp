#include "gatehouse/config/problems.hpp"

#include <utility>

#include "gatehouse/core/text.hpp"

namespace gatehouse::config {

namespace {
/// A file can be wrong in every line; nobody reads more than this.
constexpr std::size_t kMostKept = 200;

void append_line(std::string& out, std::string_view file, const Problem& problem) {
  out += core::printable(file);
  if (problem.line > 0) {
    out += ':';
    core::append_number(out, static_cast<std::uint64_t>(problem.line));
  }
  out += problem.severity == Severity::error ? ": error: " : ": warning: ";
  if (!problem.path.empty()) out += problem.path + ": ";
  out += problem.message;
  out += '\n';
}
}  // namespace

void Problems::error(std::string path, int line, std::string message) {
  ++errors_;
  if (errors_ > kMostKept) return;
  all_.push_back({Severity::error, std::move(path), line, std::move(message)});
}

void Problems::warning(std::string path, int line, std::string message) {
  ++warnings_;
  if (warnings_ > kMostKept) return;
  all_.push_back({Severity::warning, std::move(path), line, std::move(message)});
}

std::string Problems::to_text(std::string_view file) const {
  std::string out;
  for (const Problem& problem : all_) append_line(out, file, problem);
  const std::size_t left_out = errors_ + warnings_ - all_.size();
  if (left_out != 0) {
    out += "and ";
    core::append_number(out, static_cast<std::uint64_t>(left_out));
    out += " more\n";
  }
  return out;
}

core::Error Problems::to_error(std::string_view file) const {
  std::string text;
  for (const Problem& problem : all_) {
    if (problem.severity == Severity::error) append_line(text, file, problem);
  }
  if (!text.empty()) text.pop_back();
  return core::Error{core::Errc::invalid_argument, std::move(text)};
}

}  // namespace gatehouse::config
