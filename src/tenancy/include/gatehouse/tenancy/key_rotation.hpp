#pragma once
/// Keys with `auto_rotate` get a new text when their interval is over.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/tenancy/store.hpp"

namespace gatehouse::tenancy {

/// created_by and the audit log name it.
inline constexpr std::string_view kRotationUserId = "key_rotation";

struct RotationOptions {
  /// Where new texts are left, in a file of mode 0600 for each key that is named by its account
  /// (the hash of the key's first text). Made when it is needed.
  std::string folder;
  core::Nanos grace = core::Seconds(86'400);  ///< the old text stays good that long
};

/// What one round did.
struct RotationRound {
  std::size_t rotated = 0;
  std::size_t failed = 0;
  std::optional<core::Error> error = {};  ///< of the first that failed; it is tried again
};

/// Blocking; one thread at a time. When a key is due is kept with it, so restarts change nothing;
/// a key that was due while the server stood still is rotated once. A text is in its file before
/// the key has it, and under its final name only afterwards: whatever is interrupted, the file
/// holds a text that is good, and no text is lost.
class KeyRotation {
 public:
  KeyRotation(const StoreContext& context, RotationOptions options)
      : context_(context), options_(std::move(options)) {}

  /// Ends what an interrupted run has left. Before the first run().
  core::Result<void> recover() const;
  /// Rotates what is due, at most 100 keys: neither blocked nor expired ones.
  core::Result<RotationRound> run() const;

 private:
  core::Result<void> rotate(const std::string& token) const;
  core::Result<void> plan(const std::string& token) const;

  const StoreContext& context_;
  RotationOptions options_;
};

}  // namespace gatehouse::tenancy
