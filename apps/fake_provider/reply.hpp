#pragma once
/// An answer as bytes on the wire with its timing. Immutable once built, shared by requests.

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "draft.hpp"

namespace gatehouse::fake_provider {

using Micros = std::chrono::microseconds;

inline constexpr std::uint64_t kForever = std::numeric_limits<std::uint64_t>::max();

/// Bytes to write at a time counted from the start of the answer.
struct Step {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::uint64_t repeat = 1;
  Micros at{0};
  Micros every{0};           ///< between repetitions
  std::uint32_t tokens = 0;  ///< output tokens delivered by each repetition
};

enum class Ending : std::uint8_t {
  keep_alive,
  close,
  reset,
  half_close,  ///< close the sending side, then wait for the peer
  hang,        ///< say nothing more, wait for the peer
};

struct Reply {
  std::string bytes;
  std::vector<Step> steps;
  std::vector<std::size_t> id_slots;  ///< positions of kIdSlot in `bytes`, ascending
  Ending ending = Ending::keep_alive;
  int status = 0;  ///< 0: no HTTP answer
  bool stream = false;
  Usage usage;
};

class ReplyBuilder {
 public:
  /// Later bytes are due this much later.
  void pause(Micros gap) { clock_ += gap; }
  /// Bytes that are due at the same time are written together.
  void add(std::string_view bytes, std::uint32_t tokens = 0);
  void add_repeated(std::string_view bytes, std::uint64_t repeat, Micros every,
                    std::uint32_t tokens = 0);
  /// Cuts everything added so far into writes of `size` bytes, `gap` apart.
  void cut(std::size_t size, Micros gap);
  Reply finish(Ending ending) &&;

 private:
  Reply reply_;
  Micros clock_{0};
};

/// Parts of an answer given word for word by a script.
struct Verbatim {
  std::optional<std::string> raw;   ///< the whole answer, head included
  std::optional<std::string> body;  ///< the body only
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Frames a draft as HTTP, with the behaviours that concern content and wire.
Reply build_reply(Draft draft, const Ask& ask, const Behaviours& behaviours,
                  const Verbatim& verbatim, core::WallTime now);

/// content_faults.cpp: falsifies the pieces of a draft.
void spoil_content(Draft& draft, const Ask& ask, const Behaviours& behaviours,
                   const Verbatim& verbatim);
std::string gzip(std::string_view plain);

/// no_http.cpp: answers that are no HTTP at all; empty when none is asked for.
std::optional<Reply> build_no_http(const Behaviours& behaviours, const Verbatim& verbatim);

/// head.cpp: status line and fields up to and including the blank line.
enum class Framing : std::uint8_t { length, chunked, until_close };
std::string build_head(const Draft& draft, const Behaviours& behaviours, Framing framing,
                       std::uint64_t length, core::WallTime now);

}  // namespace gatehouse::fake_provider
