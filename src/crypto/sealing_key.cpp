#include "gatehouse/crypto/sealing_key.hpp"

#include <openssl/evp.h>

#include <memory>
#include <optional>

#include "gatehouse/crypto/digest.hpp"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kLeastText = 16;

struct ContextDeleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextDeleter>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = digit(text[i]);
    const int low = digit(text[i + 1]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

core::Error failure() {
  return {core::Errc::invalid_argument, "a stored secret cannot be opened",
          "wrong key, wrong place or damaged"};
}

}  // namespace

core::Result<SealingKey> SealingKey::from_text(const core::Secret& text) {
  if (text.reveal().size() < kLeastText) {
    return core::fail(core::Errc::invalid_argument, "an encryption key has at least 16 characters");
  }
  if (text.reveal().size() == 2 * kKeyBytes) {
    if (auto raw = from_hex(text.reveal())) return SealingKey(core::Secret(std::move(*raw)));
  }
  const Sha256 hash = sha256(text.reveal());
  return SealingKey(core::Secret(std::string(hash.begin(), hash.end())));
}

std::string SealingKey::id() const {
  const core::Secret text("gatehouse sealing key " + std::string(key_.reveal()));
  return sha256_hex(text.reveal()).substr(0, kIdLength);
}

core::Result<std::string> SealingKey::seal(const core::Secret& secret, std::string_view place,
                                           RandomBytes& random) const {
  auto nonce = random.get(kNonceBytes);
  if (!nonce) return core::pass(nonce);
  const std::string_view plain = secret.reveal();
  std::string sealed(plain.size() + kTagBytes, '\0');
  int size = 0;
  const Context context(EVP_CIPHER_CTX_new());
  const bool done = context &&
                    EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                       bytes(key_.reveal()), bytes(*nonce)) == 1 &&
                    EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(place),
                                      static_cast<int>(place.size())) == 1 &&
                    EVP_EncryptUpdate(context.get(), bytes(sealed), &size, bytes(plain),
                                      static_cast<int>(plain.size())) == 1 &&
                    EVP_EncryptFinal_ex(context.get(), bytes(sealed) + size, &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                                        bytes(sealed) + plain.size()) == 1;
  if (!done) return core::fail(core::Errc::internal, "a secret cannot be stored");
  return to_hex(*nonce) + ":" + to_hex(sealed);
}

core::Result<core::Secret> SealingKey::open(std::string_view sealed, std::string_view place) const {
  const auto nonce = from_hex(sealed.substr(0, 2 * kNonceBytes));
  const bool framed = sealed.size() > 2 * kNonceBytes && sealed[2 * kNonceBytes] == ':';
  auto body = framed ? from_hex(sealed.substr(2 * kNonceBytes + 1)) : std::nullopt;
  if (!nonce || !body || body->size() < kTagBytes) return std::unexpected(failure());
  const std::size_t length = body->size() - kTagBytes;
  std::string plain(length, '\0');
  int size = 0;
  const Context context(EVP_CIPHER_CTX_new());
  const bool done = context &&
                    EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                       bytes(key_.reveal()), bytes(*nonce)) == 1 &&
                    EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(place),
                                      static_cast<int>(place.size())) == 1 &&
                    EVP_DecryptUpdate(context.get(), bytes(plain), &size, bytes(*body),
                                      static_cast<int>(length)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes,
                                        body->data() + length) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), bytes(plain) + size, &size) == 1;
  core::Secret opened(std::move(plain));
  if (!done) return std::unexpected(failure());
  return opened;
}

}  // namespace gatehouse::crypto
