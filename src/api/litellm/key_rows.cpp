#include "litellm/key_rows.hpp"

#include "litellm/key_json.hpp"
#include "litellm/rights.hpp"
#include "litellm/spend_view.hpp"

namespace gatehouse::api::litellm {
namespace {

constexpr std::uint64_t kMost = 1'000;

}  // namespace

admin::Outcome<void> write_key_rows(admin::JsonWriter& out, const admin::AdminRequest& request,
                                    ControlPlane& control, const tenancy::KeyFilter& filter) {
  const auto keys = tenancy::KeyStore(control.stores).list(filter, {1, kMost});
  if (!keys) return std::unexpected(refuse_store(keys.error()));
  const auto spends = spend_of_all(control, keys->items, request.now);
  if (!spends) return std::unexpected(spends.error());
  out.begin_array();
  for (std::size_t i = 0; i < keys->items.size(); ++i) {
    write_key_row(out, keys->items[i],
                  {.spend = (*spends)[i], .now = request.now, .zone = control.zone});
  }
  out.end_array();
  return {};
}

}  // namespace gatehouse::api::litellm
