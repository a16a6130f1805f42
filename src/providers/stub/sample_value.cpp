#include "stub/sample_value.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "gatehouse/json/writer.hpp"
#include "json_view.hpp"

namespace gatehouse::providers::stub {
namespace {

constexpr int kMaxDepth = 16;
constexpr std::size_t kMaxSize = 64 * 1024;
constexpr std::uint64_t kMaxItems = 16;
constexpr std::uint64_t kMaxTextLength = 4096;

class Sampler {
 public:
  Sampler(const json::Member& root, std::string_view hint) : root_(root), hint_(hint) {}

  std::string run() {
    write(root_, 0);
    return std::move(out_);
  }

 private:
  void write(const json::Member& given, int depth) {
    if (depth > kMaxDepth || out_.size() > kMaxSize || !is_object(given)) {
      writer_.null();
      return;
    }
    const json::Member schema = resolve(given);
    for (const std::string_view name : {"const", "default"}) {
      if (const auto value = find(schema, name)) {
        writer_.raw(value->value);
        return;
      }
    }
    if (write_choice(schema, depth)) return;
    write_typed(schema, type_of(schema), depth);
  }

  /// enum, anyOf, oneOf, allOf: the first one.
  bool write_choice(const json::Member& schema, int depth) {
    if (const auto values = find(schema, "enum"); values && !Children(*values).empty()) {
      writer_.raw(Children(*values).begin()->value);
      return true;
    }
    for (const std::string_view name : {"anyOf", "oneOf", "allOf"}) {
      const auto options = find(schema, name);
      if (!options || Children(*options).empty()) continue;
      write(*Children(*options).begin(), depth + 1);
      return true;
    }
    return false;
  }

  static std::string type_of(const json::Member& schema) {
    if (const auto type = find(schema, "type")) {
      if (is_string(*type)) return json::as_string(*type).value_or("");
      for (const json::Member& name : Children(*type)) return json::as_string(name).value_or("");
    }
    if (find(schema, "properties")) return "object";
    if (find(schema, "items")) return "array";
    return "string";
  }

  void write_typed(const json::Member& schema, std::string_view type, int depth) {
    if (type == "object") {
      write_object(schema, depth);
    } else if (type == "array") {
      write_array(schema, depth);
    } else if (type == "integer" || type == "number") {
      write_number(schema, type == "integer");
    } else if (type == "boolean") {
      writer_.boolean(true);
    } else if (type == "null") {
      writer_.null();
    } else {
      write_text(schema);
    }
  }

  void write_object(const json::Member& schema, int depth) {
    writer_.begin_object();
    if (const auto properties = find(schema, "properties")) {
      for (const json::Member& property : Children(*properties)) {
        if (out_.size() > kMaxSize) break;
        writer_.key(property.key);  // the schema's own bytes, escapes included
        write(property, depth + 1);
      }
    }
    writer_.end_object();
  }

  void write_array(const json::Member& schema, int depth) {
    std::uint64_t count = 1;
    if (const auto least = find(schema, "minItems")) count = json::as_uint(*least).value_or(1);
    const auto items = find(schema, "items");
    writer_.begin_array();
    for (std::uint64_t i = 0; items && i < std::clamp<std::uint64_t>(count, 1, kMaxItems); ++i) {
      write(*items, depth + 1);
    }
    writer_.end_array();
  }

  void write_number(const json::Member& schema, bool integer) {
    double value = 1;
    if (const auto least = find(schema, "minimum")) value = as_double(*least).value_or(value);
    if (const auto over = find(schema, "exclusiveMinimum")) {
      if (const auto bound = as_double(*over)) value = std::floor(*bound) + 1;
    }
    if (const auto most = find(schema, "maximum")) {
      value = std::min(value, as_double(*most).value_or(value));
    }
    writer_.number(integer ? std::ceil(value) : value);
  }

  void write_text(const json::Member& schema) {
    std::string text(hint_);
    if (const auto most = find(schema, "maxLength")) {
      if (const auto bound = json::as_uint(*most); bound && *bound < text.size()) {
        std::size_t end = *bound;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        text.resize(end);
      }
    }
    if (const auto least = find(schema, "minLength")) {
      const auto bound = std::min(json::as_uint(*least).value_or(0), kMaxTextLength);
      if (text.size() < bound) text.resize(bound, '.');
    }
    writer_.text(text);
  }

  /// Follows local references ("#/$defs/Name"), at most eight in a row.
  json::Member resolve(const json::Member& schema) const {
    json::Member current = schema;
    for (int hops = 0; hops < 8; ++hops) {
      const std::string reference = find_text(current, "$ref");
      if (!reference.starts_with("#/")) return current;
      std::optional<json::Member> target = root_;
      std::string_view path = std::string_view(reference).substr(2);
      while (target && !path.empty()) {
        const std::string_view step = path.substr(0, path.find('/'));
        path.remove_prefix(std::min(step.size() + 1, path.size()));
        target = find(*target, step);
      }
      if (!target || !is_object(*target)) return current;
      current = *target;
    }
    return current;
  }

  const json::Member& root_;
  std::string_view hint_;
  std::string out_;
  json::Writer writer_{out_};
};

}  // namespace

std::string sample_value(std::string_view schema, std::string_view hint) {
  const json::Member root = first_value(schema);
  return Sampler(root, hint).run();
}

}  // namespace gatehouse::providers::stub
