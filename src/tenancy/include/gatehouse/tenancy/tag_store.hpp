#pragma once
/// Administration of tags (litellm-contract.md 1.6). General rules: store.hpp.

#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

struct TagPatch {
  Patch<std::string> description;
  Patch<std::vector<std::string>> models;
  LimitPatch limits;
};

class TagStore {
 public:
  explicit TagStore(const StoreContext& context) : context_(context) {}

  core::Result<TagRecord> create(const Actor& actor, std::string_view name,
                                 const TagPatch& fields) const;
  core::Result<TagRecord> update(const Actor& actor, std::string_view name,
                                 const TagPatch& patch) const;
  core::Result<TagRecord> remove(const Actor& actor, std::string_view name) const;
  core::Result<TagRecord> find(std::string_view name) const;
  /// Those of the names that exist.
  core::Result<std::vector<TagRecord>> find_all(const std::vector<std::string>& names) const;
  /// Sorts by name, created_at.
  core::Result<Listing<TagRecord>> list(const Page& page, const Sort& sort = {}) const;

 private:
  const StoreContext& context_;
};

}  // namespace gatehouse::tenancy
