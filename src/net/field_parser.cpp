#include "field_parser.hpp"

#include <array>
#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "gatehouse/core/text.hpp"

namespace gatehouse::net {
namespace {

using Check = std::expected<void, HttpViolation>;

constexpr std::uint8_t kToken = 1;
constexpr std::uint8_t kControl = 2;

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (unsigned c = 0; c < 0x20; ++c) classes[c] = kControl;
  classes['\t'] = 0;
  classes[0x7f] = kControl;
  for (unsigned c = '0'; c <= '9'; ++c) classes[c] = kToken;
  for (unsigned c = 'A'; c <= 'Z'; ++c) classes[c] = classes[c + 32] = kToken;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    classes[static_cast<unsigned>(c)] = kToken;
  return classes;
}
constexpr auto kClasses = make_classes();

constexpr std::size_t kMaxLengthDigits = 19;  // below 2^63 or refused by the conversion

std::unexpected<HttpViolation> bad(std::string_view reason) {
  return std::unexpected(HttpViolation{400, reason});
}

Check on_content_length(std::string_view value, FramingFields& framing) {
  if (framing.content_length) return bad("repeated Content-Length");
  if (value.size() > kMaxLengthDigits) return bad("invalid Content-Length");
  framing.content_length = core::parse_u64(value);
  if (!framing.content_length) return bad("invalid Content-Length");
  return {};
}

Check on_transfer_encoding(std::string_view value, FramingFields& framing) {
  if (framing.chunked) return bad("repeated Transfer-Encoding");
  if (!core::iequals(value, "chunked")) return bad("unsupported Transfer-Encoding");
  framing.chunked = true;
  return {};
}

void on_connection(std::string_view value, FramingFields& framing) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    const std::string_view option = core::trim(value.substr(0, comma));
    if (core::iequals(option, "close")) framing.close = true;
    if (core::iequals(option, "keep-alive")) framing.keep_alive = true;
    if (comma == std::string_view::npos) return;
    value.remove_prefix(comma + 1);
  }
}

Check on_field(std::string_view name, std::string_view value, FramingFields& framing) {
  switch (name.size()) {
    case 4:
      if (core::iequals(name, "host")) {
        framing.host = value;
        ++framing.host_count;
      }
      return {};
    case 6:
      if (core::iequals(name, "expect")) {
        (core::iequals(value, "100-continue") ? framing.expect_continue : framing.expect_other) =
            true;
      }
      return {};
    case 10:
      if (core::iequals(name, "connection")) on_connection(value, framing);
      return {};
    case 14:
      if (core::iequals(name, "content-length")) return on_content_length(value, framing);
      return {};
    case 16:
      if (core::iequals(name, "content-encoding") && !core::iequals(value, "identity")) {
        framing.content_coded = true;
      }
      return {};
    case 17:
      if (core::iequals(name, "transfer-encoding")) return on_transfer_encoding(value, framing);
      return {};
    default:
      return {};
  }
}

Check parse_line(std::string_view line, HeaderField& field) {
  std::size_t colon = 0;
  while (colon < line.size() && is_token_char(static_cast<unsigned char>(line[colon]))) ++colon;
  if (colon == line.size()) return bad("header line without a colon");
  if (line[colon] != ':') {
    const bool blank = line[colon] == ' ' || line[colon] == '\t';
    if (blank && colon == 0) return bad("folded header line");
    return bad(blank ? "white space before the colon of a header" : "invalid header name");
  }
  if (colon == 0) return bad("empty header name");
  field.name = line.substr(0, colon);
  field.value = core::trim(line.substr(colon + 1));
  if (field.name.find('_') != std::string_view::npos && is_framing_name(field.name)) {
    return bad("underscore in a framing header");
  }
  return {};
}

}  // namespace

bool is_token_char(unsigned char c) noexcept {
  return (kClasses[c] & kToken) != 0;
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token_char(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

const char* find_control(const char* at, const char* end) noexcept {
#ifdef __SSE2__
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i control =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), low), _mm_cmpeq_epi8(bytes, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(control));
    if (mask != 0) return at + std::countr_zero(mask);
  }
#endif
  while (at != end && (kClasses[static_cast<unsigned char>(*at)] & kControl) == 0) ++at;
  return at;
}

bool is_framing_name(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 9> kNames = {
      "host",       "te",      "expect",  "content-length",  "transfer-encoding",
      "connection", "trailer", "upgrade", "content-encoding"};
  for (const std::string_view known : kNames) {
    if (known.size() != name.size()) continue;
    std::size_t i = 0;
    while (i < name.size() && known[i] == (name[i] == '_' ? '-' : core::ascii_lower(name[i]))) {
      ++i;
    }
    if (i == name.size()) return true;
  }
  return false;
}

std::expected<void, HttpViolation> parse_fields(std::string_view buffer,
                                                std::span<const detail::HeadScanner::Line> lines,
                                                std::vector<HeaderField>& fields,
                                                FramingFields& framing) {
  fields.clear();
  for (const auto& line : lines) {
    HeaderField field;
    if (Check ok = parse_line(buffer.substr(line.begin, line.end - line.begin), field); !ok) {
      return ok;
    }
    if (Check ok = on_field(field.name, field.value, framing); !ok) return ok;
    fields.push_back(field);
  }
  if (framing.content_length && framing.chunked) {
    return bad("both Content-Length and Transfer-Encoding");
  }
  return {};
}

}  // namespace gatehouse::net
