#include "master_key.hpp"

#include <filesystem>

#include "gatehouse/crypto/key_text.hpp"
#include "gatehouse/crypto/random_bytes.hpp"
#include "gatehouse/crypto/secret_file.hpp"

namespace gatehouse::app {

core::Result<MasterKey> find_master_key(const core::Secret& configured,
                                        const std::string& data_folder) {
  if (!configured.empty()) return MasterKey{configured, {}, false};
  std::error_code error;
  std::filesystem::create_directories(data_folder, error);
  if (error) {
    return core::fail(core::Errc::io,
                      "cannot create the data folder " + data_folder + ": " + error.message());
  }
  const std::string file = (std::filesystem::path(data_folder) / "master_key").string();
  auto kept = crypto::read_secret_file(file);
  if (kept) return MasterKey{std::move(*kept), file, false};
  if (kept.error().code != core::Errc::not_found) return core::pass(kept);
  crypto::SystemRandomBytes random;
  auto key = crypto::new_key(random);
  if (!key) return core::pass(key);
  if (auto written = crypto::write_secret_file(file, *key); !written) return core::pass(written);
  return MasterKey{std::move(*key), file, true};
}

}  // namespace gatehouse::app
