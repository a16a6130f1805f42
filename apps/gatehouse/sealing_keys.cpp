#include "sealing_keys.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "gatehouse/core/text.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/crypto/secret_file.hpp"

namespace gatehouse::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "encryption_key";
constexpr std::string_view kOperators[] = {"LLM_GATEWAY_ENCRYPTION_KEY", "PLATFORM_ENCRYPTION_KEY"};
constexpr std::string_view kPrevious = "LLM_GATEWAY_PREVIOUS_ENCRYPTION_KEY";
constexpr std::size_t kKeyBytes = 32;

/// Nothing for a file that is no key, as the draft of one.
std::optional<std::uint32_t> version_of(std::string_view name) {
  if (name == kFile) return 1;
  if (!name.starts_with(kFile) || name.size() < kFile.size() + 2) return {};
  if (name[kFile.size()] != '.' || name[kFile.size() + 1] == '0') return {};
  const auto number = core::parse_u64(name.substr(kFile.size() + 1));
  if (!number || *number < 2 || *number > UINT32_MAX) return {};
  return static_cast<std::uint32_t>(*number);
}

std::string path_of(const std::string& folder, std::uint32_t version) {
  const std::string suffix = version == 1 ? "" : "." + std::to_string(version);
  return folder + "/" + std::string(kFile) + suffix;
}

core::Result<std::optional<crypto::SealingKey>> key_in(const config::Environment& environment,
                                                       std::string_view name) {
  const auto value = environment(name);
  if (!value || value->empty()) return std::nullopt;
  auto key = crypto::SealingKey::from_text(core::Secret(*value));
  if (!key) {
    return core::fail(key.error().code, std::string(name) + ": " + key.error().public_message);
  }
  return std::optional(std::move(*key));
}

}  // namespace

core::Result<std::vector<SealingKeyFile>> read_key_files(const std::string& data_folder) {
  std::vector<std::uint32_t> versions;
  std::error_code error;
  for (fs::directory_iterator at(data_folder, error), end; !error && at != end;
       at.increment(error)) {
    const auto version = version_of(at->path().filename().string());
    if (version) versions.push_back(*version);
  }
  if (error) return core::fail(core::Errc::io, "cannot read " + data_folder, error.message());
  std::ranges::sort(versions);
  std::vector<SealingKeyFile> files;
  for (const std::uint32_t version : versions) {
    const std::string path = path_of(data_folder, version);
    auto text = crypto::read_secret_file(path);
    if (!text) {
      return core::fail(text.error().code, path + ": " + text.error().public_message,
                        text.error().internal_detail);
    }
    auto key = crypto::SealingKey::from_text(*text);
    if (!key) return core::fail(key.error().code, path + ": " + key.error().public_message);
    files.push_back({version, path, std::move(*key)});
  }
  return files;
}

core::Result<SealingKeyFile> add_key_file(const std::string& data_folder,
                                          crypto::RandomBytes& random) {
  auto files = read_key_files(data_folder);
  if (!files) return core::pass(files);
  const std::uint32_t version = files->empty() ? 1 : files->back().version + 1;
  const std::string path = path_of(data_folder, version);
  auto bytes = random.get(kKeyBytes);
  if (!bytes) return core::pass(bytes);
  const core::Secret text(crypto::to_hex(*bytes));
  if (auto written = crypto::write_secret_file(path, text); !written) return core::pass(written);
  auto key = crypto::SealingKey::from_text(text);
  if (!key) return core::pass(key);
  return SealingKeyFile{version, path, std::move(*key)};
}

std::string operators_key_name(const config::Environment& environment) {
  for (const std::string_view name : kOperators) {
    if (const auto value = environment(name); value && !value->empty()) return std::string(name);
  }
  return {};
}

core::Result<crypto::KeyRing> open_key_ring(const std::string& data_folder,
                                            const config::Environment& environment,
                                            crypto::RandomBytes& random) {
  auto files = read_key_files(data_folder);
  if (!files) return core::pass(files);
  std::optional<crypto::KeyRing> ring;
  if (const std::string name = operators_key_name(environment); !name.empty()) {
    auto key = key_in(environment, name);
    if (!key) return core::pass(key);
    std::optional<crypto::SealingKey>& given = *key;
    if (given) ring.emplace(std::move(*given));
  } else if (files->empty()) {
    auto made = add_key_file(data_folder, random);
    if (!made) return core::pass(made);
    ring.emplace(std::move(made->key));
  } else {
    ring.emplace(files->back().key);
  }
  auto previous = key_in(environment, kPrevious);
  if (!previous) return core::pass(previous);
  std::optional<crypto::SealingKey>& old = *previous;
  if (!ring) return core::fail(core::Errc::internal, "there is no encryption key");
  for (SealingKeyFile& file : *files) ring->add_previous(std::move(file.key));
  if (old) ring->add_previous(std::move(*old));
  return std::move(*ring);
}

}  // namespace gatehouse::app
