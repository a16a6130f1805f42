#pragma once
/// Administration of end users, "customers" on the wire (litellm-contract.md 1.6). General rules:
/// store.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

struct CustomerPatch {
  Patch<std::string> alias;
  Patch<bool> blocked;
  Patch<std::string> allowed_model_region;
  Patch<std::string> default_model;
  LimitPatch limits;
};

class CustomerStore {
 public:
  explicit CustomerStore(const StoreContext& context) : context_(context) {}

  core::Result<EndUserRecord> create(const Actor& actor, std::string_view user_id,
                                     const CustomerPatch& fields) const;
  core::Result<EndUserRecord> update(const Actor& actor, std::string_view user_id,
                                     const CustomerPatch& patch) const;
  /// Errc::not_found when one is unknown: then nothing is removed.
  core::Result<std::vector<EndUserRecord>> remove(const Actor& actor,
                                                  const std::vector<std::string>& user_ids) const;
  /// Blocks also those without a row: it is made.
  core::Result<std::vector<EndUserRecord>> set_blocked(const Actor& actor,
                                                       const std::vector<std::string>& user_ids,
                                                       bool blocked) const;
  core::Result<EndUserRecord> find(std::string_view user_id) const;
  /// Sorts by user_id, alias.
  core::Result<Listing<EndUserRecord>> list(const Page& page, const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
