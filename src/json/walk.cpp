#include "walk.hpp"

#include <cstring>

#include "syntax.hpp"

namespace gatehouse::json {

namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Internal linkage lets the compiler fold the whole walk into one loop.
class Walk {
 public:
  Walk(std::string_view text, std::span<const std::uint32_t> index, const ScanLimits& limits,
       std::vector<std::uint64_t>& scopes, std::vector<Member>& members);

  WalkResult result() {
    const bool valid = run();
    return {kind_, valid ? nullptr : problem_, static_cast<std::size_t>(at_ - begin_)};
  }

 private:
  bool run();
  char advance() noexcept;
  bool key(char first);
  bool value(char first);
  bool scalar(char first);
  bool string(std::string_view& span, bool& escaped);
  bool literal(std::string_view word, Kind kind);
  bool open(bool object);
  void close();
  /// Records the value that starts at at_ when it is the root or a child of it.
  bool note(Kind kind, const char* end, bool escaped) {
    return depth_ > 1 || record(kind, end, escaped);
  }
  bool record(Kind kind, const char* end, bool escaped);
  bool fail(const char* problem) noexcept {
    problem_ = problem;
    return false;
  }
  bool fail_at(const char* at, const char* problem) noexcept {
    at_ = at;
    return fail(problem);
  }

  const char* const begin_;
  const char* const end_;
  const std::uint32_t* next_;
  const std::uint32_t* const last_;
  const ScanLimits& limits_;
  std::vector<std::uint64_t>& scopes_;  // one bit per open bracket: 1 for an object
  std::vector<Member>& members_;

  const char* at_;         // the current token
  const char* backslash_;  // the first backslash not behind us
  std::size_t depth_ = 0;
  bool in_object_ = false;
  bool opened_ = false;  // the last token was an opening bracket
  Kind kind_ = Kind::null;
  std::string_view key_;
  bool key_escaped_ = false;
  const char* problem_ = nullptr;
};

Walk::Walk(std::string_view text, std::span<const std::uint32_t> index, const ScanLimits& limits,
           std::vector<std::uint64_t>& scopes, std::vector<Member>& members)
    : begin_(text.data()),
      end_(text.data() + text.size()),
      next_(index.data()),
      last_(index.data() + index.size()),
      limits_(limits),
      scopes_(scopes),
      members_(members),
      at_(text.data()),
      backslash_(syntax::find_backslash(begin_, end_)) {}

/// The next token's first byte; NUL, which starts no token, behind the last.
char Walk::advance() noexcept {
  if (next_ == last_) {
    at_ = end_;
    return '\0';
  }
  at_ = begin_ + *next_++;
  return *at_;
}

bool Walk::run() {
  if (!value(advance())) return false;
  while (depth_ != 0) {
    char c = advance();
    const bool first = opened_;
    opened_ = false;
    if (c == (in_object_ ? '}' : ']')) {
      close();
      continue;
    }
    if (!first) {
      if (c != ',') return fail("expected ',' or a closing bracket");
      c = advance();
    }
    if (in_object_) {
      if (!key(c)) return false;
      c = advance();
    }
    if (!value(c)) return false;
  }
  if (next_ != last_) {
    advance();
    return fail("text after the value");
  }
  return true;
}

bool Walk::key(char first) {
  if (first != '"') return fail("expected a member name in quotes");
  std::string_view span;
  if (!string(span, key_escaped_)) return false;
  key_ = span.substr(1, span.size() - 2);
  if (advance() != ':') return fail("expected ':'");
  return true;
}

bool Walk::value(char first) {
  switch (first) {
    case '{':
      return open(true);
    case '[':
      return open(false);
    case '"': {
      std::string_view span;
      bool escaped = false;
      if (!string(span, escaped)) return false;
      return note(Kind::string, span.data() + span.size(), escaped);
    }
    default:
      return scalar(first);
  }
}

bool Walk::scalar(char first) {
  switch (first) {
    case 't':
      return literal("true", Kind::boolean);
    case 'f':
      return literal("false", Kind::boolean);
    case 'n':
      return literal("null", Kind::null);
    default:
      break;
  }
  if (first != '-' && !syntax::is_digit(first)) {
    return fail(at_ == end_ ? "unexpected end" : "expected a value");
  }
  const char* const end = syntax::number_end(at_, end_);
  if (end == nullptr || (end != end_ && !syntax::is_delimiter(*end))) {
    return fail("malformed number");
  }
  return note(Kind::number, end, false);
}

bool Walk::literal(std::string_view word, Kind kind) {
  const char* const end = at_ + word.size();
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::memcmp(at_, word.data(), word.size()) != 0 ||
      (end != end_ && !syntax::is_delimiter(*end))) {
    return fail("expected a value");
  }
  return note(kind, end, false);
}

/// The string at at_ with its quotes: it ends at the last byte before the next token that is no
/// white space.
bool Walk::string(std::string_view& span, bool& escaped) {
  const char* close = begin_ + *next_ - 1;
  while (close > at_ && syntax::is_space(*close)) --close;
  if (close == at_ || *close != '"') return fail("malformed string");
  span = between(at_, close + 1);
  escaped = backslash_ < close;
  if (escaped) {
    if (const char* bad = syntax::bad_escape(at_ + 1, close)) {
      return fail_at(bad, "malformed escape");
    }
    backslash_ = syntax::find_backslash(close, end_);
  }
  return true;
}

bool Walk::open(bool object) {
  if (depth_ == limits_.max_depth) return fail("nested too deeply");
  if (!note(object ? Kind::object : Kind::array, at_ + 1, false)) return false;
  const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
  std::uint64_t& word = scopes_[depth_ / 64];
  word = object ? word | bit : word & ~bit;
  ++depth_;
  in_object_ = object;
  opened_ = true;
  return true;
}

void Walk::close() {
  --depth_;
  if (depth_ == 0) return;
  const std::size_t outer = depth_ - 1;
  in_object_ = (scopes_[outer / 64] >> (outer % 64)) & 1;
  if (depth_ == 1) {
    Member& child = members_.back();
    child.value = between(child.value.data(), at_ + 1);
  }
}

bool Walk::record(Kind kind, const char* end, bool escaped) {
  if (depth_ == 0) {
    kind_ = kind;
    return true;
  }
  if (members_.size() == limits_.max_children) return fail("too many members");
  members_.push_back({.key = in_object_ ? key_ : std::string_view{},
                      .value = between(at_, end),
                      .kind = kind,
                      .key_escaped = in_object_ && key_escaped_,
                      .value_escaped = escaped});
  return true;
}

}  // namespace

WalkResult walk(std::string_view text, std::span<const std::uint32_t> index,
                const ScanLimits& limits, std::vector<std::uint64_t>& scopes,
                std::vector<Member>& members) {
  return Walk(text, index, limits, scopes, members).result();
}

}  // namespace gatehouse::json
