#include "gatehouse/json/writer.hpp"

#include <charconv>

#include "gatehouse/core/text.hpp"
#include "gatehouse/json/scan.hpp"

namespace gatehouse::json {

Writer::Writer(std::string& out) : out_(out), begin_(std::string::npos) {
  if (out.empty() || out.back() == ' ' || out.back() == '\n') begin_ = out.size();
}

void Writer::separate() {
  if (out_.size() == begin_) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':') out_ += ',';
}

Writer& Writer::begin_object() {
  separate();
  out_ += '{';
  return *this;
}

Writer& Writer::end_object() {
  out_ += '}';
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_ += '[';
  return *this;
}

Writer& Writer::end_array() {
  out_ += ']';
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  return *this;
}

Writer& Writer::quoted_key(std::string_view name) {
  text(name);
  out_ += ':';
  return *this;
}

Writer& Writer::text(std::string_view value) {
  separate();
  append_quoted(out_, value);
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

Writer& Writer::number(std::uint64_t value) {
  separate();
  core::append_number(out_, value);
  return *this;
}

Writer& Writer::number(std::int64_t value) {
  separate();
  core::append_number(out_, value);
  return *this;
}

Writer& Writer::number(double value) {
  separate();
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out_.append(digits, error == std::errc() ? end : digits);
  return *this;
}

Writer& Writer::boolean(bool value) {
  return raw(value ? "true" : "false");
}

Writer& Writer::null() {
  return raw("null");
}

}  // namespace gatehouse::json
