// Answers that are no HTTP: silence, noise, other protocols.
#include "gatehouse/core/random.hpp"
#include "reply.hpp"

namespace gatehouse::fake_provider {

namespace {

Reply only(std::string_view bytes, Ending ending) {
  ReplyBuilder builder;
  if (!bytes.empty()) builder.add(bytes);
  return std::move(builder).finish(ending);
}

std::string noise(std::uint64_t bytes) {
  core::SeededRandom random(bytes);
  std::string out;
  out.reserve(bytes);
  // Never the byte that marks an id.
  while (out.size() < bytes) out += static_cast<char>(2 + random.below(254));
  return out;
}

std::string_view greeting(std::string_view protocol) {
  using namespace std::string_view_literals;
  if (protocol == "smtp") return "220 mail.example.com ESMTP\r\n";
  if (protocol == "tls") return "\x15\x03\x03\x00\x02\x02\x28"sv;
  if (protocol == "http2") return "\x00\x00\x00\x04\x00\x00\x00\x00\x00"sv;
  if (protocol == "http09") return R"({"choices":[{"message":{"content":"no head"}}]})";
  return "SSH-2.0-OpenSSH_9.2p1\r\n";
}

}  // namespace

std::optional<Reply> build_no_http(const Behaviours& behaviours, const Verbatim& verbatim) {
  if (verbatim.raw) {
    return only(*verbatim.raw, behaviours.has("close")   ? Ending::close
                               : behaviours.has("stall") ? Ending::hang
                                                         : Ending::keep_alive);
  }
  if (behaviours.has("hang") || behaviours.has("no-read")) return only("", Ending::hang);
  if (behaviours.has("reset")) return only("", Ending::reset);
  if (behaviours.has("hang-up")) return only("", Ending::close);
  if (behaviours.has("garbage")) {
    return only(noise(behaviours.number("garbage", 4096)), Ending::close);
  }
  if (behaviours.has("protocol")) {
    return only(greeting(behaviours.text("protocol")), Ending::half_close);
  }
  return std::nullopt;
}

}  // namespace gatehouse::fake_provider
