#pragma once
/// Appends JSON to a string; money is written as a decimal number of USD, times as ISO 8601.

#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/money.hpp"
#include "gatehouse/json/writer.hpp"

namespace gatehouse::api::admin {

/// A document of its own. Values of the domain in the form in which LiteLLM shows them.
class JsonWriter {
 public:
  JsonWriter() = default;
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  JsonWriter& begin_object() { return then(writer_.begin_object()); }
  JsonWriter& end_object() { return then(writer_.end_object()); }
  JsonWriter& begin_array() { return then(writer_.begin_array()); }
  JsonWriter& end_array() { return then(writer_.end_array()); }
  JsonWriter& key(std::string_view name) { return then(writer_.quoted_key(name)); }

  JsonWriter& text(std::string_view value) { return then(writer_.text(value)); }
  /// `json` must be one valid value.
  JsonWriter& raw(std::string_view json) { return then(writer_.raw(json)); }
  JsonWriter& null() { return then(writer_.null()); }

  JsonWriter& value(std::string_view text_value) { return text(text_value); }
  JsonWriter& value(const std::string& text_value) { return text(text_value); }
  JsonWriter& value(const char* text_value) { return text(text_value); }
  JsonWriter& value(bool boolean) { return then(writer_.boolean(boolean)); }
  JsonWriter& value(std::integral auto number) { return raw(std::to_string(number)); }
  JsonWriter& value(core::Money money) { return raw(money.to_usd()); }
  JsonWriter& value(core::WallTime time);
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  JsonWriter& value(const std::vector<T>& list) {
    begin_array();
    for (const T& element : list) value(element);
    return end_array();
  }
  template <class T>
  JsonWriter& value(const std::map<std::string, T>& map) {
    begin_object();
    for (const auto& [name, element] : map) key(name).value(element);
    return end_object();
  }

  /// key and value in one.
  template <class T>
  JsonWriter& member(std::string_view name, const T& member_value) {
    return key(name).value(member_value);
  }
  JsonWriter& member_raw(std::string_view name, std::string_view json) {
    return key(name).raw(json);
  }
  JsonWriter& member_null(std::string_view name) { return key(name).null(); }

  std::string take() && { return std::move(out_); }
  const std::string& view() const noexcept { return out_; }

 private:
  JsonWriter& then(json::Writer& /*written*/) noexcept { return *this; }

  std::string out_;
  json::Writer writer_{out_};
};

}  // namespace gatehouse::api::admin
