#include "books.hpp"

namespace gatehouse::fake_provider {

namespace {

std::string_view name_of(Surface surface) {
  switch (surface) {
    case Surface::chat:
      return "chat";
    case Surface::completions:
      return "completions";
    case Surface::embeddings:
      return "embeddings";
    case Surface::models:
      return "models";
    case Surface::messages:
      return "messages";
    case Surface::count_tokens:
      return "count_tokens";
    case Surface::unknown:
      break;
  }
  return "unknown";
}

class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  Object& raw(std::string_view name, std::string_view json) {
    if (!std::exchange(first_, false)) out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    out_ += json;
    return *this;
  }
  Object& text(std::string_view name, std::string_view value) { return raw(name, quote(value)); }
  template <class T>
  Object& number(std::string_view name, T value) {
    return raw(name, std::to_string(value));
  }
  Object& truth(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string id_text(std::uint64_t id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out(16, '0');
  for (std::size_t i = 16; i-- > 0; id /= 16) out[i] = kDigits[id % 16];
  return out;
}

/// The fields of a recorded head as pairs; the bytes may be no UTF-8, so as base64.
std::string header_pairs(std::string_view head) {
  std::string out = "[";
  std::size_t at = head.find("\r\n");
  bool first = true;
  while (at != std::string_view::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string_view line = head.substr(at + 2, end - at - 2);
    at = end;
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (!std::exchange(first, false)) out += ',';
    const std::string_view value =
        colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    out += "[\"" + base64_encode(line.substr(0, colon)) + "\",\"" +
           base64_encode(value.substr(value.starts_with(' ') ? 1 : 0)) + "\"]";
  }
  return out + "]";
}

void add(Usage& sum, const Usage& usage) {
  sum.prompt += usage.prompt;
  sum.cached += usage.cached;
  sum.cache_write += usage.cache_write;
  sum.completion += usage.completion;
  sum.reasoning += usage.reasoning;
}

}  // namespace

void Books::bill(BillEntry entry) {
  const std::lock_guard lock(mutex_);
  ++totals_.calls;
  totals_.aborted += entry.aborted ? 1 : 0;
  totals_.cost_nano_usd += entry.cost_nano_usd;
  add(totals_.usage, entry.usage);
  bill_.push_back(std::move(entry));
  if (bill_.size() > limits_.bill) bill_.pop_front();
}

void Books::record(std::uint64_t id, std::uint64_t connection, const Request& request) {
  if (limits_.requests == 0) return;
  const std::lock_guard lock(mutex_);
  if (seen_.size() < limits_.requests) seen_.resize(seen_.size() + 1);
  Seen& slot = seen_[next_seen_ % limits_.requests];
  ++next_seen_;
  slot.id = id;
  slot.connection = connection;
  slot.head.assign(request.head);
  slot.body.assign(request.body.substr(0, kMaxRecordedBody));
  slot.body_bytes = request.body.size();
}

void Books::clear() {
  const std::lock_guard lock(mutex_);
  bill_.clear();
  seen_.clear();
  next_seen_ = 0;
  totals_ = {};
}

void Books::append_bill(std::string& out, bool& first) const {
  const std::lock_guard lock(mutex_);
  for (const BillEntry& entry : bill_) {
    if (!std::exchange(first, false)) out += ',';
    Object(out)
        .text("id", id_text(entry.id))
        .text("model", entry.model)
        .text("surface", name_of(entry.surface))
        .truth("stream", entry.stream)
        .number("status", entry.status)
        .number("prompt_tokens", entry.usage.prompt)
        .number("cached_tokens", entry.usage.cached)
        .number("cache_write_tokens", entry.usage.cache_write)
        .number("completion_tokens", entry.usage.completion)
        .number("reasoning_tokens", entry.usage.reasoning)
        .truth("aborted", entry.aborted)
        .number("cost_nano_usd", entry.cost_nano_usd)
        .number("received_ms", entry.received_ms)
        .number("ended_ms", entry.ended_ms)
        .number("connection", entry.connection);
  }
}

void Books::append_requests(std::string& out, bool& first) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const std::size_t oldest = next_seen_ < limits_.requests ? 0 : next_seen_ % limits_.requests;
    const Seen& seen = seen_[(oldest + i) % seen_.size()];
    if (!std::exchange(first, false)) out += ',';
    Object(out)
        .text("id", id_text(seen.id))
        .number("connection", seen.connection)
        .text("start_line_base64", base64_encode(seen.head.substr(0, seen.head.find("\r\n"))))
        .raw("headers_base64", header_pairs(seen.head))
        .text("body_base64", base64_encode(seen.body))
        .number("body_bytes", seen.body_bytes);
  }
}

Books::Totals Books::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

ControlAnswer control(Shared& shared, const Request& request) {
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  std::string out;
  bool first = true;
  if (path == "/__bill") {
    Books::Totals sum;
    out += R"({"entries":[)";
    for (const auto& books : shared.books) {
      books->append_bill(out, first);
      const Books::Totals part = books->totals();
      sum.calls += part.calls;
      sum.aborted += part.aborted;
      sum.cost_nano_usd += part.cost_nano_usd;
      add(sum.usage, part.usage);
    }
    out += R"(],"totals":)";
    Object(out)
        .number("calls", sum.calls)
        .number("aborted", sum.aborted)
        .number("prompt_tokens", sum.usage.prompt)
        .number("completion_tokens", sum.usage.completion)
        .number("cost_nano_usd", sum.cost_nano_usd);
    return {200, out + "}"};
  }
  if (path == "/__requests") {
    out += '[';
    for (const auto& books : shared.books) books->append_requests(out, first);
    return {200, out + "]"};
  }
  if (path == "/__stats") {
    Object(out)
        .number("connections_opened", shared.connections_opened.load())
        .number("connections_open", shared.connections_open.load())
        .number("in_flight", shared.in_flight.load())
        .number("malformed", shared.malformed.load());
    return {200, out};
  }
  if (path == "/__reset") {
    shared.scripts.clear();
    for (const auto& books : shared.books) books->clear();
    shared.malformed = 0;
    return {200, R"({"ok":true})"};
  }
  if (path == "/__script") {
    const auto set = shared.scripts.set(request.body);
    if (!set) return {400, R"({"error":)" + quote(set.error().public_message) + "}"};
    return {200, R"({"ok":true})"};
  }
  return {404, R"({"error":"no such control path"})"};
}

}  // namespace gatehouse::fake_provider
