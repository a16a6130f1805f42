#include "gatehouse/net/sse.hpp"

#include <algorithm>

namespace gatehouse::net {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
/// Buffers beyond this are given back after the event, so that an idle stream stays small.
constexpr std::size_t kKeptCapacity = 8 * 1024;

/// Positions of the next line breaks; each byte is looked at once per kind of break.
class LineBreaks {
 public:
  explicit LineBreaks(std::string_view bytes)
      : bytes_(bytes), lf_(bytes.find('\n')), cr_(bytes.find('\r')) {}

  std::size_t next(std::size_t from) {
    if (lf_ < from) lf_ = bytes_.find('\n', from);
    if (cr_ < from) cr_ = bytes_.find('\r', from);
    return std::min(lf_, cr_);
  }

 private:
  std::string_view bytes_;
  std::size_t lf_;
  std::size_t cr_;
};

void clear_buffer(std::string& buffer) {
  if (buffer.capacity() > kKeptCapacity) buffer = std::string();
  buffer.clear();
}

std::unexpected<core::Error> too_large() {
  return core::fail(core::Errc::protocol, "The event stream has an event that is too large.");
}

}  // namespace

core::Result<void> SseDecoder::feed(std::string_view bytes, SseSink emit) {
  if (bytes.empty()) return {};
  std::size_t at = skip_lf_ && bytes[0] == '\n' ? 1 : 0;
  skip_lf_ = false;
  bool whole = !inside_;
  std::size_t begin = at;  // of the current event, when it is whole
  if (at_start_ && whole && bytes.starts_with(kByteOrderMark)) begin = kByteOrderMark.size();

  LineBreaks breaks(bytes);
  for (std::size_t end; (end = breaks.next(at)) != std::string_view::npos;) {
    const std::string_view text = bytes.substr(at, end - at);
    const bool joined = !partial_.empty();
    if (joined) partial_.append(text);
    const bool blank = joined ? false : text.empty();
    at = end + 1;
    if (bytes[end] == '\r') {
      if (at == bytes.size()) skip_lf_ = true;
      if (at < bytes.size() && bytes[at] == '\n') ++at;
    }
    if (blank) {
      const auto raw = whole ? bytes.substr(begin, at - begin) : std::string_view();
      if (auto ok = dispatch(raw, emit); !ok) return ok;
      whole = true;
      begin = at;
      continue;
    }
    if (auto ok = on_line(joined ? std::string_view(partial_) : text, !joined); !ok) return ok;
    if (joined) clear_buffer(partial_);
  }
  inside_ = !whole || begin < bytes.size();
  return keep(bytes.substr(at));
}

core::Result<void> SseDecoder::keep(std::string_view rest) {
  if (event_bytes_ + partial_.size() + rest.size() > limit_) return too_large();
  partial_.append(rest);
  if (type_borrowed_) {
    type_.assign(type_view_);
    type_borrowed_ = false;
  }
  if (data_borrowed_) {
    data_.assign(data_view_);
    data_borrowed_ = false;
  }
  return {};
}

core::Result<void> SseDecoder::on_line(std::string_view text, bool borrowed) {
  if (event_bytes_ + text.size() > limit_) return too_large();
  if (at_start_) {
    at_start_ = false;
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  }
  const auto colon = text.find(':');
  if (colon == 0) return {};
  event_bytes_ += text.size();
  std::string_view value;
  if (colon != std::string_view::npos) {
    value = text.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
  }
  on_field(text.substr(0, colon), value, borrowed);
  return {};
}

void SseDecoder::on_field(std::string_view name, std::string_view value, bool borrowed) {
  if (name == "data") {
    add_data(value, borrowed);
  } else if (name == "event") {
    type_borrowed_ = borrowed;
    type_view_ = value;
    if (!borrowed) type_.assign(value);
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_.assign(value);
  }
}

void SseDecoder::add_data(std::string_view value, bool borrowed) {
  if (!has_data_) {
    has_data_ = true;
    data_borrowed_ = borrowed;
    data_view_ = value;
    if (!borrowed) data_.assign(value);
    return;
  }
  if (data_borrowed_) {
    data_.assign(data_view_);
    data_borrowed_ = false;
  }
  data_.push_back('\n');
  data_.append(value);
}

core::Result<void> SseDecoder::dispatch(std::string_view raw, const SseSink& emit) {
  at_start_ = false;
  core::Result<void> result;
  if (has_data_) {
    result = emit({.type = type_borrowed_ ? type_view_ : std::string_view(type_),
                   .data = data_borrowed_ ? data_view_ : std::string_view(data_),
                   .id = id_,
                   .raw = raw});
  }
  has_data_ = data_borrowed_ = type_borrowed_ = false;
  event_bytes_ = 0;
  clear_buffer(data_);
  clear_buffer(type_);
  return result;
}

core::Result<void> SseDecoder::finish() {
  if (has_data_ || (!partial_.empty() && partial_.front() != ':')) {
    return core::fail(core::Errc::protocol, "The event stream ended inside an event.");
  }
  return {};
}

void append_sse(std::string& out, std::string_view data, std::string_view type) {
  if (!type.empty()) {
    out.append("event: ").append(type.substr(0, type.find_first_of("\r\n"))).push_back('\n');
  }
  for (;;) {
    const auto end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).push_back('\n');
    if (end == std::string_view::npos) break;
    const bool pair = data.substr(end, 2) == "\r\n";
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  out.push_back('\n');
}

}  // namespace gatehouse::net
