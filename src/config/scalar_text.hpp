#pragma once
/// The grammar of scalars: text to value and back. No I/O, no messages.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/core/clock.hpp"

namespace gatehouse::config {

/// true/false in the three spellings of YAML's core schema.
std::optional<bool> parse_core_bool(std::string_view text) noexcept;
/// The same and yes/no/on/off in any case, as in YAML 1.1, which LiteLLM reads.
std::optional<bool> parse_bool(std::string_view text) noexcept;
/// RFC 8259 section 6.
bool is_json_number(std::string_view text) noexcept;
/// A decimal integer with an optional sign; underscores between digits are allowed.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// A finite decimal number.
std::optional<double> parse_number(std::string_view text) noexcept;
/// A count of bytes with an optional unit; fractions are not allowed.
std::optional<std::int64_t> parse_bytes(std::string_view text);
/// A span of time with a unit, or seconds without; up to nine decimals; exact.
std::optional<core::Nanos> parse_duration(std::string_view text) noexcept;

/// The shortest text that parses back: "64KiB", "1000".
std::string print_bytes(std::int64_t bytes);
/// "250ms", "90s", "1h".
std::string print_duration(core::Nanos duration);
std::string print_number(double value);

}  // namespace gatehouse::config
