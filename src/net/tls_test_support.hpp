#pragma once
/// For tests: certificates made on the spot, and a scripted TLS server.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "scripted_server.hpp"

namespace gatehouse::net::testing {

/// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-net-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct CertificateOptions {
  std::string names = "DNS:upstream.test";  ///< subjectAltName; empty: none
  long not_before = -3'600;                 ///< seconds from now
  long not_after = 3'600;
  bool self_signed = false;
};

/// A certificate with its key.
struct Certificate {
  std::shared_ptr<X509> x509;
  std::shared_ptr<EVP_PKEY> key;

  void write(const std::string& certificate_file, const std::string& key_file) const {
    std::FILE* out = std::fopen(certificate_file.c_str(), "w");
    PEM_write_X509(out, x509.get());
    std::fclose(out);
    out = std::fopen(key_file.c_str(), "w");
    PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
  }
};

/// A certificate authority that lives for one test.
class TestAuthority {
 public:
  TestAuthority() : root_(make("Test root", {.names = "", .self_signed = true}, nullptr)) {
    root_.write(folder_.file("root.pem"), folder_.file("root.key"));
  }

  std::string root_file() const { return folder_.file("root.pem"); }
  Certificate issue(const CertificateOptions& options) const {
    return make("upstream.test", options, options.self_signed ? nullptr : &root_);
  }
  const TemporaryFolder& folder() const { return folder_; }

 private:
  static void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    ASSERT_NE(extension, nullptr) << value;
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static Certificate make(const std::string& common_name, const CertificateOptions& options,
                          const Certificate* issuer) {
    static long serial = 0;
    Certificate made;
    made.key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
    made.x509.reset(X509_new(), X509_free);
    X509* x509 = made.x509.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), options.not_before);
    X509_gmtime_adj(X509_getm_notAfter(x509), options.not_after);
    X509_set_pubkey(x509, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    const Certificate& signer = issuer == nullptr ? made : *issuer;
    X509_set_issuer_name(x509, X509_get_subject_name(signer.x509.get()));
    if (options.names.empty()) {
      extend(x509, signer.x509.get(), NID_basic_constraints, "critical,CA:TRUE");
    } else {
      extend(x509, signer.x509.get(), NID_subject_alt_name, options.names);
    }
    X509_sign(x509, signer.key.get(), EVP_sha256());
    return made;
  }

  TemporaryFolder folder_;
  Certificate root_;
};

/// A TLS server's end of a connection, blocking.
class TlsServerSide {
 public:
  TlsServerSide(const ServerSide& side, const Certificate& certificate, int lowest = TLS1_2_VERSION,
                int highest = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    SSL_CTX_set_security_level(context_.get(), 0);  // else OpenSSL itself refuses TLS 1.0
    SSL_CTX_set_min_proto_version(context_.get(), lowest);
    SSL_CTX_set_max_proto_version(context_.get(), highest);
    SSL_CTX_set_cipher_list(context_.get(), "ALL");
    SSL_CTX_use_certificate(context_.get(), certificate.x509.get());
    SSL_CTX_use_PrivateKey(context_.get(), certificate.key.get());
    ssl_.reset(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(ssl_.get(), side.fd());
  }
  bool accept() { return SSL_accept(ssl_.get()) == 1; }
  std::string receive(std::size_t count) {
    std::string all;
    while (all.size() < count) {
      std::string part(count - all.size(), '\0');
      const int got = SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()));
      if (got <= 0) break;
      all += part.substr(0, static_cast<std::size_t>(got));
    }
    return all;
  }
  /// Until the empty line that ends a head.
  std::string receive_head() {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string byte = receive(1);
      if (byte.empty()) break;
      head += byte;
    }
    return head;
  }
  void send(std::string_view bytes) {
    ASSERT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }
  void close_notify() { SSL_shutdown(ssl_.get()); }
  SSL* ssl() { return ssl_.get(); }
  std::string server_name() const {
    const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? "" : name;
  }

 private:
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> ssl_;
};

}  // namespace gatehouse::net::testing
