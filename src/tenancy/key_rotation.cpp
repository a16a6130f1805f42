#include "gatehouse/tenancy/key_rotation.hpp"

#include <filesystem>
#include <system_error>
#include <vector>

#include "gatehouse/crypto/key_text.hpp"
#include "gatehouse/crypto/secret_file.hpp"
#include "gatehouse/tenancy/key_store.hpp"
#include "writing.hpp"

namespace gatehouse::tenancy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kUnfinished = ".next";
constexpr const char* kDue =
    "SELECT k.token, r.due_at_ns IS NULL FROM virtual_key AS k "
    "LEFT JOIN key_rotation AS r ON r.account = k.account "
    "WHERE k.auto_rotate = 1 AND k.rotation_interval IS NOT NULL AND k.replaced_by IS NULL "
    "AND k.blocked = 0 AND (k.expires_ns IS NULL OR k.expires_ns > ?1) "
    "AND (r.due_at_ns IS NULL OR r.due_at_ns <= ?1) LIMIT 100";

core::Result<void> failure(const std::error_code& error, std::string what) {
  if (!error) return {};
  return core::fail(core::Errc::io, std::move(what), error.message());
}

core::Result<void> make_folder(const std::string& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  return failure(error, "cannot create " + folder);
}

Actor rotator() {
  return {std::string(kRotationUserId), ""};
}

core::Result<void> move_file(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  return failure(error, "cannot rename " + from.string());
}

}  // namespace

core::Result<void> KeyRotation::recover() const {
  std::error_code error;
  if (!fs::exists(options_.folder, error)) return {};
  std::vector<fs::path> unfinished;
  for (const fs::directory_entry& entry : fs::directory_iterator(options_.folder, error)) {
    if (entry.path().extension() == kUnfinished) unfinished.push_back(entry.path());
  }
  if (error) return failure(error, "cannot read " + options_.folder);
  for (const fs::path& path : unfinished) {
    auto text = crypto::read_secret_file(path.string());
    if (!text) return core::pass(text);
    auto known = KeyStore(context_).find(crypto::sha256_hex(text->reveal()));
    if (!known && known.error().code != core::Errc::not_found) return core::pass(known);
    if (known) {
      if (auto done = move_file(path, fs::path(path).replace_extension()); !done) return done;
    } else {
      fs::remove(path, error);
      if (error) return failure(error, "cannot remove " + path.string());
    }
  }
  return {};
}

core::Result<RotationRound> KeyRotation::run() const {
  const std::int64_t now = context_.clock.wall().time_since_epoch().count();
  std::vector<std::string> due;
  std::vector<std::string> unplanned;
  auto read = context_.database.read([&](database::Connection& db) {
    return db.query(kDue, {now}, [&](const database::Row& row) -> core::Result<void> {
      (row.integer(1) != 0 ? unplanned : due).emplace_back(row.text(0));
      return {};
    });
  });
  if (!read) return core::pass(read);
  RotationRound round;
  const auto note = [&round](const core::Result<void>& done) {
    if (done) return;
    ++round.failed;
    if (!round.error) round.error = done.error();
  };
  for (const std::string& token : due) {
    const auto done = rotate(token);
    if (done) ++round.rotated;
    note(done);
  }
  for (const std::string& token : unplanned) note(plan(token));
  return round;
}

/// From a time before keys rotated by themselves: its interval begins now.
core::Result<void> KeyRotation::plan(const std::string& token) const {
  auto planned = KeyStore(context_).update(rotator(), token, {});
  if (!planned) return core::pass(planned);
  return {};
}

core::Result<void> KeyRotation::rotate(const std::string& token) const {
  const KeyStore keys(context_);
  auto key = keys.find(token);
  if (!key) return core::pass(key);
  auto text = crypto::new_key(context_.random);
  if (!text) return core::pass(text);
  if (auto done = make_folder(options_.folder); !done) return done;
  const std::string file = options_.folder + "/" + key->account;
  const std::string unfinished = file + std::string(kUnfinished);
  if (auto done = crypto::write_secret_file(unfinished, *text); !done) return done;
  auto issued = keys.regenerate(rotator(), token, {.new_key = *text, .grace = options_.grace});
  if (!issued) return core::pass(issued);
  return move_file(unfinished, file);
}

}  // namespace gatehouse::tenancy
