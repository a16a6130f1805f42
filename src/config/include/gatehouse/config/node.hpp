#pragma once
/// A YAML text as an immutable tree.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/config/problems.hpp"

namespace gatehouse::config {

/// One value of the file. Owned by its Document; read-only, so any thread may read it.
class Node {
 public:
  enum class Kind : std::uint8_t { null, scalar, sequence, map };

  Kind kind() const noexcept { return kind_; }
  /// The text of a scalar as written, quotes and escapes resolved.
  std::string_view text() const noexcept { return text_; }
  /// True for a scalar in quotes or a block: always text, never a number or a flag.
  bool quoted() const noexcept { return quoted_; }
  int line() const noexcept { return line_; }  ///< from 1

  /// The key under which it stands in its map; empty in a sequence.
  std::string_view key() const noexcept { return key_; }
  /// "model_list[0].litellm_params"; keys that are no plain words are shown as ["a.b"].
  std::string path() const;

  /// The elements of a sequence or the values of a map, in file order.
  std::span<const Node* const> children() const noexcept { return children_; }
  /// The value of that key in a map, nullptr when absent.
  const Node* find(std::string_view key) const noexcept;

 private:
  friend class TreeBuilder;
  Kind kind_ = Kind::null;
  bool quoted_ = false;
  int line_ = 0;
  std::size_t index_ = 0;  // in the parent's children
  const Node* parent_ = nullptr;
  std::string key_;
  std::string text_;
  std::vector<const Node*> children_;
};

/// Bounds on what a file may make of memory and stack.
struct Limits {
  std::size_t bytes = std::size_t{4} << 20;  ///< of the file
  std::size_t expanded_bytes = std::size_t{16}
                               << 20;  ///< of all keys and scalars, aliases included
  std::size_t nodes = 100'000;         ///< aliases included
  std::size_t depth = 64;
};

/// Owns a tree. Moving it leaves the nodes where they are.
class Document {
 public:
  const Node& root() const noexcept { return *root_; }

 private:
  friend class TreeBuilder;
  std::unique_ptr<std::deque<Node>> nodes_;
  const Node* root_ = nullptr;
};

/// Parses one YAML document: anchors, aliases and merge keys ("<<") are resolved; tags, doubled
/// keys, keys that are no scalars, several documents and invalid UTF-8 are refused. An empty text
/// is an empty map. On failure nothing is returned and `problems` says why.
std::optional<Document> parse_yaml(std::string_view text, Problems& problems,
                                   const Limits& limits = {});

/// The content of the file at `path`, or nothing and the reason in `problems`. Blocking.
std::optional<std::string> read_file(const std::string& path, Problems& problems,
                                     const Limits& limits = {});

/// Any node as JSON text. Plain scalars that are null, true, false (YAML 1.2 core schema) or spelt
/// as a JSON number become that, digits unchanged; all others become strings.
std::string to_json(const Node& node);

}  // namespace gatehouse::config
