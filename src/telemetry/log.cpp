#include "gatehouse/telemetry/log.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "gatehouse/core/text.hpp"

namespace gatehouse::telemetry {

namespace {
constexpr std::size_t kLongestText = 2048;

void append_text(std::string& out, std::string_view text) {
  if (text.size() <= kLongestText) {
    core::append_json_string(out, text, core::JsonText::visible);
    return;
  }
  std::size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  core::append_json_string(out, text.substr(0, end), core::JsonText::visible);
  out.insert(out.size() - 1, "…");
}

void append_real(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end);
}

/// Seconds with as many decimals as needed.
void append_seconds(std::string& out, std::int64_t nanos) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const auto bits = static_cast<std::uint64_t>(nanos);
  const std::uint64_t magnitude = nanos < 0 ? 0 - bits : bits;
  if (nanos < 0) out += '-';
  core::append_number(out, magnitude / kSecond);
  if (magnitude % kSecond == 0) return;
  std::string fraction = std::to_string(kSecond + magnitude % kSecond);
  fraction[0] = '.';
  fraction.erase(fraction.find_last_not_of('0') + 1);
  out += fraction;
}

std::string_view file_name(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

void append_error(std::string& out, const core::Error& error) {
  out += R"({"code":)";
  append_text(out, core::name_of(error.code));
  out += R"(,"message":)";
  append_text(out, error.public_message);
  if (!error.internal_detail.empty()) {
    out += R"(,"detail":)";
    append_text(out, error.internal_detail);
  }
  out += R"(,"where":)";
  std::string where(file_name(error.where.file_name()));
  where += ':';
  core::append_number(where, std::uint64_t{error.where.line()});
  append_text(out, where);
  out += '}';
}
}  // namespace

std::string_view name_of(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "error";
}

void LogValue::append_to(std::string& out) const {
  switch (kind_) {
    case Kind::text:
      return append_text(out, text_);
    case Kind::flag:
      out += whole_ != 0 ? "true" : "false";
      return;
    case Kind::whole:
      return core::append_number(out, whole_);
    case Kind::natural:
      return core::append_number(out, natural_);
    case Kind::real:
      return append_real(out, real_);
    case Kind::duration:
      return append_seconds(out, whole_);
    case Kind::money:
      out += core::Money::nano_usd(whole_).to_usd();
      return;
    case Kind::error:
      return append_error(out, *error_);
  }
}

void Logger::log(LogLevel level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  // Reused, so that a steady stream of events does not allocate.
  thread_local std::string line;
  line = R"({"ts":")";
  line += core::format_rfc3339(clock_.wall());
  line.append(R"(","level":")").append(name_of(level)).append(R"(","event":)");
  append_text(line, event);
  for (const LogField& field : fields) {
    line += ',';
    append_text(line, field.key);
    line += ':';
    field.value.append_to(line);
  }
  line += '}';
  sink_.write(line);
}

}  // namespace gatehouse::telemetry
