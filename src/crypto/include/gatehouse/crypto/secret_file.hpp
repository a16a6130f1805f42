#pragma once
/// Secrets in files that only the server's user may read. Blocking: start-up only.

#include <string>

#include "gatehouse/core/error.hpp"
#include "gatehouse/core/secret.hpp"

namespace gatehouse::crypto {

/// Writes `secret` and a line end to `path` with mode 0600, all or nothing: a reader sees the old
/// content or the new, also after a power failure. Replaces an existing file. The folder must
/// exist. Errc::io on failure; nothing is left behind.
core::Result<void> write_secret_file(const std::string& path, const core::Secret& secret);

/// The first line of the file. Errc::not_found when there is none, Errc::forbidden when others
/// may read or write it, Errc::invalid_argument when it is empty or longer than 4096 bytes,
/// Errc::io otherwise.
core::Result<core::Secret> read_secret_file(const std::string& path);

}  // namespace gatehouse::crypto
