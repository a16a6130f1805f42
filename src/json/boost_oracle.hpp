#pragma once
/// What boost::json's strict parser says of a text; the second opinion of tests and fuzzing.

#include <boost/json.hpp>
#include <charconv>
#include <string>
#include <string_view>

#include "gatehouse/json/scan.hpp"

namespace gatehouse::json {

inline bool boost_accepts(std::string_view text, boost::json::error_code& error) {
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::monotonic_resource memory;
  const boost::json::value dom = boost::json::parse(text, error, &memory, options);
  return !error;
}

/// Boost refuses escapes of lone surrogates, which we leave to the reader: puts a letter for each
/// escape of a surrogate.
inline std::string without_surrogates(std::string text) {
  for (std::size_t at = 0; at + 5 < text.size(); ++at) {
    if (text[at] != '\\' || text[at + 1] != 'u') continue;
    unsigned unit = 0;
    const char* const digits = text.data() + at + 2;
    const auto [end, error] = std::from_chars(digits, digits + 4, unit, 16);
    if (end == digits + 4 && unit >= 0xd800 && unit <= 0xdfff) text.replace(at + 2, 4, "0041");
  }
  return text;
}

/// Empty when scanner, check and boost agree on `text` as README.md says, else who differs.
inline std::string disagreement(Scanner& scanner, const std::string& text) {
  boost::json::error_code error;
  const bool theirs = boost_accepts(without_surrogates(text), error);
  const auto ours = scanner.scan_copy(text);
  const bool beyond_boost = error == boost::json::error::exponent_overflow;
  if (ours && !theirs && !beyond_boost) return "we accept, boost: " + error.message();
  if (!ours && theirs) return "boost accepts, we: " + ours.error().public_message;
  if (check(text) && !(ours && boost_accepts(text, error))) {
    return "check accepts, boost: " + error.message();
  }
  return {};
}

}  // namespace gatehouse::json
