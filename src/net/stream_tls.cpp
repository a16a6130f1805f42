#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "gatehouse/net/resolver.hpp"
#include "gatehouse/net/tls.hpp"
#include "openssl_error.hpp"
#include "stream_state.hpp"

namespace gatehouse::net {

namespace {
constexpr std::size_t kRecordBytes = 16 * 1024;

Stream::State& stream_of(BIO* bio) {
  return *static_cast<Stream::State*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got = stream_of(bio).receive(into, static_cast<std::size_t>(size));
  if (got < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto length = static_cast<std::size_t>(size);
  iovec piece{const_cast<char*>(bytes), length};
  const ssize_t sent = stream_of(bio).send(&piece, 1, length);
  if (sent < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return stream_of(bio).ended ? 1 : 0;
  return 0;
}

/// OpenSSL's view of a Stream: its flags spare the reads that would find nothing, and its sends
/// raise no SIGPIPE, both unlike the library's own socket BIO.
BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

bool set_server_name(SSL* ssl, const std::string& host) {
  // What SSL_set_tlsext_host_name does, without the macro's old-style cast.
  std::string name = host;
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
}

core::Result<void> expect_host(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool literal = parse_ip_literal(host, 0).has_value();
  const bool set = literal ? X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1
                           : X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size()) == 1 &&
                                 set_server_name(ssl, host);
  if (host.empty() || !set) {
    return core::fail(core::Errc::invalid_argument, "not a name that TLS can verify");
  }
  return {};
}
}  // namespace

void SslDeleter::operator()(ssl_st* ssl) const noexcept {
  SSL_free(ssl);
}

core::Result<void> Stream::State::begin_tls(void* context) {
  ssl.reset(SSL_new(static_cast<SSL_CTX*>(context)));
  BIO* bio = ssl ? BIO_new(bio_method()) : nullptr;
  if (bio == nullptr) return core::fail(core::Errc::io, "no TLS session", openssl_errors());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl.get(), bio, bio);
  return {};
}

core::Error Stream::State::tls_error(int reason, const char* step) {
  const int system_error = errno;
  tls_broken = true;
  if (cancelled) return refusal();
  const long verdict = SSL_get_verify_result(ssl.get());
  std::string detail = std::string(step) + ": " + openssl_errors();
  if (verdict != X509_V_OK) {
    detail += std::string("; ") + X509_verify_cert_error_string(verdict);
    return {.code = core::Errc::protocol,
            .public_message = "the peer's certificate was refused",
            .internal_detail = std::move(detail)};
  }
  if (ended || reason == SSL_ERROR_SYSCALL) {
    if (!ended) detail += errno_text("; system call", system_error);
    return {.code = core::Errc::closed,
            .public_message = "the peer closed the connection",
            .internal_detail = std::move(detail)};
  }
  return {.code = core::Errc::protocol,
          .public_message = "TLS failed",
          .internal_detail = std::move(detail)};
}

core::Task<core::Result<void>> Stream::State::handshake() {
  for (;;) {
    if (cancelled) co_return std::unexpected(refusal());
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl.get());
    if (result == 1) co_return core::Result<void>();
    const int reason = SSL_get_error(ssl.get(), result);
    if (reason != SSL_ERROR_WANT_READ && reason != SSL_ERROR_WANT_WRITE) {
      co_return std::unexpected(tls_error(reason, "handshake"));
    }
    const bool reading = reason == SSL_ERROR_WANT_READ;
    const bool& flag = reading ? readable : writable;
    ReadinessWait wait(*this, reading ? reader : writer, flag);
    co_await wait;
    if (!flag) {
      tls_broken = true;
      co_return std::unexpected(refusal());
    }
  }
}

core::Task<core::Result<std::size_t>> Stream::State::read_tls(std::span<char> into) {
  for (;;) {
    if (cancelled) co_return std::unexpected(refusal());
    if (ended && tls_broken) co_return std::unexpected(tls_error(SSL_ERROR_SYSCALL, "read"));
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl.get(), into.data(), into.size(), &got);
    if (result == 1) co_return got;
    const int reason = SSL_get_error(ssl.get(), result);
    if (reason == SSL_ERROR_ZERO_RETURN) {
      ended = true;
      co_return std::size_t{0};
    }
    // Renegotiation is off, so that reading never has to write more than the library buffers.
    if (reason != SSL_ERROR_WANT_READ) co_return std::unexpected(tls_error(reason, "read"));
    ReadinessWait wait(*this, reader, readable);
    co_await wait;
    if (!readable) co_return std::unexpected(refusal());
  }
}

core::Task<core::Result<void>> Stream::State::write_tls(std::span<const std::string_view> pieces) {
  std::string gathered;  // small pieces share a record and a system call
  for (const std::string_view piece : pieces) {
    if (pieces.size() > 1 && gathered.size() + piece.size() <= kRecordBytes) {
      gathered += piece;
      continue;
    }
    core::Result<void> before = co_await write_tls_bytes(gathered);
    if (!before) co_return pass(before);
    gathered.clear();
    core::Result<void> written = co_await write_tls_bytes(piece);
    if (!written) co_return pass(written);
  }
  co_return co_await write_tls_bytes(gathered);
}

core::Task<core::Result<void>> Stream::State::write_tls_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    if (cancelled) co_return std::unexpected(refusal());
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl.get(), bytes.data(), bytes.size(), &sent);
    if (result == 1) {
      bytes.remove_prefix(sent);
      continue;
    }
    const int reason = SSL_get_error(ssl.get(), result);
    if (reason != SSL_ERROR_WANT_WRITE) co_return std::unexpected(tls_error(reason, "write"));
    ReadinessWait wait(*this, writer, writable);
    co_await wait;
    if (!writable) co_return std::unexpected(refusal());
  }
  co_return core::Result<void>();
}

bool Stream::State::tls_idle() noexcept {
  if (!readable && SSL_has_pending(ssl.get()) == 0) return true;
  // Session tickets may have come after the answer: look whether there is more than those.
  ERR_clear_error();
  char byte = 0;
  std::size_t got = 0;
  const int result = SSL_peek_ex(ssl.get(), &byte, 1, &got);
  return result != 1 && SSL_get_error(ssl.get(), result) == SSL_ERROR_WANT_READ;
}

void Stream::State::send_close_notify() noexcept {
  if (!ssl || tls_broken || SSL_is_init_finished(ssl.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(ssl.get());
}

core::Task<core::Result<void>> Stream::accept_tls(TlsServerContext& context) {
  core::Result<void> begun = state_->begin_tls(context.native().get());
  if (!begun) co_return pass(begun);
  SSL_set_accept_state(state_->ssl.get());
  co_return co_await state_->handshake();
}

core::Task<core::Result<void>> Stream::connect_tls(TlsClientContext& context,
                                                   const std::string& host) {
  core::Result<void> begun = state_->begin_tls(context.native().get());
  if (!begun) co_return pass(begun);
  SSL_set_connect_state(state_->ssl.get());
  core::Result<void> expected = expect_host(state_->ssl.get(), host);
  if (!expected) co_return pass(expected);
  co_return co_await state_->handshake();
}

}  // namespace gatehouse::net
