#include "behaviour.hpp"

#include <array>

#include "gatehouse/core/text.hpp"

namespace gatehouse::fake_provider {

namespace {

struct Known {
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array kKnown = {
    // What a well-behaved provider does.
    Known{"ok", "answer normally"},
    Known{"echo", "the answer is the text of the last user message"},
    Known{"tokens", "N output tokens"},
    Known{"ttfb", "MS before the first byte of the answer"},
    Known{"ttft", "MS between the head of a stream and its first event"},
    Known{"tps", "N output tokens per second and choice (default: all at once)"},
    Known{"chunk", "N output tokens per event (default 1)"},
    Known{"cached", "N of the prompt tokens were cached"},
    Known{"cache-write", "N prompt tokens were written to the cache (Anthropic)"},
    Known{"reasoning", "N reasoning tokens are part of the output"},
    Known{"calls", "N tool calls (default 1 when tools are offered, 0 for none)"},
    Known{"finish", "the finish reason to report"},
    Known{"thinking", "an Anthropic answer starts with a thinking block"},
    Known{"http10", "answer as HTTP/1.0, body until close"},
    Known{"until-close", "no length and no chunks, body until close"},
    Known{"close", "announce and close the connection after the answer"},
    Known{"gzip", "a gzip-coded body, announced as such"},
    // Refusals.
    Known{"status", "an error of that status in the dialect's shape"},
    Known{"code", "the error's code, with status"},
    Known{"message", "the error's message, with status"},
    Known{"retry-after", "the Retry-After field; date+N and date-N make an HTTP date"},
    Known{"flap", "answer N % of the requests with status 500"},
    Known{"redirect", "a redirect of that status (default 307) to /__redirected"},
    // Time and connection (faults.md E1 to E3, E13).
    Known{"hang", "read the request and say nothing"},
    Known{"no-read", "read the head only and say nothing (needs header or path)"},
    Known{"early", "answer before the body was read (needs header or path)"},
    Known{"reset", "reset without an answer"},
    Known{"hang-up", "close without an answer"},
    Known{"drip", "the head byte by byte, one per MS"},
    Known{"stall", "silence after N events, or in the middle of the body"},
    Known{"half-close", "close the sending side after N events, or in the middle of the body"},
    Known{"rst", "reset after N events, or in the middle of the body"},
    // Bytes that are not HTTP (E4, E5, E16, E17).
    Known{"garbage", "N random bytes (default 4096) in place of an answer, then close"},
    Known{"protocol", "another protocol's greeting: ssh, smtp, tls, http2, http09"},
    Known{"chunk-size", "that text as the first chunk size; 2^63 is chunk-size=8000000000000000"},
    Known{"chunk-extension", "a chunk extension of N bytes (default 1 MiB)"},
    Known{"chunk-no-end", "close without the last chunk"},
    Known{"chunk-no-crlf", "no CRLF behind the first chunk"},
    Known{"trailers", "N trailer fields"},
    Known{"length", "that text as Content-Length"},
    Known{"length-twice", "two different Content-Length fields"},
    Known{"length-and-chunked", "Content-Length and Transfer-Encoding"},
    Known{"headers", "N extra header fields"},
    Known{"header-bytes", "one header field of N bytes"},
    Known{"interim", "N interim 103 answers first"},
    Known{"extra", "a second, unasked answer behind the first one"},
    Known{"status-line", "that text as the status line"},
    Known{"fold", "an obsolete folded header field"},
    Known{"bare-lf", "header lines that end in LF alone"},
    // Content (E6 to E9, E15).
    Known{"endless", "a stream or body that never ends; one piece per MS (default at once)"},
    Known{"huge", "a body of N bytes with its length (default 1 GiB)"},
    Known{"huge-chunked", "a body of N bytes in chunks (default 1 GiB)"},
    Known{"body", "exactly that body with status 200"},
    Known{"invalid-json", "a body, or an event after N events, that is not JSON"},
    Known{"sse-error", "an error event after N events, then the end"},
    Known{"no-end", "a stream that ends without [DONE] or message_stop"},
    Known{"truncate", "a stream that ends inside its last event"},
    Known{"crlf", "event lines end in CRLF"},
    Known{"cr", "event lines end in CR"},
    Known{"comments", "comment lines between the events"},
    Known{"cut", "writes of N bytes each (default 1)"},
    Known{"cut-at", "two writes of a body, cut at byte N"},
    Known{"gap", "MS between them (default 6)"},
    Known{"gzip-bomb", "a gzip-coded body that expands to N MiB (default 64)"},
    Known{"coding", "claim that content coding for a plain body"},
    Known{"content-type", "that content type"},
    Known{"content-filter", "the dialect's refusal by a content filter"},
    Known{"usage", "absent, null, zero, negative, huge, text, float, repeated, lower, empty"},
};

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return unsigned(c - '0');
  if (c >= 'a' && c <= 'f') return unsigned(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return unsigned(c - 'A') + 10;
  return std::nullopt;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (high && low) {
        out += static_cast<char>(*high * 16 + *low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

bool is_known(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return true;
  }
  return false;
}

}  // namespace

core::Result<Behaviours> Behaviours::parse(std::string_view list) {
  Behaviours out;
  for (std::string_view item : core::split(list, ';')) {
    item = core::trim(item);
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const std::string_view name = item.substr(0, equals);
    if (!is_known(name)) {
      return core::fail(core::Errc::invalid_argument,
                        "no such behaviour: " + core::printable(name));
    }
    out.items_.emplace_back(
        name, equals == std::string_view::npos ? "" : percent_decoded(item.substr(equals + 1)));
  }
  return out;
}

void Behaviours::merge(const Behaviours& other) {
  items_.insert(items_.end(), other.items_.begin(), other.items_.end());
}

const std::string* Behaviours::find(std::string_view name) const noexcept {
  for (const auto& [known, argument] : items_) {
    if (known == name) return &argument;
  }
  return nullptr;
}

std::string_view Behaviours::text(std::string_view name) const noexcept {
  const std::string* found = find(name);
  return found ? std::string_view(*found) : std::string_view();
}

std::uint64_t Behaviours::number(std::string_view name, std::uint64_t fallback) const noexcept {
  const std::string* found = find(name);
  if (!found) return fallback;
  return core::parse_u64(*found).value_or(fallback);
}

std::string_view behaviours_of_model(std::string_view model) noexcept {
  constexpr std::string_view kPrefix = "fake/";
  return model.starts_with(kPrefix) ? model.substr(kPrefix.size()) : std::string_view();
}

std::string behaviour_help() {
  std::string out;
  for (const Known& known : kKnown) {
    out += "  ";
    out += known.name;
    out.append(known.name.size() < 20 ? 20 - known.name.size() : 1, ' ');
    out += known.meaning;
    out += '\n';
  }
  return out;
}

}  // namespace gatehouse::fake_provider
