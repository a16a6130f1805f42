// What may be wrong within a well-framed answer.
#include <zlib.h>

#include <algorithm>
#include <stdexcept>

#include "reply.hpp"

namespace gatehouse::fake_provider {

namespace {

constexpr std::string_view kNotJson = R"({"id": "chatcmpl-broken", "choices": [}{)";

/// Deflates `plain`, repeated `times`, into the gzip format.
std::string gzip_repeated(std::string_view plain, std::uint64_t times) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2 failed");
  }
  std::string out;
  char buffer[16 * 1024];
  for (std::uint64_t i = 0; i < times; ++i) {
    // zlib's interface is not const-correct; it only reads.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    const int mode = i + 1 == times ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer);
      stream.avail_out = sizeof buffer;
      deflate(&stream, mode);
      out.append(buffer, sizeof buffer - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

void join(Draft& draft) {
  for (std::size_t i = 1; i < draft.pieces.size(); ++i) {
    draft.pieces[0].data += draft.pieces[i].data;
    draft.pieces[0].tokens += draft.pieces[i].tokens;
  }
  draft.pieces.resize(std::min<std::size_t>(draft.pieces.size(), 1));
}

/// For answers in which an id could not be filled in later, being coded or cut in two.
void fix_ids(Draft& draft) {
  for (Piece& piece : draft.pieces) replace_all(piece.data, kIdSlot, "00000000feedface");
}

void set_body(Draft& draft, std::string body) {
  draft.pieces.clear();
  draft.pieces.push_back({std::move(body), 0});
}

void spoil_stream(Draft& draft, const Ask& ask, const Behaviours& behaviours) {
  std::vector<Piece>& pieces = draft.pieces;
  const auto keep = [&](std::string_view name) {
    pieces.resize(std::min<std::size_t>(behaviours.number(name, pieces.size() / 2), pieces.size()));
  };
  if (behaviours.has("invalid-json")) {
    keep("invalid-json");
    pieces.push_back({"data: " + std::string(kNotJson) + "\n\n", 0});
  }
  if (behaviours.has("sse-error")) {
    keep("sse-error");
    pieces.push_back({error_event(ask.surface, "The fake server is overloaded."), 0});
  }
  if (behaviours.has("truncate") && !pieces.empty()) {
    std::string& last = pieces.back().data;
    last.resize(last.size() / 2);
  }
  for (Piece& piece : pieces) {
    if (behaviours.has("comments")) piece.data.insert(0, ": keep-alive\n\n");
    if (behaviours.has("crlf")) replace_all(piece.data, "\n", "\r\n");
    if (behaviours.has("cr")) replace_all(piece.data, "\n", "\r");
  }
}

void apply_codings(Draft& draft, const Behaviours& behaviours) {
  if (behaviours.has("gzip")) {
    fix_ids(draft);
    join(draft);
    draft.pieces[0].data = gzip(draft.pieces[0].data);
    draft.headers.emplace_back("content-encoding", "gzip");
  }
  if (behaviours.has("gzip-bomb")) {
    set_body(draft, gzip_repeated(std::string(1 << 20, ' '), behaviours.number("gzip-bomb", 64)));
    draft.headers.emplace_back("content-encoding", "gzip");
  }
  if (behaviours.has("coding")) {
    draft.headers.emplace_back("content-encoding", std::string(behaviours.text("coding")));
  }
}

}  // namespace

std::string gzip(std::string_view plain) {
  return gzip_repeated(plain, 1);
}

void spoil_content(Draft& draft, const Ask& ask, const Behaviours& behaviours,
                   const Verbatim& verbatim) {
  if (behaviours.has("cut-at")) fix_ids(draft);
  if (draft.stream) {
    spoil_stream(draft, ask, behaviours);
  } else if (behaviours.has("invalid-json")) {
    set_body(draft, std::string(kNotJson));
  }
  if (behaviours.has("body")) set_body(draft, std::string(behaviours.text("body")));
  if (verbatim.body) set_body(draft, *verbatim.body);
  draft.headers.insert(draft.headers.end(), verbatim.headers.begin(), verbatim.headers.end());
  apply_codings(draft, behaviours);
}

}  // namespace gatehouse::fake_provider
