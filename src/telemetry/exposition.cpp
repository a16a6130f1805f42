#include "gatehouse/telemetry/exposition.hpp"

#include <string>

#include "gatehouse/core/text.hpp"

namespace gatehouse::telemetry {

namespace {
/// The text as UTF-8 with what the format reserves escaped; quotes only in label values.
void append_escaped(std::string& out, std::string_view text, bool in_quotes) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && in_quotes) {
      out += "\\\"";
    } else if (static_cast<unsigned char>(c) >= 0x80) {
      std::size_t length = 1;
      while (length <= 4 && !core::is_utf8(text.substr(i, length))) ++length;
      const bool valid = length <= 4 && i + length <= text.size();
      out += valid ? text.substr(i, length) : "\xef\xbf\xbd";
      i += valid ? length : 1;
      continue;
    } else {
      out += c;
    }
    ++i;
  }
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
  }
  return "untyped";
}

/// The value in the exported unit, exact: 1500000000 nano is 1.5.
void append_scaled(std::string& out, bool negative, std::uint64_t magnitude, Scale scale) {
  constexpr std::uint64_t kNano = 1'000'000'000;
  if (negative) out += '-';
  if (scale == Scale::one) {
    core::append_number(out, magnitude);
    return;
  }
  core::append_number(out, magnitude / kNano);
  if (magnitude % kNano == 0) return;
  std::string fraction = std::to_string(kNano + magnitude % kNano);  // keeps leading zeros
  fraction[0] = '.';
  fraction.erase(fraction.find_last_not_of('0') + 1);
  out += fraction;
}

std::string scaled(std::uint64_t magnitude, Scale scale) {
  std::string out;
  append_scaled(out, false, magnitude, scale);
  return out;
}
}  // namespace

void Exposition::begin(std::string_view name, std::string_view help, MetricType type) {
  name_ = name;
  out_.append("# HELP ").append(name).append(" ");
  append_escaped(out_, help, false);
  out_.append("\n# TYPE ").append(name).append(" ").append(type_name(type)).append("\n");
}

void Exposition::open(std::string_view suffix, std::span<const Label> labels,
                      std::string_view bound) {
  out_.append(name_).append(suffix);
  char separator = '{';
  const auto add = [&](std::string_view name, std::string_view value) {
    out_ += separator;
    out_.append(name).append("=\"");
    append_escaped(out_, value, true);
    out_ += '"';
    separator = ',';
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!bound.empty()) add("le", bound);
  if (separator == ',') out_ += '}';
  out_ += ' ';
}

void Exposition::sample(std::span<const Label> labels, std::int64_t value, Scale scale) {
  open("", labels, {});
  const auto bits = static_cast<std::uint64_t>(value);
  append_scaled(out_, value < 0, value < 0 ? 0 - bits : bits, scale);
  out_ += '\n';
}

void Exposition::histogram(std::span<const Label> labels, std::span<const std::uint64_t> bounds,
                           std::span<const std::uint64_t> counts, std::uint64_t sum, Scale scale) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    below += counts[i];
    open("_bucket", labels, i < bounds.size() ? scaled(bounds[i], scale) : "+Inf");
    core::append_number(out_, below);
    out_ += '\n';
  }
  open("_sum", labels, {});
  append_scaled(out_, false, sum, scale);
  out_ += '\n';
  open("_count", labels, {});
  core::append_number(out_, below);
  out_ += '\n';
}

}  // namespace gatehouse::telemetry
