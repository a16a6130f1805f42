#include "gatehouse/tenancy/stored_models.hpp"

#include "writing.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::size_t kMaxModels = 100'000;

core::Result<void> check(const StoredModel& model) {
  if (auto sound = check_name(model.model_id, "model_id"); !sound) return sound;
  if (auto sound = check_name(model.model_name, "model_name"); !sound) return sound;
  if (auto sound = check_object(model.litellm_params, "litellm_params"); !sound) return sound;
  return check_object(model.model_info, "model_info");
}

core::Result<StoredModel> enter(const Writing& writing, StoredModel model) {
  if (model.model_id.empty()) model.model_id = writing.context.ids.uuid();
  if (auto sound = check(model); !sound) return core::pass(sound);
  auto present = maybe_row<StoredModel>(writing.db, model.model_id);
  if (!present) return core::pass(present);
  if (*present) {
    return core::fail(core::Errc::conflict,
                      "Model id " + core::printable(model.model_id) + " already exists.");
  }
  model.provenance = writing.created();
  if (auto done = writing.insert(model, model.model_id); !done) return core::pass(done);
  return model;
}

core::Result<StoredModel> change(const Writing& writing, std::string_view model_id,
                                 const StoredModelPatch& patch) {
  auto before = find_row<StoredModel>(writing.db, model_id);
  if (!before) return before;
  StoredModel after = *before;
  patch.model_name.apply(after.model_name);
  patch.team_id.apply(after.team_id);
  auto params = merge_objects(after.litellm_params, patch.litellm_params, "litellm_params");
  if (!params) return core::pass(params);
  after.litellm_params = *std::move(params);
  auto info = merge_objects(after.model_info, patch.model_info, "model_info");
  if (!info) return core::pass(info);
  after.model_info = *std::move(info);
  if (auto sound = check(after); !sound) return core::pass(sound);
  writing.touch(after.provenance);
  if (auto done = writing.update(*before, after, model_id); !done) return core::pass(done);
  return after;
}

core::Result<std::vector<StoredModel>> read_all(database::Connection& db) {
  std::vector<StoredModel> models;
  auto done = db.query("SELECT * FROM stored_model ORDER BY created_at_ns, model_id", {},
                       [&](const database::Row& row) -> core::Result<void> {
                         if (models.size() == kMaxModels) {
                           return core::fail(core::Errc::too_large, "too many models");
                         }
                         models.push_back(read_row<StoredModel>(row));
                         return {};
                       });
  if (!done) return core::pass(done);
  return models;
}

}  // namespace

core::Result<StoredModel> StoredModels::create(const Actor& actor, StoredModel model) const {
  return write(context_, actor, [&](const Writing& writing) { return enter(writing, model); });
}

core::Result<StoredModel> StoredModels::update(const Actor& actor, std::string_view model_id,
                                               const StoredModelPatch& patch) const {
  return write(context_, actor,
               [&](const Writing& writing) { return change(writing, model_id, patch); });
}

core::Result<StoredModel> StoredModels::remove(const Actor& actor,
                                               std::string_view model_id) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<StoredModel> {
    auto model = find_row<StoredModel>(writing.db, model_id);
    if (!model) return model;
    if (auto done = writing.remove(*model, model_id); !done) return core::pass(done);
    return model;
  });
}

core::Result<StoredModel> StoredModels::find(std::string_view model_id) const {
  return context_.database.read(
      [&](database::Connection& db) { return find_row<StoredModel>(db, model_id); });
}

core::Result<std::vector<StoredModel>> StoredModels::all() const {
  return context_.database.read([](database::Connection& db) { return read_all(db); });
}

core::Result<std::size_t> StoredModels::reseal(const Actor& actor, std::string_view key_id,
                                               const Reseal& reseal) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<std::size_t> {
    auto models = read_all(writing.db);
    if (!models) return core::pass(models);
    std::size_t changed = 0;
    for (const StoredModel& model : *models) {
      auto params = reseal(model);
      if (!params) return core::pass(params);
      const std::optional<std::string>& text = *params;
      if (!text) continue;
      auto done = writing.db.execute(
          "UPDATE stored_model SET litellm_params = ? WHERE model_id = ?", {*text, model.model_id});
      if (!done) return core::pass(done);
      ++changed;
    }
    if (auto done = writing.audit({"rotated", "encryption_key", key_id}); !done) {
      return core::pass(done);
    }
    return changed;
  });
}

}  // namespace gatehouse::tenancy
