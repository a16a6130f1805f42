#pragma once
/// Records that principals are made of, shared by all that name them.

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatehouse/core/error.hpp"
#include "gatehouse/database/connection.hpp"
#include "warm_map.hpp"

namespace gatehouse::tenancy {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// Thread-safe. A slot without a record says that there is no such row.
template <class Record>
class RecordCache {
 public:
  struct Slot {
    std::shared_ptr<const Record> record;
    std::shared_ptr<Ticket> ticket;
  };

  std::optional<Slot> find(std::string_view id) const {
    const std::scoped_lock lock(mutex_);
    const auto found = slots_.find(id);
    return found == slots_.end() ? std::nullopt : std::optional(found->second);
  }
  /// The ticket under which the record stands: that of an earlier put() if there was one.
  std::shared_ptr<const Ticket> put(const std::string& id, std::shared_ptr<const Record> record) {
    const std::scoped_lock lock(mutex_);
    if (slots_.size() >= trim_at_) trim();
    if (const auto found = slots_.find(id); found != slots_.end()) return found->second.ticket;
    // Made first: no slot may be without a ticket, whatever fails.
    auto ticket = std::make_shared<Ticket>();
    slots_.emplace(id, Slot{std::move(record), ticket});
    return ticket;
  }
  /// Whatever was made of the record is stale from now on.
  void drop(std::string_view id) {
    const std::scoped_lock lock(mutex_);
    const auto found = slots_.find(id);
    if (found == slots_.end()) return;
    found->second.ticket->stale.store(true, std::memory_order_release);
    slots_.erase(found);
  }

 private:
  static constexpr std::size_t kFirstTrim = 4'096;

  /// Removes what nobody in memory depends on; next time when the rest has doubled.
  void trim() {
    std::erase_if(slots_, [](const auto& slot) { return slot.second.ticket.use_count() == 1; });
    trim_at_ = std::max(kFirstTrim, 2 * slots_.size());
  }

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Slot, TextHash, std::equal_to<>> slots_;
  std::size_t trim_at_ = kFirstTrim;
};

/// What one load needs of one kind of record. Nothing is visible to others before publish().
template <class Record>
class RecordLookup {
 public:
  using Read = core::Result<std::optional<Record>> (*)(database::Connection&, std::string_view);
  RecordLookup(RecordCache<Record>& cache, Read read) : cache_(cache), read_(read) {}

  /// Null when there is no such row.
  core::Result<std::shared_ptr<const Record>> get(database::Connection& db, const std::string& id) {
    ids_.push_back(id);
    if (auto slot = cache_.find(id)) {
      tickets_.push_back(std::move(slot->ticket));
      return std::move(slot->record);
    }
    auto row = read_(db, id);
    if (!row) return core::pass(row);
    std::shared_ptr<const Record> record;
    std::optional<Record> present = std::move(*row);
    if (present) record = std::make_shared<const Record>(std::move(*present));
    fresh_.emplace_back(id, record);
    return record;
  }
  const std::vector<std::string>& ids() const noexcept { return ids_; }
  void publish(Tickets& tickets) {
    for (auto& [id, record] : fresh_) tickets_.push_back(cache_.put(id, std::move(record)));
    for (auto& ticket : tickets_) tickets.push_back(std::move(ticket));
  }

 private:
  RecordCache<Record>& cache_;
  Read read_;
  std::vector<std::string> ids_;
  std::vector<std::pair<std::string, std::shared_ptr<const Record>>> fresh_;
  Tickets tickets_;
};

}  // namespace gatehouse::tenancy
