#include "gatehouse/net/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <mutex>
#include <utility>

#include "openssl_error.hpp"

namespace gatehouse::net {

namespace {
using ContextPtr = std::shared_ptr<SSL_CTX>;

ContextPtr make_context(const SSL_METHOD* method) {
  ContextPtr context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return context;
  SSL_CTX* raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  // TLS 1.2: AEAD with ECDHE only (RFC 9325 section 4.2). TLS 1.3 has nothing weaker.
  SSL_CTX_set_cipher_list(raw,
                          "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                          "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                          "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305");
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Partial writes suspend and continue with the rest; idle connections give their buffers back.
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(raw, 1);
  return context;
}

core::Result<ContextPtr> make_server_context(const std::string& certificate_file,
                                             const std::string& key_file) {
  ERR_clear_error();
  ContextPtr context = make_context(TLS_server_method());
  if (!context) return core::fail(core::Errc::io, "no TLS context", openssl_errors());
  SSL_CTX* raw = context.get();
  // Sessions live in tickets; a server-side cache would only cost memory and a lock.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  if (SSL_CTX_use_certificate_chain_file(raw, certificate_file.c_str()) != 1) {
    return core::fail(core::Errc::invalid_argument, "cannot read the certificate file",
                      certificate_file + ": " + openssl_errors());
  }
  if (SSL_CTX_use_PrivateKey_file(raw, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return core::fail(core::Errc::invalid_argument, "cannot use the key file with the certificate",
                      key_file + ": " + openssl_errors());
  }
  return context;
}
}  // namespace

std::string openssl_errors() {
  std::string text;
  while (const unsigned long code = ERR_get_error()) {
    char line[160] = {};
    ERR_error_string_n(code, line, sizeof line);
    if (!text.empty()) text += "; ";
    text += line;
  }
  return text;
}

struct TlsServerContext::State {
  std::string certificate_file;
  std::string key_file;
  mutable std::mutex mutex;
  ContextPtr context;
};

TlsServerContext::TlsServerContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsServerContext::~TlsServerContext() = default;

core::Result<std::shared_ptr<TlsServerContext>> TlsServerContext::load(std::string certificate_file,
                                                                       std::string key_file) {
  auto state = std::make_unique<State>();
  state->certificate_file = std::move(certificate_file);
  state->key_file = std::move(key_file);
  std::shared_ptr<TlsServerContext> made(new TlsServerContext(std::move(state)));
  core::Result<void> loaded = made->reload();
  if (!loaded) return pass(loaded);
  return made;
}

core::Result<void> TlsServerContext::reload() {
  core::Result<ContextPtr> fresh = make_server_context(state_->certificate_file, state_->key_file);
  if (!fresh) return pass(fresh);
  const std::scoped_lock lock(state_->mutex);
  state_->context = std::move(*fresh);
  return {};
}

std::shared_ptr<void> TlsServerContext::native() const noexcept {
  const std::scoped_lock lock(state_->mutex);
  return state_->context;
}

struct TlsClientContext::State {
  ContextPtr context;
};

TlsClientContext::TlsClientContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClientContext::~TlsClientContext() = default;

core::Result<std::shared_ptr<TlsClientContext>> TlsClientContext::create(
    const std::string& ca_file) {
  ERR_clear_error();
  auto state = std::make_unique<State>();
  state->context = make_context(TLS_client_method());
  SSL_CTX* raw = state->context.get();
  if (raw == nullptr) return core::fail(core::Errc::io, "no TLS context", openssl_errors());
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  const int trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(raw)
                                      : SSL_CTX_load_verify_file(raw, ca_file.c_str());
  if (trusted != 1) {
    return core::fail(core::Errc::invalid_argument, "cannot read the file of trusted certificates",
                      ca_file + ": " + openssl_errors());
  }
  return std::shared_ptr<TlsClientContext>(new TlsClientContext(std::move(state)));
}

std::shared_ptr<void> TlsClientContext::native() const noexcept {
  return state_->context;
}

}  // namespace gatehouse::net
