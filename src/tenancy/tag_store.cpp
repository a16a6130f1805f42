#include "gatehouse/tenancy/tag_store.hpp"

#include <array>

#include "listing_support.hpp"

namespace gatehouse::tenancy {
namespace {

constexpr std::array<database::Choice, 2> kSorts{{
    {"created_at", "created_at_ns"},
    {"name", "name"},
}};

core::Result<TagRecord> patched(TagRecord tag, const TagPatch& patch, const Writing& writing) {
  patch.description.apply(tag.description);
  patch.models.apply(tag.models);
  auto limits = patched(std::move(tag.limits), patch.limits, writing.context.durations);
  if (!limits) return core::pass(limits);
  tag.limits = *std::move(limits);
  if (auto done = check_budget_exists(writing.db, tag.limits); !done) return core::pass(done);
  return tag;
}

core::Result<TagRecord> enter(const Writing& writing, std::string_view name,
                              const TagPatch& fields) {
  TagRecord blank;
  blank.name = name;
  if (auto sound = check_name(name, "name"); !sound) return core::pass(sound);
  auto present = maybe_row<TagRecord>(writing.db, name);
  if (!present) return core::pass(present);
  if (*present) {
    return core::fail(core::Errc::conflict, "Tag " + core::printable(name) + " already exists");
  }
  blank.provenance = writing.created();
  auto tag = patched(std::move(blank), fields, writing);
  if (!tag) return tag;
  if (auto done = writing.insert(*tag, name); !done) return core::pass(done);
  writing.changes.tags.emplace_back(name);
  return tag;
}

}  // namespace

core::Result<TagRecord> TagStore::create(const Actor& actor, std::string_view name,
                                         const TagPatch& fields) const {
  return write(context_, actor,
               [&](const Writing& writing) { return enter(writing, name, fields); });
}

core::Result<TagRecord> TagStore::update(const Actor& actor, std::string_view name,
                                         const TagPatch& patch) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<TagRecord> {
    auto before = find_row<TagRecord>(writing.db, name);
    if (!before) return before;
    auto after = patched(*before, patch, writing);
    if (!after) return after;
    writing.touch(after->provenance);
    if (auto done = writing.update(*before, *after, name); !done) return core::pass(done);
    writing.changes.tags.emplace_back(name);
    return after;
  });
}

core::Result<TagRecord> TagStore::remove(const Actor& actor, std::string_view name) const {
  return write(context_, actor, [&](const Writing& writing) -> core::Result<TagRecord> {
    auto tag = find_row<TagRecord>(writing.db, name);
    if (!tag) return tag;
    if (auto done = writing.remove(*tag, name); !done) return core::pass(done);
    writing.changes.tags.emplace_back(name);
    return tag;
  });
}

core::Result<TagRecord> TagStore::find(std::string_view name) const {
  return context_.database.read(
      [&](database::Connection& db) { return find_row<TagRecord>(db, name); });
}

core::Result<std::vector<TagRecord>> TagStore::find_all(
    const std::vector<std::string>& names) const {
  return context_.database.read(
      [&](database::Connection& db) { return rows_of<TagRecord>(db, names); });
}

core::Result<Listing<TagRecord>> TagStore::list(const Page& page, const Sort& sort) const {
  return context_.database.read([&](database::Connection& db) {
    return list_page<TagRecord>(db, database::Select("*", "tag"), {kSorts, "name"}, page, sort,
                                read_row<TagRecord>);
  });
}

}  // namespace gatehouse::tenancy
