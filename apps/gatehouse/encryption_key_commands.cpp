#include "encryption_key_commands.hpp"

#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cli/data_paths.hpp"
#include "cli/failure.hpp"
#include "gatehouse/core/clock.hpp"
#include "gatehouse/core/random.hpp"
#include "gatehouse/database/database.hpp"
#include "gatehouse/tenancy/database_directory.hpp"
#include "gatehouse/tenancy/store.hpp"
#include "gatehouse/tenancy/stored_models.hpp"
#include "sealed_params.hpp"
#include "sealing_keys.hpp"

namespace gatehouse::app {
namespace {

constexpr int kUnopened = 1;

using cli::fail;

/// The stores of identities alone: no journal is opened.
struct Stores {
  core::SystemClock clock;
  core::SystemRandom random;
  core::SystemIdSource ids{clock, random};
  crypto::SystemRandomBytes random_bytes;
  std::unique_ptr<database::Database> database;
  std::unique_ptr<tenancy::DatabaseDirectory> directory;
  std::unique_ptr<tenancy::StoreContext> context;

  core::Result<void> open(const std::string& data_folder) {
    auto opened = database::open_sqlite({.file = cli::database_in(data_folder), .readers = 1});
    if (!opened) return core::pass(opened);
    database = std::move(*opened);
    directory = tenancy::make_directory(*database, clock, {.load_in_background = false});
    context = std::make_unique<tenancy::StoreContext>(
        tenancy::StoreContext{*database, *directory, clock, ids, random_bytes});
    return {};
  }

  core::Result<SealedValues> sealed(const crypto::KeyRing& keys) const {
    auto models = tenancy::StoredModels(*context).all();
    if (!models) return core::pass(models);
    SealedValues found;
    for (const tenancy::StoredModel& model : *models) {
      if (auto counted = count_sealed(model, keys, found); !counted) return core::pass(counted);
    }
    return found;
  }
};

std::size_t count_of(const SealedValues& values, const std::string& id) {
  const auto found = values.by_key.find(id);
  return found == values.by_key.end() ? 0 : found->second;
}

/// A key that has sealed nothing while older ones have: a run was ended before it sealed anew.
bool is_unfinished(const SealedValues& values, const crypto::KeyRing& keys) {
  return !values.by_key.empty() && count_of(values, keys.current_id()) == 0;
}

/// Says what could not be opened, and returns the exit status.
int report_unopened(const SealedValues& values) {
  for (const std::string& place : values.unopened) {
    std::fprintf(stderr, "gatehouse: no key that is here opens %s; it stays as it is\n",
                 place.c_str());
  }
  return values.unopened.empty() ? 0 : kUnopened;
}

void report_rest(const std::vector<SealingKeyFile>& files, const SealedValues& left,
                 const crypto::KeyRing& keys) {
  for (const SealingKeyFile& file : files) {
    const std::string id = file.key.id();
    if (id == keys.current_id() || count_of(left, id) != 0 || count_of(left, "") != 0) continue;
    std::printf(
        "%s (%s) is not used any more: keep it as long as copies of the database from "
        "before are to be read\n",
        file.path.c_str(), id.c_str());
  }
}

struct Rotation {
  const std::string& data_folder;
  const config::Environment& environment;
  Stores& stores;

  /// The ring to seal with: with a new key in it, if it is time for one.
  core::Result<crypto::KeyRing> keys() const {
    const std::string operators = operators_key_name(environment);
    auto files = read_key_files(data_folder);
    if (!files) return core::pass(files);
    auto ring = open_key_ring(data_folder, environment, stores.random_bytes);
    if (!ring) return ring;
    if (!operators.empty()) {
      std::printf("the key is that of %s (%s): no new one is made\n", operators.c_str(),
                  ring->current_id().c_str());
      return ring;
    }
    auto values = stores.sealed(*ring);
    if (!values) return core::pass(values);
    if (files->size() > 1 && is_unfinished(*values, *ring)) {
      std::printf("going on with the key of an earlier run (%s)\n", ring->current_id().c_str());
      return ring;
    }
    // On the disk before any value needs it.
    auto made = add_key_file(data_folder, stores.random_bytes);
    if (!made) return core::pass(made);
    std::printf("new key: %s (%s)\n", made->path.c_str(), made->key.id().c_str());
    return open_key_ring(data_folder, environment, stores.random_bytes);
  }

  int run() const {
    auto ring = keys();
    if (!ring) return fail(ring.error());
    const auto changed =
        tenancy::StoredModels(*stores.context)
            .reseal({}, ring->current_id(), [&](const tenancy::StoredModel& model) {
              return resealed_params(model, *ring, stores.random_bytes);
            });
    if (!changed) return fail(changed.error());
    std::printf("sealed anew: the credentials of %zu models\n", *changed);
    const auto left = stores.sealed(*ring);
    if (!left) return fail(left.error());
    const auto files = read_key_files(data_folder);
    if (!files) return fail(files.error());
    report_rest(*files, *left, *ring);
    return report_unopened(*left);
  }
};

/// What each key has sealed; keys of which nothing else is known come last.
int list(const std::string& data_folder, const config::Environment& environment, Stores& stores) {
  const auto files = read_key_files(data_folder);
  if (!files) return fail(files.error());
  const std::string operators = operators_key_name(environment);
  if (files->empty() && operators.empty()) {
    std::printf("there is no key yet\n");
    return 0;
  }
  auto ring = open_key_ring(data_folder, environment, stores.random_bytes);
  if (!ring) return fail(ring.error());
  auto values = stores.sealed(*ring);
  if (!values) return fail(values.error());
  const auto show = [&](const std::string& id, const std::string& name) {
    std::printf("%-8s  %s  %zu values%s\n", id.c_str(), name.c_str(), count_of(*values, id),
                id == ring->current_id() ? ", seals new ones" : "");
    values->by_key.erase(id);
  };
  for (const SealingKeyFile& key : *files) show(key.key.id(), key.path);
  if (!operators.empty()) show(ring->current_id(), operators);
  const std::map<std::string, std::size_t> others = values->by_key;
  for (const auto& [id, count] : others) {
    show(id, id.empty() ? "sealed before keys had ids" : "not in the data folder");
  }
  return report_unopened(*values);
}

}  // namespace

void EncryptionKeyCommands::add_to(CLI::App& app) {
  CLI::App* const group = app.add_subcommand(
      "encryption-key", "the keys that seal the credentials of models in the database");
  group->require_subcommand(1);
  list_ = group->add_subcommand("list", "show each key and how many credentials it has sealed");
  rotate_ = group->add_subcommand("rotate",
                                  "make a new key and seal every credential with it; what older "
                                  "keys have sealed can still be read");
  rotate_->footer(
      "With LLM_GATEWAY_ENCRYPTION_KEY in the environment no key is made: put your new one there "
      "and "
      "the old one into LLM_GATEWAY_PREVIOUS_ENCRYPTION_KEY, for this command and the server. Once "
      "it was run, the old one is not needed any more.");
  for (CLI::App* const command : {list_, rotate_}) {
    command->add_option("--data", data_folder_, "data folder; no server may run on it")
        ->capture_default_str();
  }
}

std::optional<int> EncryptionKeyCommands::run() {
  if (!*list_ && !*rotate_) return std::nullopt;
  const std::string file = cli::database_in(data_folder_);
  if (!std::filesystem::exists(file)) return fail("there is no database " + file);
  const cli::FolderLock lock(data_folder_);
  if (!lock.held()) {
    return fail("a server runs on " + data_folder_ +
                ": stop it first, because it knows the keys of its start alone");
  }
  Stores stores;
  if (auto opened = stores.open(data_folder_); !opened) return fail(opened.error());
  if (*list_) return list(data_folder_, environment_, stores);
  return Rotation{data_folder_, environment_, stores}.run();
}

}  // namespace gatehouse::app
