#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "gatehouse/net/http_client.hpp"
#include "gatehouse/net/resolver.hpp"

namespace gatehouse::net {
namespace {

TEST(IpLiteral, OnlyPlainFormsAreAddresses) {
  const std::vector<std::string_view> good{"1.2.3.4",     "255.255.255.255", "::1",
                                           "2001:db8::1", "::ffff:1.2.3.4",  "fe80::1"};
  for (const std::string_view text : good) {
    const auto parsed = parse_ip_literal(text, 8'080);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->text(), text);
  }
  const std::vector<std::string_view> bad{
      "",
      "1.2.3",
      "1.2.3.4.5",
      "01.2.3.4",
      "0x7f.0.0.1",
      "2130706433",
      "127.1",
      "1.2.3.4 ",
      " 1.2.3.4",
      "1.2.3.256",
      "1.2.3.-4",
      "[::1]",
      "fe80::1%lo",
      "::1::",
      "1.2.3.4/8",
      "localhost",
      std::string_view("1.2.3.4\0x", 9),
      "1.2.3.4\n",
      "+1.2.3.4",
      "::ffff:127.1",
      "１.2.3.4",
      "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0001"};
  for (const std::string_view text : bad) {
    EXPECT_FALSE(parse_ip_literal(text, 1).has_value()) << text;
  }
}

TEST(PublicAddress, SpecialPurposeBlocksAreNotPublic) {
  const std::vector<const char*> refused{
      // IPv4: first and last address of each block
      "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200",
      "100.127.255.255", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.0.0",
      "169.254.169.254", "169.254.170.2", "169.254.255.255", "172.16.0.0", "172.31.255.255",
      "192.0.0.0", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255",
      "198.18.0.0", "198.19.255.255", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255",
      "240.0.0.1", "255.255.255.255",
      // IPv6
      "::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
      "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a00:1",
      "64:ff9b::169.254.169.254", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:53aa:64c::1",
      "2001:2::1", "2001:10::1", "2001:20::1", "2001:1ff::1", "2001:db8::1",
      "2002:7f00:1::", "2002:808:808::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1",
      "fd00:ec2::254", "fd20:ce::254", "fe80::1", "febf::1", "fec0::1", "ff02::1", "ff0e::1"};
  for (const char* text : refused) {
    const auto address = parse_ip_literal(text, 443);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_FALSE(is_public_address(*address)) << text;
  }
  EXPECT_GE(refused.size(), 60U);
}

TEST(PublicAddress, NeighboursOfTheBlocksArePublic) {
  const std::vector<const char*> allowed{
      "1.0.0.0",         "9.255.255.255",  "11.0.0.0",
      "100.63.255.255",  "100.128.0.0",    "126.255.255.255",
      "128.0.0.0",       "168.63.129.15",  "168.63.129.17",
      "169.253.255.255", "169.255.0.0",    "172.15.255.255",
      "172.32.0.0",      "192.0.1.0",      "192.0.3.0",
      "192.167.255.255", "192.169.0.0",    "198.17.255.255",
      "198.20.0.0",      "203.0.114.0",    "223.255.255.255",
      "8.8.8.8",         "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
      "2000::1",         "2001:200::1",    "2001:4860:4860::8888",
      "2001:db7::1",     "2001:db9::1",    "2003::1",
      "2600:1f18::1",    "3ffe::1",        "3fff:1000::1"};
  for (const char* text : allowed) {
    const auto address = parse_ip_literal(text, 443);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_TRUE(is_public_address(*address)) << text;
  }
}

TEST(PublicAddress, OtherFamiliesAreNotPublic) {
  SocketAddress unix_address;
  unix_address.storage.ss_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(unix_address));
  EXPECT_FALSE(is_public_address(SocketAddress{}));
  EXPECT_EQ(unix_address.text(), "");
}

TEST(EndpointParse, PartsAreNormalised) {
  const Endpoint one = Endpoint::parse("HTTPS://Api.Example.COM/v1/", AddressPolicy::any).value();
  EXPECT_TRUE(one.tls);
  EXPECT_EQ(one.host, "api.example.com");
  EXPECT_EQ(one.port, 443);
  EXPECT_EQ(one.base_path, "/v1");
  EXPECT_EQ(one.authority, "api.example.com");

  const Endpoint two = Endpoint::parse("http://[::1]:8080", AddressPolicy::any).value();
  EXPECT_FALSE(two.tls);
  EXPECT_EQ(two.host, "::1");
  EXPECT_EQ(two.port, 8'080);
  EXPECT_EQ(two.base_path, "");
  EXPECT_EQ(two.authority, "[::1]:8080");

  const Endpoint three =
      Endpoint::parse("http://localhost:11434/api/a-b_c~/%41", AddressPolicy::any).value();
  EXPECT_EQ(three.base_path, "/api/a-b_c~/%41");
  EXPECT_EQ(three.authority, "localhost:11434");

  EXPECT_EQ(Endpoint::parse("https://h:443", AddressPolicy::any)->authority, "h");
  EXPECT_EQ(Endpoint::parse("https://h:80/", AddressPolicy::any)->authority, "h:80");
}

TEST(EndpointParse, PoolKeyTellsSchemePortAndPolicyApart) {
  const auto key = [](const char* url, AddressPolicy policy) {
    return Endpoint::parse(url, policy).value().pool_key;
  };
  const std::string base = key("https://h.example/v1", AddressPolicy::any);
  EXPECT_EQ(base, key("https://H.example:443/v2", AddressPolicy::any));
  EXPECT_NE(base, key("http://h.example:443/v1", AddressPolicy::any));
  EXPECT_NE(base, key("https://h.example:444/v1", AddressPolicy::any));
  EXPECT_NE(base, key("https://h.example/v1", AddressPolicy::public_only));
}

TEST(EndpointParse, DubiousFormsAreRefusedForEveryPolicy) {
  const std::string long_label(64, 'a');
  const std::vector<std::string> refused{
      "", "h", "//h/v1", "https:/h", "https:h", "https:///v1", "https://", "https:///", "ftp://h",
      "file:///etc/passwd", "gopher://h", "javascript:alert(1)", " https://h", "https://h ",
      "https://user@h/", "https://user:pw@h/", "https://@h/", "https://h@127.0.0.1/",
      "https://h?x=1", "https://h/v1?x=1", "https://h/#f", "https://h#@127.0.0.1",
      "https://h\\@127.0.0.1", "https://h\\.example", "https://h/\\..", "https://h\r\n.example",
      "https://h/\r\nX:1", "https://h/\x01", std::string("https://h\0.example", 18), "https://h:0",
      "https://h:65536", "https://h:-1", "https://h:+1", "https://h:", "https://h:8a",
      "https://h:00443", "https://h:80:80", "https://h:99999999999999999999", "https://[::1",
      "https://::1/", "https://[127.0.0.1]/", "https://[::1]x/", "https://[]/",
      "https://[fe80::1%25lo]/", "https://[v1.x]/", "https://.h/", "https://h./", "https://a..b/",
      "https://" + long_label + ".example/", "https://h_\xc3\xa9.example/", "https://h%2eexample/",
      "https://%31%32%37.0.0.1/", "https://h example/", "https://h<x>/", "https://h'/",
      // every notation of 127.0.0.1 but the plain one
      "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://017700000001/",
      "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.0.0.1./",
      "https://127.0.0.01/", "https://127.0.0.256/", "https://0X7F.1/", "https://0/", "https://0x/",
      "https://1.2.3.4.5/", "https://a.0x1/", "https://h//", "https://h/v1//x", "https://h/../x",
      "https://h/v1/..", "https://h/./x", "https://h/%2e%2e/x", "https://h/a%2fb", "https://h/a%00",
      "https://h/%", "https://h/%4", "https://h/%zz", "https://h/a b", "https://h/\"x\"",
      "https://h/<x>", "https://h/{x}"};
  for (const std::string& url : refused) {
    EXPECT_FALSE(Endpoint::parse(url, AddressPolicy::any).has_value()) << url;
    EXPECT_FALSE(Endpoint::parse(url, AddressPolicy::public_only).has_value()) << url;
  }
  EXPECT_GE(refused.size(), 80U);
}

TEST(EndpointParse, PublicOnlyRefusesPlainHttpAndAddressesThatAreNotPublic) {
  const std::vector<const char*> refused{"http://api.example.com/",
                                         "http://8.8.8.8/",
                                         "https://127.0.0.1/",
                                         "https://10.0.0.1:8443/v1",
                                         "https://169.254.169.254/",
                                         "https://100.100.100.200/",
                                         "https://192.168.1.1/",
                                         "https://0.0.0.0/",
                                         "https://255.255.255.255/",
                                         "https://[::1]/",
                                         "https://[::]/",
                                         "https://[::ffff:127.0.0.1]/",
                                         "https://[::ffff:7f00:1]/",
                                         "https://[64:ff9b::7f00:1]/",
                                         "https://[fd00:ec2::254]/",
                                         "https://[fe80::1]/",
                                         "https://[2002:7f00:1::]/",
                                         "https://[::127.0.0.1]/",
                                         "https://168.63.129.16/"};
  for (const char* url : refused) {
    EXPECT_FALSE(Endpoint::parse(url, AddressPolicy::public_only).has_value()) << url;
    EXPECT_TRUE(Endpoint::parse(url, AddressPolicy::any).has_value()) << url;
  }
  EXPECT_TRUE(Endpoint::parse("https://8.8.8.8/", AddressPolicy::public_only).has_value());
  EXPECT_TRUE(Endpoint::parse("https://[2001:4860:4860::8888]:8443/v1", AddressPolicy::public_only)
                  .has_value());
  EXPECT_TRUE(Endpoint::parse("https://localhost/", AddressPolicy::public_only).has_value())
      << "names are checked when they are resolved";
}

}  // namespace
}  // namespace gatehouse::net
