#pragma once

#include <string>

namespace gatehouse::net {

/// Takes all entries of this thread's OpenSSL error queue, as text for internal details.
std::string openssl_errors();

}  // namespace gatehouse::net
