#pragma once
/// TLS settings. OpenSSL stays behind these two types.

#include <memory>
#include <string>

#include "gatehouse/core/error.hpp"

namespace gatehouse::net {

/// Server certificate with reload. Thread-safe: running handshakes keep the certificate they
/// began with. TLS 1.2 (AEAD with ECDHE) and 1.3 only.
class TlsServerContext {
 public:
  static core::Result<std::shared_ptr<TlsServerContext>> load(std::string certificate_file,
                                                              std::string key_file);
  /// Reads the files again; on failure the old certificate stays in use.
  core::Result<void> reload();
  ~TlsServerContext();

  std::shared_ptr<void> native() const noexcept;  ///< the SSL_CTX of now, for net's sources

 private:
  struct State;
  explicit TlsServerContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Verifies servers against the system's trust store, or `ca_file` when given.
class TlsClientContext {
 public:
  static core::Result<std::shared_ptr<TlsClientContext>> create(const std::string& ca_file = {});
  ~TlsClientContext();
  std::shared_ptr<void> native() const noexcept;  ///< SSL_CTX, for net's sources

 private:
  struct State;
  explicit TlsClientContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gatehouse::net
