#pragma once
/// What the fake provider remembers: its bill, the requests it saw, its scripts.

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "behaviour.hpp"
#include "draft.hpp"
#include "gatehouse/core/error.hpp"
#include "reply.hpp"
#include "request.hpp"

namespace gatehouse::fake_provider {

/// One call as the provider bills it. Times are CLOCK_MONOTONIC in milliseconds.
struct BillEntry {
  std::uint64_t id = 0;
  std::string model;
  Surface surface = Surface::unknown;
  bool stream = false;
  int status = 0;
  Usage usage;  ///< completion: what was delivered
  bool aborted = false;
  std::int64_t cost_nano_usd = 0;
  std::int64_t received_ms = 0;
  std::int64_t ended_ms = 0;
  std::uint64_t connection = 0;
};

/// One worker's books. Thread-safe: the worker writes, a control request of any worker reads.
class Books {
 public:
  /// What is beyond a limit drives out the oldest; the totals keep it.
  struct Limits {
    std::size_t bill = 100'000;  ///< calls
    std::size_t requests = 256;
  };
  explicit Books(const Limits& limits) : limits_(limits) {}

  void bill(BillEntry entry);
  void record(std::uint64_t id, std::uint64_t connection, const Request& request);
  void clear();

  /// Appends JSON objects to `out`, comma-separated; `first` says whether it is still empty.
  void append_bill(std::string& out, bool& first) const;
  void append_requests(std::string& out, bool& first) const;
  struct Totals {
    std::uint64_t calls = 0;
    std::uint64_t aborted = 0;
    Usage usage;
    std::int64_t cost_nano_usd = 0;
  };
  Totals totals() const;

 private:
  struct Seen {
    std::uint64_t id = 0;
    std::uint64_t connection = 0;
    std::string head;
    std::string body;
    std::size_t body_bytes = 0;
  };
  static constexpr std::size_t kMaxRecordedBody = 4 << 20;

  mutable std::mutex mutex_;
  std::deque<BillEntry> bill_;
  std::vector<Seen> seen_;  // a ring
  std::size_t next_seen_ = 0;
  Limits limits_;
  Totals totals_;
};

/// What a script says about one call.
struct Instruction {
  Behaviours behaviours;
  Verbatim verbatim;
};

/// Queues of instructions per model. Thread-safe.
class ScriptBook {
 public:
  /// `json`: {"model": "name" or "*", "queue": [...], "then": ...}; an element is a behaviour
  /// list or {"do": list, "raw": base64, "body": text, "headers": {name: value}}. `then` answers
  /// all calls behind the queue.
  core::Result<void> set(std::string_view json);
  std::optional<Instruction> next(const std::string& model);
  void clear();
  bool active() const noexcept { return active_.load(std::memory_order_relaxed); }

 private:
  struct Script {
    std::deque<Instruction> queue;
    std::optional<Instruction> then;
  };
  std::mutex mutex_;
  std::map<std::string, Script, std::less<>> scripts_;
  std::atomic<bool> active_ = false;
};

struct Shared {
  std::atomic<std::uint64_t> next_id = 1;
  std::atomic<std::uint64_t> connections_opened = 0;
  std::atomic<std::uint64_t> connections_open = 0;
  std::atomic<std::uint64_t> in_flight = 0;
  std::atomic<std::uint64_t> malformed = 0;
  ScriptBook scripts;
  std::vector<std::unique_ptr<Books>> books;  ///< one per worker
};

/// Answers a request to "/__…"; the JSON body and its status.
struct ControlAnswer {
  int status = 200;
  std::string body;
};
ControlAnswer control(Shared& shared, const Request& request);

std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace gatehouse::fake_provider
