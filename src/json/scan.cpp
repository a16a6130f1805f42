#include "gatehouse/json/scan.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <vector>

#include "locate.hpp"
#include "walk.hpp"

namespace gatehouse::json {

namespace {

constexpr std::size_t kLeastCapacity = std::size_t{16} << 10;
/// Memory for longer texts is given back after the scan.
constexpr std::size_t kKeptCapacity = std::size_t{1} << 20;
/// Texts with so few bytes per token are the work of a machine: prose and data have more.
constexpr std::size_t kBytesPerToken = 3;
constexpr std::size_t kKeptMembers = std::size_t{1} << 12;

std::unexpected<core::Error> refuse(std::size_t offset, std::string_view problem) {
  std::string message = "invalid JSON at byte " + std::to_string(offset) + ": ";
  message += problem;
  return core::fail(core::Errc::invalid_argument, std::move(message));
}

}  // namespace

struct Scanner::State {
  explicit State(ScanLimits bounds) : limits(bounds), scopes((bounds.max_depth + 63) / 64) {}

  bool reserve(std::size_t size);
  void trim();
  core::Result<void> index(std::string_view text);
  core::Result<void> look_ahead(std::string_view text);

  const ScanLimits limits;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1;
  std::size_t capacity = 0;
  std::vector<std::uint64_t> scopes;
  std::vector<Member> members;
  std::string copy;
};

bool Scanner::State::reserve(std::size_t size) {
  if (size <= capacity && stage1) return true;
  if (size > simdjson::SIMDJSON_MAXSIZE_BYTES) return false;
  const std::size_t wanted = std::min(std::bit_ceil(std::max(size, kLeastCapacity)),
                                      std::size_t{simdjson::SIMDJSON_MAXSIZE_BYTES});
  stage1.reset();
  capacity = 0;
  // The depth counts in simdjson's own second stage alone, which is not used.
  const simdjson::error_code error =
      simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, stage1);
  if (error != simdjson::SUCCESS) throw std::bad_alloc();
  capacity = wanted;
  return true;
}

/// The outline needs the members alone: what a large text made of the index may go.
void Scanner::State::trim() {
  if (capacity <= kKeptCapacity) return;
  stage1.reset();
  capacity = 0;
}

/// A text that is full of tokens is refused for its beginning: the index of the whole would take
/// four bytes of fresh memory per token, whose page faults cost more than the scan. Whatever else
/// the beginning may be is for the scan of the whole to say.
core::Result<void> Scanner::State::look_ahead(std::string_view text) {
  if (text.size() / kBytesPerToken <= limits.max_tokens) return {};
  const std::size_t size = limits.max_tokens * kBytesPerToken;
  if (!reserve(size)) return {};
  stage1->n_structural_indexes = 0;
  [[maybe_unused]] const simdjson::error_code cut =
      stage1->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), size,
                     simdjson::stage1_mode::streaming_partial);
  if (stage1->n_structural_indexes <= limits.max_tokens) return {};
  return refuse(stage1->structural_indexes[limits.max_tokens], "too many values");
}

core::Result<void> Scanner::State::index(std::string_view text) {
  if (text.empty()) return refuse(0, "the text is empty");
  if (auto seen = look_ahead(text); !seen) return seen;
  if (!reserve(text.size())) return core::fail(core::Errc::too_large, "JSON text above 4 GiB");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  switch (stage1->stage1(bytes, text.size(), simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS:
      break;
    case simdjson::EMPTY:
      return refuse(text.size(), "the text is blank");
    case simdjson::UTF8_ERROR:
      return refuse(locate_bad_utf8(text), "invalid UTF-8");
    case simdjson::UNCLOSED_STRING:
      return refuse(locate_bad_string(text), "unclosed string");
    case simdjson::UNESCAPED_CHARS:
      return refuse(locate_bad_string(text), "control character in a string");
    default:
      return refuse(0, "malformed text");
  }
  if (stage1->n_structural_indexes > limits.max_tokens) {
    return refuse(stage1->structural_indexes[limits.max_tokens], "too many values");
  }
  return {};
}

Scanner::Scanner(ScanLimits limits) : state_(std::make_unique<State>(limits)) {}
Scanner::~Scanner() = default;

core::Result<Outline> Scanner::scan(std::string_view text) {
  State& state = *state_;
  if (state.members.capacity() > kKeptMembers) std::vector<Member>().swap(state.members);
  state.members.clear();
  if (core::Result<void> indexed = state.index(text); !indexed) {
    state.trim();
    return core::pass(indexed);
  }

  const WalkResult walked =
      walk(text, {state.stage1->structural_indexes.get(), state.stage1->n_structural_indexes},
           state.limits, state.scopes, state.members);
  state.trim();
  if (walked.problem != nullptr) return refuse(walked.offset, walked.problem);
  Outline outline;
  outline.kind_ = walked.kind;
  outline.members_ = state.members;
  return outline;
}

core::Result<Outline> Scanner::scan_copy(std::string_view text) {
  std::string& copy = state_->copy;
  if (copy.capacity() > kKeptCapacity) std::string().swap(copy);
  copy.resize(text.size() + kPadding);
  std::copy(text.begin(), text.end(), copy.begin());
  return scan(std::string_view(copy).substr(0, text.size()));
}

}  // namespace gatehouse::json
