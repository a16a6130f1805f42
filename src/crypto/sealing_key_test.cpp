#include "gatehouse/crypto/sealing_key.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <set>
#include <sstream>

namespace gatehouse::crypto {
namespace {

class FixedBytes final : public RandomBytes {
 public:
  explicit FixedBytes(std::string bytes) : bytes_(std::move(bytes)) {}
  core::Result<std::string> get(std::size_t count) override {
    if (bytes_.size() != count) return core::fail(core::Errc::unavailable, "none");
    return bytes_;
  }

 private:
  std::string bytes_;
};

SealingKey key_of(const std::string& text) {
  return SealingKey::from_text(core::Secret(text)).value();
}

std::string bytes_of(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return out;
}

TEST(SealingKey, OpensWhatItSealed) {
  SystemRandomBytes random;
  const SealingKey key = key_of("a passphrase of some length");
  for (const std::string& text : {std::string(), std::string("x"), std::string("sk-provider-key"),
                                  std::string(5000, 'z'), std::string("\0\x01:\xff", 4)}) {
    const auto sealed = key.seal(core::Secret(text), "stored_model/1/api_key", random);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(key.open(*sealed, "stored_model/1/api_key").value().reveal(), text);
  }
}

TEST(SealingKey, BindsTheSecretToItsPlaceAndKey) {
  SystemRandomBytes random;
  const SealingKey key = key_of("a passphrase of some length");
  const std::string sealed = key.seal(core::Secret("secret"), "row/1", random).value();
  EXPECT_FALSE(key.open(sealed, "row/2"));
  EXPECT_FALSE(key_of("another passphrase here").open(sealed, "row/1"));
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
}

TEST(SealingKey, RefusesEveryDamagedText) {
  SystemRandomBytes random;
  const SealingKey key = key_of("a passphrase of some length");
  const std::string sealed = key.seal(core::Secret("secret"), "row/1", random).value();
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = damaged[i] == '0' ? '1' : '0';
    EXPECT_FALSE(key.open(damaged, "row/1")) << i;
    EXPECT_FALSE(key.open(sealed.substr(0, i), "row/1")) << i;
  }
}

TEST(SealingKey, NeverUsesANonceTwice) {
  SystemRandomBytes random;
  const SealingKey key = key_of("a passphrase of some length");
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string sealed = key.seal(core::Secret("s"), "p", random).value();
    EXPECT_TRUE(seen.insert(sealed.substr(0, 24)).second);
  }
}

TEST(SealingKey, RefusesToSealWithoutRandomness) {
  FixedBytes none{""};
  EXPECT_EQ(key_of("a passphrase of some length").seal(core::Secret("s"), "p", none).error().code,
            core::Errc::unavailable);
  EXPECT_FALSE(SealingKey::from_text(core::Secret("short")));
}

/// Project Wycheproof's vectors for 256-bit keys, 96-bit nonces and 128-bit tags.
TEST(SealingKey, AgreesWithWycheproof) {
  const std::string path =
      std::string(GATEHOUSE_TEST_DATA) + "/wycheproof/testvectors_v1/aes_gcm_test.json";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  const boost::json::value root = boost::json::parse(text.str());
  int checked = 0;
  for (const auto& group : root.at("testGroups").as_array()) {
    if (group.at("keySize") != 256 || group.at("ivSize") != 96 || group.at("tagSize") != 128)
      continue;
    for (const auto& test : group.at("tests").as_array()) {
      const auto hex = [&test](const char* name) { return std::string(test.at(name).as_string()); };
      const SealingKey key = key_of(hex("key"));
      FixedBytes nonce{bytes_of(hex("iv"))};
      const std::string place = bytes_of(hex("aad"));
      const std::string sealed = hex("iv") + ":" + hex("ct") + hex("tag");
      const bool valid = test.at("result").as_string() != "invalid";
      const auto opened = key.open(sealed, place);
      EXPECT_EQ(opened.has_value(), valid) << test.at("tcId");
      if (!valid) continue;
      EXPECT_EQ(opened->reveal(), bytes_of(hex("msg")));
      EXPECT_EQ(key.seal(core::Secret(bytes_of(hex("msg"))), place, nonce).value(), sealed);
      ++checked;
    }
  }
  EXPECT_GE(checked, 30);
}

}  // namespace
}  // namespace gatehouse::crypto
