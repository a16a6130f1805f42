#include "reply.hpp"

#include <algorithm>

namespace gatehouse::fake_provider {

namespace {

constexpr std::size_t kMaxWrite = 64 * 1024;

Micros millis(std::uint64_t count) {
  return std::chrono::milliseconds(count);
}

std::string as_chunk(std::string_view data) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string size;
  for (std::size_t rest = data.size(); rest > 0; rest /= 16) size += kDigits[rest % 16];
  std::ranges::reverse(size);
  return size + "\r\n" + std::string(data) + "\r\n";
}

Framing framing_of(const Draft& draft, const Behaviours& behaviours) {
  if (behaviours.has("http10") || behaviours.has("until-close")) return Framing::until_close;
  for (std::string_view name : {"chunk-size", "chunk-extension", "chunk-no-end", "chunk-no-crlf",
                                "trailers", "huge-chunked", "length-and-chunked"}) {
    if (behaviours.has(name)) return Framing::chunked;
  }
  if (behaviours.has("endless")) return Framing::chunked;
  return draft.stream ? Framing::chunked : Framing::length;
}

/// Where the answer breaks off, if it does.
struct Break {
  Ending ending;
  std::string_view behaviour;
};
std::optional<Break> break_of(const Behaviours& behaviours) {
  for (const Break& candidate :
       {Break{Ending::hang, "stall"}, Break{Ending::half_close, "half-close"},
        Break{Ending::reset, "rst"}}) {
    if (behaviours.has(candidate.behaviour)) return candidate;
  }
  return std::nullopt;
}

class Framer {
 public:
  Framer(Draft draft, const Behaviours& behaviours, core::WallTime now)
      : draft_(std::move(draft)),
        behaviours_(behaviours),
        now_(now),
        framing_(framing_of(draft_, behaviours)) {}

  Reply build() && {
    builder_.pause(millis(behaviours_.number("ttfb", 0)));
    for (std::uint64_t i = 0, count = behaviours_.number("interim", 0); i < count; ++i) {
      builder_.add("HTTP/1.1 103 Early Hints\r\nlink: </hint>\r\n\r\n");
    }
    add_head();
    builder_.pause(millis(behaviours_.number("ttft", 0)));
    const Ending ending = add_body();
    if (behaviours_.has("cut")) {
      builder_.cut(std::max<std::uint64_t>(behaviours_.number("cut", 1), 1), Micros(0));
    }
    if (behaviours_.has("extra")) {
      builder_.pause(millis(behaviours_.number("extra", 0)));
      builder_.add(
          "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 29\r\n\r\n"
          "{\"stolen\":\"unasked response\"}");
    }
    Reply reply = std::move(builder_).finish(ending);
    reply.status = draft_.status;
    reply.stream = draft_.stream;
    reply.usage = draft_.usage;
    return reply;
  }

 private:
  void add_head() {
    std::uint64_t length = 0;
    for (const Piece& piece : draft_.pieces) length += piece.data.size();
    if (behaviours_.has("huge")) length = behaviours_.number("huge", 1ULL << 30);
    std::string head = build_head(draft_, behaviours_, framing_, length, now_);
    if (!behaviours_.has("drip")) return builder_.add(head);
    for (char& c : head) {
      builder_.add(std::string_view(&c, 1));
      builder_.pause(millis(behaviours_.number("drip", 1000)));
    }
  }

  void add_data(std::string_view data, std::uint32_t tokens = 0) {
    if (framing_ != Framing::chunked) return builder_.add(data, tokens);
    if (behaviours_.has("chunk-no-crlf")) {
      std::string chunk = as_chunk(data);
      chunk.resize(chunk.size() - 2);
      return builder_.add(chunk, tokens);
    }
    builder_.add(as_chunk(data), tokens);
  }

  Ending add_body() {
    if (behaviours_.has("huge") || behaviours_.has("huge-chunked")) return add_huge();
    if (behaviours_.has("endless")) return add_endless();
    if (behaviours_.has("chunk-size")) {
      builder_.add(std::string(behaviours_.text("chunk-size")) + "\r\n");
      for (const Piece& piece : draft_.pieces) builder_.add(piece.data);
      return Ending::half_close;
    }
    if (behaviours_.has("chunk-extension")) {
      builder_.add("1;x=" + std::string(behaviours_.number("chunk-extension", 1 << 20), 'e'));
      builder_.add("\r\n{\r\n");
      return Ending::half_close;
    }
    if (const auto broken = break_of(behaviours_)) return add_broken(*broken);
    const double per_token = token_interval();
    for (const Piece& piece : draft_.pieces) {
      builder_.pause(Micros(static_cast<std::int64_t>(per_token * piece.tokens)));
      add_piece(piece);
    }
    return add_end();
  }

  double token_interval() const {
    const std::uint64_t tps = draft_.stream ? behaviours_.number("tps", 0) : 0;
    return tps == 0 ? 0.0 : 1'000'000.0 / static_cast<double>(tps);
  }

  void add_piece(const Piece& piece) {
    const std::uint64_t at = behaviours_.number("cut-at", 0);
    const std::uint64_t before = std::exchange(body_bytes_, body_bytes_ + piece.data.size());
    if (at <= before || at >= body_bytes_) return add_data(piece.data, piece.tokens);
    add_data(std::string_view(piece.data).substr(0, at - before));
    builder_.pause(millis(behaviours_.number("gap", 6)));
    add_data(std::string_view(piece.data).substr(at - before), piece.tokens);
  }

  Ending add_end() {
    if (behaviours_.has("chunk-no-end") || behaviours_.has("chunk-no-crlf")) return Ending::close;
    if (framing_ == Framing::chunked) {
      builder_.add("0\r\n");
      for (std::uint64_t i = 0, count = behaviours_.number("trailers", 0); i < count; ++i) {
        builder_.add("x-trailer-" + std::to_string(i) + ": value\r\n");
      }
      builder_.add("\r\n");
    }
    const bool closes =
        framing_ == Framing::until_close || behaviours_.has("close") || behaviours_.has("length");
    return closes ? Ending::close : Ending::keep_alive;
  }

  /// N events of a stream, or half of a body, then the break.
  Ending add_broken(const Break& broken) {
    const double per_token = token_interval();
    if (draft_.stream) {
      const std::uint64_t events = behaviours_.number(broken.behaviour, draft_.pieces.size() / 2);
      for (std::size_t i = 0; i < events && i < draft_.pieces.size(); ++i) {
        builder_.pause(Micros(static_cast<std::int64_t>(per_token * draft_.pieces[i].tokens)));
        add_data(draft_.pieces[i].data, draft_.pieces[i].tokens);
      }
    } else if (!draft_.pieces.empty()) {
      const std::string_view data = draft_.pieces.front().data;
      add_data(data.substr(0, data.size() / 2));
    }
    // A reset would overtake bytes that the peer has not read yet.
    if (broken.ending == Ending::reset) builder_.pause(millis(50));
    builder_.add("");
    return broken.ending;
  }

  Ending add_huge() {
    const bool chunked = framing_ == Framing::chunked;
    const std::string block(kMaxWrite, 'h');
    const std::uint64_t bytes = behaviours_.number(chunked ? "huge-chunked" : "huge", 1ULL << 30);
    const std::uint64_t blocks = bytes / kMaxWrite;
    builder_.add_repeated(chunked ? as_chunk(block) : block, blocks, Micros(0));
    add_data(std::string(std::max<std::uint64_t>(bytes - blocks * kMaxWrite, 1), 'h'));
    return add_end();
  }

  Ending add_endless() {
    const Micros every = millis(behaviours_.number("endless", 0));
    if (!draft_.stream) {
      add_data(R"({"id":")");
      builder_.add_repeated(as_chunk(std::string(4096, 'e')), kForever, every);
      return Ending::close;
    }
    std::size_t loop = 0;
    while (loop + 1 < draft_.pieces.size() && draft_.pieces[loop].tokens == 0) ++loop;
    for (std::size_t i = 0; i < loop; ++i) add_data(draft_.pieces[i].data);
    builder_.add_repeated(as_chunk(draft_.pieces[loop].data), kForever, every,
                          draft_.pieces[loop].tokens);
    return Ending::close;
  }

  Draft draft_;
  const Behaviours& behaviours_;
  core::WallTime now_;
  Framing framing_;
  ReplyBuilder builder_;
  std::uint64_t body_bytes_ = 0;
};

}  // namespace

void ReplyBuilder::add(std::string_view bytes, std::uint32_t tokens) {
  const std::size_t begin = reply_.bytes.size();
  reply_.bytes += bytes;
  if (!reply_.steps.empty()) {
    Step& last = reply_.steps.back();
    if (last.at == clock_ && last.repeat == 1 && last.size < kMaxWrite) {
      last.size += bytes.size();
      last.tokens += tokens;
      return;
    }
  }
  reply_.steps.push_back({begin, bytes.size(), 1, clock_, Micros(0), tokens});
}

void ReplyBuilder::add_repeated(std::string_view bytes, std::uint64_t repeat, Micros every,
                                std::uint32_t tokens) {
  if (repeat == 0) return;
  reply_.steps.push_back({reply_.bytes.size(), bytes.size(), repeat, clock_, every, tokens});
  reply_.bytes += bytes;
}

void ReplyBuilder::cut(std::size_t size, Micros gap) {
  std::vector<Step> cut_steps;
  Micros added{0};
  for (const Step& step : reply_.steps) {
    if (step.repeat != 1) {
      cut_steps.push_back(step);
      continue;
    }
    for (std::size_t offset = 0; offset < step.size; offset += size) {
      const bool last = offset + size >= step.size;
      cut_steps.push_back({step.begin + offset, std::min(size, step.size - offset), 1,
                           step.at + added, Micros(0), last ? step.tokens : 0});
      added += gap;
    }
  }
  reply_.steps = std::move(cut_steps);
}

Reply ReplyBuilder::finish(Ending ending) && {
  reply_.ending = ending;
  for (std::size_t at = reply_.bytes.find(kIdSlot); at != std::string::npos;
       at = reply_.bytes.find(kIdSlot, at + kIdSlot.size())) {
    reply_.id_slots.push_back(at);
  }
  return std::move(reply_);
}

Reply build_reply(Draft draft, const Ask& ask, const Behaviours& behaviours,
                  const Verbatim& verbatim, core::WallTime now) {
  if (auto no_http = build_no_http(behaviours, verbatim)) return std::move(*no_http);
  spoil_content(draft, ask, behaviours, verbatim);
  return Framer(std::move(draft), behaviours, now).build();
}

}  // namespace gatehouse::fake_provider
