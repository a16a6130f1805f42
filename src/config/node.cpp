#include "gatehouse/config/node.hpp"

#include <algorithm>

#include "gatehouse/core/text.hpp"
#include "node_json.hpp"
#include "scalar_text.hpp"

namespace gatehouse::config {

namespace {
bool is_word(std::string_view key) noexcept {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '$';
  });
}

void append_scalar(std::string& out, std::string_view text, bool quoted) {
  if (!quoted) {
    if (const auto flag = parse_core_bool(text)) {
      out += *flag ? "true" : "false";
      return;
    }
    if (is_json_number(text)) {
      out += text;
      return;
    }
  }
  core::append_json_string(out, text);
}
}  // namespace

std::string path_step(std::string_view key) {
  if (is_word(key)) return std::string(key);
  std::string out = "[";
  core::append_json_string(out, key.substr(0, 80), core::JsonText::visible);
  return out + "]";
}

std::string Node::path() const {
  if (parent_ == nullptr) return {};
  std::string out = parent_->path();
  if (parent_->kind_ == Kind::sequence) {
    out += '[';
    core::append_number(out, static_cast<std::uint64_t>(index_));
    return out + ']';
  }
  const std::string step = path_step(key_);
  if (!out.empty() && step.front() != '[') out += '.';
  return out + step;
}

const Node* Node::find(std::string_view key) const noexcept {
  if (kind_ != Kind::map) return nullptr;
  for (const Node* child : children_) {
    if (child->key_ == key) return child;
  }
  return nullptr;
}

void append_json(std::string& out, const Node& node, const ResolveText& resolve) {
  switch (node.kind()) {
    case Node::Kind::null:
      out += "null";
      return;
    case Node::Kind::scalar:
      if (environment_reference(node.text())) {
        core::append_json_string(out, resolve(node));
      } else {
        append_scalar(out, node.text(), node.quoted());
      }
      return;
    case Node::Kind::sequence:
    case Node::Kind::map:
      break;
  }
  const bool map = node.kind() == Node::Kind::map;
  out += map ? '{' : '[';
  bool first = true;
  for (const Node* child : node.children()) {
    if (!first) out += ',';
    first = false;
    if (map) {
      core::append_json_string(out, child->key());
      out += ':';
    }
    append_json(out, *child, resolve);
  }
  out += map ? '}' : ']';
}

std::string to_json(const Node& node) {
  std::string out;
  append_json(out, node, [](const Node& scalar) { return std::string(scalar.text()); });
  return out;
}

}  // namespace gatehouse::config
