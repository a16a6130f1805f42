#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gatehouse/net/http_codec.hpp"

namespace gatehouse::net {
namespace {

/// What a parser made of some bytes; comparable, so that two ways of feeding can be compared.
struct Outcome {
  int status = 0;  // 0: accepted, -1: asks for more, else the refusal
  std::string reason;
  std::string method, target, path, query;
  std::vector<std::pair<std::string, std::string>> fields;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t length = 0;
  bool keep_alive = false, expect = false, http10 = false;
  std::size_t head_bytes = 0;

  bool operator==(const Outcome&) const = default;
};

Outcome describe(const RequestParser& parser) {
  const RequestHead& head = parser.head();
  Outcome out;
  out.method = head.method;
  out.target = head.target;
  out.path = head.path;
  out.query = head.query;
  for (const auto& field : head.headers) out.fields.emplace_back(field.name, field.value);
  out.framing = head.framing;
  out.length = head.content_length;
  out.keep_alive = head.keep_alive;
  out.expect = head.expect_continue;
  out.http10 = head.http10;
  out.head_bytes = parser.head_bytes();
  return out;
}

Outcome refused(const HttpViolation& violation) {
  Outcome out;
  out.status = violation.status;
  out.reason = violation.reason;
  return out;
}

Outcome parse_once(std::string_view bytes, const HttpLimits& limits = {}) {
  RequestParser parser(limits);
  const auto state = parser.parse(bytes);
  if (!state) return refused(state.error());
  if (*state == HeadState::done) return describe(parser);
  Outcome out;
  out.status = -1;
  return out;
}

/// Shows the parser `cut` bytes first and then all of them, in a buffer that has moved.
Outcome parse_cut(std::string_view bytes, std::size_t cut, const HttpLimits& limits = {}) {
  RequestParser parser(limits);
  const std::string first(bytes.substr(0, cut));
  const auto early = parser.parse(first);
  if (!early) return refused(early.error());
  const auto state = parser.parse(bytes);
  if (!state) return refused(state.error());
  if (*state == HeadState::done) return describe(parser);
  Outcome out;
  out.status = -1;
  return out;
}

/// One byte more per call, as from the slowest client.
Outcome parse_bytewise(std::string_view bytes, const HttpLimits& limits = {}) {
  RequestParser parser(limits);
  std::string seen;
  for (const char c : bytes) {
    seen.push_back(c);
    const auto state = parser.parse(seen);
    if (!state) return refused(state.error());
    if (*state == HeadState::done) return describe(parser);
  }
  Outcome out;
  out.status = -1;
  return out;
}

struct Case {
  const char* name;
  int status;  // as in Outcome
  std::string bytes;
};

std::string get(const std::string& fields) {
  return "GET /v1/models HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields) {
  return "POST /v1/x HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}
std::string path(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
}
std::string host(const std::string& lines) {
  return "GET /x HTTP/1.1\r\n" + lines + "\r\n";
}
std::string repeat(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}
std::string nul(const std::string& before, const std::string& after) {
  return before + std::string(1, '\0') + after;
}

std::vector<Case> framing_cases() {
  const std::string te = "Transfer-Encoding: ";
  const std::string cl = "Content-Length: ";
  return {
      {"length", 0, post(cl + "5\r\n")},
      {"length zero", 0, post(cl + "0\r\n")},
      {"length with padding", 0, post("Content-Length: \t 5 \t\r\n")},
      {"length on GET", 0, get(cl + "5\r\n")},
      {"no space after the colon", 0, post("Content-Length:5\r\n")},
      {"name in any case", 0, post("cOnTeNt-LeNgTh: 5\r\n")},
      {"chunked", 0, post(te + "chunked\r\n")},
      {"chunked in any case", 0, post("tRaNsFeR-eNcOdInG: ChUnKeD\r\n")},
      {"length and chunked", 400, post(cl + "5\r\n" + te + "chunked\r\n")},
      {"chunked and length", 400, post(te + "chunked\r\n" + cl + "5\r\n")},
      {"chunked and length zero", 400, post(te + "chunked\r\n" + cl + "0\r\n")},
      {"length twice", 400, post(cl + "5\r\n" + cl + "6\r\n")},
      {"same length twice", 400, post(cl + "5\r\n" + cl + "5\r\n")},
      {"length zero twice", 400, post(cl + "0\r\n" + cl + "0\r\n")},
      {"length list", 400, post(cl + "5, 5\r\n")},
      {"length list without space", 400, post(cl + "5,6\r\n")},
      {"length plus", 400, post(cl + "+5\r\n")},
      {"length minus", 400, post(cl + "-5\r\n")},
      {"length minus zero", 400, post(cl + "-0\r\n")},
      {"length hex", 400, post(cl + "0x5\r\n")},
      {"length hex digits", 400, post(cl + "a\r\n")},
      {"length empty", 400, post(cl + "\r\n")},
      {"length blank", 400, post(cl + "  \r\n")},
      {"length with inner space", 400, post(cl + "1 2\r\n")},
      {"length with a dot", 400, post(cl + "5.0\r\n")},
      {"length with an exponent", 400, post(cl + "1e3\r\n")},
      {"length with an underscore", 400, post(cl + "1_000\r\n")},
      {"length quoted", 400, post(cl + "\"5\"\r\n")},
      {"length with parameter", 400, post(cl + "5;a=b\r\n")},
      {"length 2^64", 400, post(cl + "18446744073709551616\r\n")},
      {"length 2^64 + 5", 400, post(cl + "18446744073709551621\r\n")},
      {"length 2^63", 413, post(cl + "9223372036854775808\r\n")},
      {"length of 30 digits", 400, post(cl + repeat("9", 30) + "\r\n")},
      {"length of 30 zeros", 400, post(cl + repeat("0", 30) + "\r\n")},
      {"length with Arabic digits", 400, post(cl + "\xd9\xa5\r\n")},
      {"length with NUL", 400, post(nul(cl + "5", "\r\n"))},
      {"length over the body limit", 413, post(cl + "33554433\r\n")},
      {"length at the body limit", 0, post(cl + "33554432\r\n")},
      {"chunked twice", 400, post(te + "chunked\r\n" + te + "chunked\r\n")},
      {"chunked list", 400, post(te + "chunked, chunked\r\n")},
      {"gzip, chunked", 400, post(te + "gzip, chunked\r\n")},
      {"chunked, identity", 400, post(te + "chunked, identity\r\n")},
      {"identity", 400, post(te + "identity\r\n")},
      {"gzip", 400, post(te + "gzip\r\n")},
      {"xchunked", 400, post(te + "xchunked\r\n")},
      {"chunkedx", 400, post(te + "chunkedx\r\n")},
      {"chunke", 400, post(te + "chunke\r\n")},
      {"empty coding", 400, post(te + "\r\n")},
      {"quoted chunked", 400, post(te + "\"chunked\"\r\n")},
      {"chunked with parameter", 400, post(te + "chunked;q=1\r\n")},
      {"chunked, empty element", 400, post(te + "chunked,\r\n")},
      {"empty element, chunked", 400, post(te + ",chunked\r\n")},
      {"chunked behind vertical tab", 400, post(te + "\vchunked\r\n")},
      {"chunked behind form feed", 400, post(te + "\fchunked\r\n")},
      {"chunked behind no-break space", 400,
       post(te + "\xa0"
                 "chunked\r\n")},
      {"chunked with NUL", 400, post(nul(te + "chunked", "\r\n"))},
      {"chunked, then identity line", 400, post(te + "chunked\r\n" + te + "identity\r\n")},
      {"identity line, then chunked", 400, post(te + "identity\r\n" + te + "chunked\r\n")},
      {"chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"length in HTTP/1.0", 0, "POST / HTTP/1.0\r\nContent-Length: 3\r\n\r\n"},
      {"underscore in length", 400, post("Content_Length: 5\r\n")},
      {"underscore in coding", 400, post("Transfer_Encoding: chunked\r\n")},
      {"one underscore of two", 400, post("transfer_encoding: x\r\n")},
      {"underscore elsewhere", 0, post("x_custom_field: 5\r\n")},
      {"space before the colon", 400, post("Content-Length : 5\r\n")},
      {"tab before the colon", 400, post("Content-Length\t: 5\r\n")},
      {"space before another colon", 400, post("X-Any : 5\r\n")},
      {"space before coding's colon", 400, post("Transfer-Encoding : chunked\r\n")},
      {"vertical tab before the colon", 400, post("Transfer-Encoding\v: chunked\r\n")},
      {"space in a name", 400, post("Content Length: 5\r\n")},
      {"leading space", 400, post(" Content-Length: 5\r\n")},
      {"leading tab", 400, post("\tTransfer-Encoding: chunked\r\n")},
      {"folded value", 400, post("X: a\r\n b\r\n")},
      {"folded coding", 400, post("Transfer-Encoding:\r\n chunked\r\n")},
      {"folded with a tab", 400, post("X: a\r\n\tb\r\n")},
      {"line of blanks", 400, post("X: a\r\n \r\n")},
      {"fold in the first line", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"Expect", 0, post(cl + "5\r\nExpect: 100-continue\r\n")},
      {"Expect in any case", 0, post(cl + "5\r\nExpect: 100-Continue\r\n")},
      {"unknown Expect", 417, post(cl + "5\r\nExpect: 200-ok\r\n")},
      {"Expect list", 417, post(cl + "5\r\nExpect: 100-continue, x\r\n")},
      {"empty Expect", 417, post(cl + "5\r\nExpect:\r\n")},
      {"gzip body", 415, post(cl + "5\r\nContent-Encoding: gzip\r\n")},
      {"identity body", 0, post(cl + "5\r\nContent-Encoding: identity\r\n")},
      {"gzip list", 415, post(cl + "5\r\nContent-Encoding: identity, gzip\r\n")},
  };
}

std::vector<Case> line_cases() {
  return {
      {"plain", 0, get("")},
      {"leading empty line", 0, "\r\n" + get("")},
      {"two leading empty lines", 400, "\r\n\r\n" + get("")},
      {"leading LF", 400, "\n" + get("")},
      {"leading space", 400, " " + get("")},
      {"bare LF after the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare LF after a field", 400, "GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {"bare LF at the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"LF LF", 400, "GET / HTTP/1.1\nHost: a\n\n"},
      {"bare CR after a field", 400, "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"},
      {"bare CR in the request line", 400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"CR CR LF", 400, "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"},
      {"CR CR LF at the end", 400, "GET / HTTP/1.1\r\nHost: a\r\n\r\r\n"},
      {"NUL in a value", 400, get(nul("X: a", "b\r\n"))},
      {"NUL in a name", 400, get(nul("X", "y: b\r\n"))},
      {"escape in a value", 400, get("X: \x1b[0m\r\n")},
      {"delete in a value", 400, get("X: \x7f\r\n")},
      {"bell in a name", 400, get("X\a: b\r\n")},
      {"tab in a value", 0, get("X: a\tb\r\n")},
      {"UTF-8 in a value", 0,
       get("X: \xe2\x80\xae"
           "abc\r\n")},
      {"overlong UTF-8 in a value", 400, get("X: \xc0\xaf\r\n")},
      {"truncated UTF-8 in a value", 400, get("X: \xe2\x80\r\n")},
      {"lone continuation in a value", 400, get("X: \x80\r\n")},
      {"surrogate in a value", 400, get("X: \xed\xa0\x80\r\n")},
      {"Latin-1 in a value", 400, get("X: caf\xe9\r\n")},
      {"UTF-8 in a name", 400, get("X\xc3\xa9: b\r\n")},
      {"empty value", 0, get("X:\r\n")},
      {"empty name", 400, get(": b\r\n")},
      {"no colon", 400, get("Xab\r\n")},
      {"colon only", 400, get(":\r\n")},
      {"parenthesis in a name", 400, get("X(y): b\r\n")},
      {"quote in a name", 400, get("\"X\": b\r\n")},
      {"slash in a name", 400, get("X/y: b\r\n")},
      {"at in a name", 400, get("X@y: b\r\n")},
      {"brace in a name", 400, get("X{y}: b\r\n")},
      {"all of tchar in a name", 0, get("!#$%&'*+-.^_`|~09azAZ: b\r\n")},
      {"colons in a value", 0, get("X: a:b: c\r\n")},
      {"request line twice", 400, get("GET / HTTP/1.1\r\n")},
      {"lower-case method", 0, "get / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"method of tchar", 0, "M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"method with a slash", 400, "GE/T / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"method with a colon", 400, "GET: / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"method with a comma", 400, "GET,POST / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no method", 400, " / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"method of 32", 0, repeat("A", 32) + " / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"method of 33", 400, repeat("A", 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two spaces after the method", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"two spaces before the version", 400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"tab for space", 400, "GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"},
      {"space at the end", 400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
      {"space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no version", 400, "GET /\r\n\r\n"},
      {"no version but a space", 400, "GET / \r\n\r\n"},
      {"only a method", 400, "GET\r\n\r\n"},
      {"HTTP/1.0", 0, "GET / HTTP/1.0\r\n\r\n"},
      {"HTTP/1.2", 505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
      {"HTTP/0.9", 505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n"},
      {"HTTP/2.0", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {"HTTP/2 preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {"HTTP/3", 400, "GET / HTTP/3\r\nHost: a\r\n\r\n"},
      {"HTTP/01.1", 400, "GET / HTTP/01.1\r\nHost: a\r\n\r\n"},
      {"HTTP/1.10", 400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n"},
      {"http/1.1", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"ICAP/1.0", 400, "GET / ICAP/1.0\r\nHost: a\r\n\r\n"},
      {"TLS hello", 400, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11)},
      {"status line", 400, "HTTP/1.1 200 OK\r\nHost: a\r\n\r\n"},
      {"unfinished", -1, "GET / HTTP/1.1\r\nHost: a\r\n"},
  };
}

std::vector<Case> target_cases() {
  return {
      {"root", 0, path("/")},
      {"trailing slash", 0, path("/v1/")},
      {"query", 0, path("/v1?a=b&c=%20+/?[]{}|")},
      {"empty query", 0, path("/v1?")},
      {"double slash in the query", 0, path("/v1?u=http://x/../y")},
      {"encoded", 0, path("/v1/models/gpt%204%C3%A9")},
      {"dots in names", 0, path("/.well-known/a..b/...")},
      {"double slash", 400, path("//")},
      {"double slash inside", 400, path("/v1//models")},
      {"double slash at the end", 400, path("/v1//")},
      {"double slash in front", 400, path("//v1")},
      {"dot", 400, path("/./v1")},
      {"dot at the end", 400, path("/v1/.")},
      {"dots", 400, path("/v1/../admin")},
      {"dots at the end", 400, path("/v1/..")},
      {"dots in front", 400, path("/../v1")},
      {"dots only", 400, path("/..")},
      {"encoded dots", 400, path("/v1/%2e%2e/admin")},
      {"encoded dots, upper case", 400, path("/v1/%2E%2E/admin")},
      {"half encoded dots", 400, path("/v1/.%2e/admin")},
      {"other half encoded dots", 400, path("/v1/%2e./admin")},
      {"encoded dot", 400, path("/v1/%2e/admin")},
      {"encoded slash", 400, path("/v1%2fadmin")},
      {"encoded slash, upper case", 400, path("/v1%2Fadmin")},
      {"encoded backslash", 400, path("/v1%5cadmin")},
      {"encoded backslash, upper case", 400, path("/v1%5Cadmin")},
      {"backslash", 400, path("/v1\\admin")},
      {"backslash dots", 400, path("/v1/..\\admin")},
      {"encoded NUL", 400, path("/v1%00")},
      {"encoded CR LF", 400, path("/v1%0d%0aX:%20y")},
      {"encoded delete", 400, path("/v1%7f")},
      {"encoded overlong slash", 400, path("/v1%c0%afadmin")},
      {"encoded truncated UTF-8", 400, path("/v1/%e2%80")},
      {"encoded UTF-8 in two segments", 400, path("/v1/%c3/%a9")},
      {"encoded Latin-1 in the query", 400, path("/v1?a=caf%e9")},
      {"encoded UTF-8 in the query", 0, path("/v1?a=caf%c3%a9")},
      {"encoded NUL in the query", 400, path("/v1?a=%00")},
      {"cut triplet", 400, path("/v1%2")},
      {"bare percent", 400, path("/v1%")},
      {"bad triplet", 400, path("/v1%zz")},
      {"half bad triplet", 400, path("/v1%2g")},
      {"%u escape", 400, path("/v1%u002f")},
      {"bad triplet in the query", 400, path("/v1?a=%zz")},
      {"cut triplet in the query", 400, path("/v1?a=%2")},
      {"raw UTF-8", 400, path("/v1/caf\xc3\xa9")},
      {"raw overlong slash", 400,
       path("/v1\xc0\xaf"
            "admin")},
      {"raw UTF-8 in the query", 400, path("/v1?a=\xc3\xa9")},
      {"fragment", 400, path("/v1#x")},
      {"fragment in the query", 400, path("/v1?a#x")},
      {"quote", 400, path("/v1\"x")},
      {"angle bracket", 400, path("/v1<x>")},
      {"caret", 400, path("/v1^x")},
      {"tab", 400, path("/v1\tx")},
      {"empty target", 400, path("")},
      {"asterisk", 400, path("*")},
      {"relative", 400, path("v1/models")},
      {"dots without a slash", 400, path("..")},
      {"authority form", 400, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"},
      {"absolute", 0, path("http://a/v1/models?x=y")},
      {"absolute, other case", 0, path("HTTP://A/v1")},
      {"absolute https", 0, path("https://a/v1")},
      {"absolute without a path", 0, path("http://a")},
      {"absolute with only a query", 0, path("http://a?x=y")},
      {"absolute, other host", 400, path("http://b/v1")},
      {"absolute, other port", 400, path("http://a:8080/v1")},
      {"absolute, longer host", 400, path("http://a.b/v1")},
      {"absolute with user", 400, path("http://a@a/v1")},
      {"absolute with user and password", 400, path("http://u:p@a/v1")},
      {"absolute without host", 400, path("http:///v1")},
      {"absolute ftp", 400, path("ftp://a/v1")},
      {"absolute with dots", 400, path("http://a/../v1")},
      {"absolute with double slash", 400, path("http://a//v1")},
      {"absolute with backslash", 400, path("http://a\\@b/v1")},
      {"scheme without slashes", 400, path("http:a/v1")},
      {"other version without Host", 0, "GET http://b/x HTTP/1.0\r\n\r\n"},
  };
}

std::vector<Case> host_cases() {
  return {
      {"name", 0, host("Host: gatehouse.example\r\n")},
      {"name and port", 0, host("Host: localhost:4000\r\n")},
      {"IPv4", 0, host("Host: 127.0.0.1:80\r\n")},
      {"IPv6", 0, host("Host: [::1]:4000\r\n")},
      {"underscore", 0, host("Host: gate_house\r\n")},
      {"missing", 400, host("X: y\r\n")},
      {"empty", 400, host("Host:\r\n")},
      {"blank", 400, host("Host: \t\r\n")},
      {"twice", 400, host("Host: a\r\nHost: a\r\n")},
      {"two of them", 400, host("Host: a\r\nX: y\r\nhost: b\r\n")},
      {"twice in HTTP/1.0", 400, "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"},
      {"slash", 400, host("Host: a/b\r\n")},
      {"question mark", 400, host("Host: a?b\r\n")},
      {"number sign", 400, host("Host: a#b\r\n")},
      {"at", 400, host("Host: u@a\r\n")},
      {"space", 400, host("Host: a b\r\n")},
      {"tab", 400, host("Host: a\tb\r\n")},
      {"comma", 400, host("Host: a,b\r\n")},
      {"backslash", 400, host("Host: a\\b\r\n")},
      {"percent", 400, host("Host: a%2fb\r\n")},
      {"UTF-8", 400, host("Host: caf\xc3\xa9\r\n")},
      {"with scheme", 400, host("Host: http://a\r\n")},
      {"port only", 400, host("Host: :80\r\n")},
      {"port with letters", 400, host("Host: a:8o\r\n")},
      {"empty port", 400, host("Host: a:\r\n")},
      {"port too large", 400, host("Host: a:65536\r\n")},
      {"port with plus", 400, host("Host: a:+80\r\n")},
      {"two ports", 400, host("Host: a:80:80\r\n")},
      {"bracket not closed", 400, host("Host: [::1\r\n")},
      {"text after the bracket", 400, host("Host: [::1]a\r\n")},
      {"name in brackets", 400, host("Host: [name]\r\n")},
      {"empty brackets", 400, host("Host: []\r\n")},
      {"underscore in the name", 400, host("Host: a\r\nCONTENT_LENGTH: 1\r\n")},
      {"space before the colon", 400, host("Host : a\r\n")},
  };
}

std::vector<Case> size_cases() {
  const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::size_t rest = 32 * 1024 - line.size() - std::string("X: \r\n\r\n").size();
  return {
      {"100 fields", 0, get(repeat("A: b\r\n", 99))},
      {"101 fields", 431, get(repeat("A: b\r\n", 100))},
      {"10000 fields", 431, get(repeat("A: b\r\n", 10'000))},
      {"endless fields", 431, "GET / HTTP/1.1\r\n" + repeat("A: b\r\n", 200)},
      {"head of 32 KiB", 0, line + "X: " + std::string(rest, 'x') + "\r\n\r\n"},
      {"head of 32 KiB + 1", 431, line + "X: " + std::string(rest + 1, 'x') + "\r\n\r\n"},
      {"field of 1 MiB", 431, line + "X: " + std::string(1 << 20, 'x') + "\r\n\r\n"},
      {"name of 1 MiB", 431, line + std::string(1 << 20, 'x') + ": y\r\n\r\n"},
      {"unfinished field of 40 KiB", 431, line + "X: " + std::string(40 << 10, 'x')},
      {"target of 8 KiB", 0, path("/" + std::string(8191, 'x'))},
      {"target of 8 KiB + 1", 414, path("/" + std::string(8192, 'x'))},
      {"target of 9 KiB", 414, path("/" + std::string(9 << 10, 'x'))},
      {"unfinished target of 9 KiB", 414, "GET /" + std::string(9 << 10, 'x')},
      {"method of 1 MiB", 414, std::string(1 << 20, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n"},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const auto& part :
       {framing_cases(), line_cases(), target_cases(), host_cases(), size_cases()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

TEST(RequestParser, SmugglingMatrix) {
  std::size_t refusals = 0;
  for (const Case& entry : all_cases()) {
    const Outcome outcome = parse_once(entry.bytes);
    EXPECT_EQ(outcome.status, entry.status) << entry.name << ": " << outcome.reason << "\n"
                                            << entry.bytes.substr(0, 300);
    refusals += entry.status > 0;
  }
  EXPECT_GE(refusals, 120U);
}

TEST(RequestParser, SameResultWhereverTheBytesAreCut) {
  for (const Case& entry : all_cases()) {
    const Outcome whole = parse_once(entry.bytes);
    EXPECT_EQ(parse_bytewise(entry.bytes.substr(0, 40'000)), whole) << entry.name;
    const std::size_t step = entry.bytes.size() > 1000 ? 997 : 1;
    for (std::size_t cut = 0; cut < entry.bytes.size(); cut += step) {
      ASSERT_EQ(parse_cut(entry.bytes, cut), whole) << entry.name << " cut at " << cut;
    }
  }
}

TEST(RequestParser, ReportsTheHead) {
  const std::string bytes =
      "POST /v1/chat/completions?beta=1 HTTP/1.1\r\nHost: gate:4000\r\n"
      "Authorization:  Bearer x \t\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\nbody";
  RequestParser parser{HttpLimits{}};
  ASSERT_EQ(parser.parse(bytes).value(), HeadState::done);
  const RequestHead& head = parser.head();
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/v1/chat/completions?beta=1");
  EXPECT_EQ(head.path, "/v1/chat/completions");
  EXPECT_EQ(head.query, "beta=1");
  EXPECT_EQ(head.headers.size(), 4U);
  EXPECT_EQ(head.headers.find("authorization"), "Bearer x");
  EXPECT_EQ(head.headers.find("absent"), std::nullopt);
  EXPECT_EQ(head.framing, BodyFraming::length);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.expect_continue);
  EXPECT_EQ(bytes.substr(parser.head_bytes()), "body");
}

TEST(RequestParser, AbsoluteTargetsYieldPathAndQuery) {
  Outcome head = parse_once(path("http://a?x=y"));
  EXPECT_EQ(head.path, "/");
  EXPECT_EQ(head.query, "x=y");
  head = parse_once(path("http://a/v1/models?x=y"));
  EXPECT_EQ(head.path, "/v1/models");
  EXPECT_EQ(head.query, "x=y");
}

TEST(RequestParser, FramingOfAcceptedHeads) {
  EXPECT_EQ(parse_once(post("Transfer-Encoding: chunked\r\n")).framing, BodyFraming::chunked);
  EXPECT_EQ(parse_once(post("Content-Length: 0\r\n")).framing, BodyFraming::none);
  EXPECT_EQ(parse_once(post("")).framing, BodyFraming::none);
  const Outcome with_body = parse_once(get("Content-Length: 7\r\n"));
  EXPECT_EQ(with_body.framing, BodyFraming::length);
  EXPECT_EQ(with_body.length, 7U);
}

TEST(RequestParser, KeepAlive) {
  EXPECT_TRUE(parse_once(get("")).keep_alive);
  EXPECT_FALSE(parse_once(get("Connection: close\r\n")).keep_alive);
  EXPECT_FALSE(parse_once(get("Connection: Keep-Alive, CLOSE\r\n")).keep_alive);
  EXPECT_FALSE(parse_once(get("Connection: x\r\nConnection: close\r\n")).keep_alive);
  EXPECT_TRUE(parse_once(get("Connection: x, , y\r\n")).keep_alive);
  EXPECT_FALSE(parse_once("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(parse_once("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  EXPECT_FALSE(parse_once("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").keep_alive);
}

TEST(RequestParser, IgnoresExpectationsItNeedNotMeet) {
  EXPECT_FALSE(parse_once(get("Expect: 100-continue\r\n")).expect);
  EXPECT_FALSE(
      parse_once("POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n").expect);
}

TEST(RequestParser, PipelinedHeadsAreParsedOneByOne) {
  const std::string first = get("N: 1\r\n");
  const std::string bytes = first + get("N: 2\r\nM: 3\r\n");
  RequestParser parser{HttpLimits{}};
  ASSERT_EQ(parser.parse(bytes).value(), HeadState::done);
  EXPECT_EQ(parser.head_bytes(), first.size());
  parser.reset();
  ASSERT_EQ(parser.parse(std::string_view(bytes).substr(first.size())).value(), HeadState::done);
  EXPECT_EQ(parser.head().headers.find("n"), "2");
  EXPECT_EQ(parser.head().headers.size(), 3U);
}

TEST(RequestParser, ParsesAgainAfterTheBufferMoved) {
  std::string bytes = get("N: 1\r\n");
  RequestParser parser{HttpLimits{}};
  ASSERT_EQ(parser.parse(bytes).value(), HeadState::done);
  const std::string moved = bytes + "body";
  bytes.assign(bytes.size(), '!');
  ASSERT_EQ(parser.parse(moved).value(), HeadState::done);
  EXPECT_EQ(parser.head().headers.find("n"), "1");
  EXPECT_EQ(parser.head().path, "/v1/models");
}

}  // namespace
}  // namespace gatehouse::net
