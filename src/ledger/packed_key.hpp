#pragma once
/// Several texts as one key of a map.

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::ledger {

/// Texts one behind the other, each with its length, so that no byte in one is mistaken.
inline void pack(std::string& key, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  key.append(reinterpret_cast<const char*>(&size), sizeof(size));
  key += text;
}

/// Takes the first text off `key`, which holds one.
inline std::string_view unpack(std::string_view& key) {
  std::uint32_t size = 0;
  key.copy(reinterpret_cast<char*>(&size), sizeof(size));
  const std::string_view text = key.substr(sizeof(size), size);
  key.remove_prefix(sizeof(size) + size);
  return text;
}

}  // namespace gatehouse::ledger
