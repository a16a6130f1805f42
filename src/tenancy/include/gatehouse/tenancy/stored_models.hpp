#pragma once
/// Models that administrators add while the server runs (/model/new). General rules: store.hpp.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

/// One deployment as it was given. The texts are JSON objects; whoever writes them has sealed
/// the credentials in `litellm_params`. The audit log shows the names of parameters only.
struct StoredModel {
  std::string model_id;
  std::string model_name;
  std::string litellm_params = "{}";
  std::string model_info = "{}";
  std::optional<std::string> team_id;  ///< for this team alone
  Provenance provenance;
};

struct StoredModelPatch {
  Patch<std::string> model_name;
  std::string litellm_params = "{}";  ///< merged member by member; null removes a member
  std::string model_info = "{}";      ///< likewise
  Patch<std::string> team_id;
};

/// The `litellm_params` of a model with its credentials sealed with another key; nothing when they
/// stay as they are.
using Reseal = std::function<core::Result<std::optional<std::string>>(const StoredModel&)>;

class StoredModels {
 public:
  explicit StoredModels(const StoreContext& context) : context_(context) {}

  /// Errc::conflict when the id is taken. Without an id: a new UUID.
  core::Result<StoredModel> create(const Actor& actor, StoredModel model) const;
  core::Result<StoredModel> update(const Actor& actor, std::string_view model_id,
                                   const StoredModelPatch& patch) const;
  core::Result<StoredModel> remove(const Actor& actor, std::string_view model_id) const;
  core::Result<StoredModel> find(std::string_view model_id) const;
  /// All, oldest first: for building the table of models. Bounded: Errc::too_large beyond 100,000.
  core::Result<std::vector<StoredModel>> all() const;
  /// Asks `reseal` of every model, all in one transaction with a row "rotated" of the key `key_id`
  /// in the audit log. When and by whom a model was changed stays. Returns how many changed.
  core::Result<std::size_t> reseal(const Actor& actor, std::string_view key_id,
                                   const Reseal& reseal) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
