#include <gtest/gtest.h>

#include "gatehouse/net/tls.hpp"
#include "http_server_test_support.hpp"
#include "tls_test_support.hpp"

namespace gatehouse::net {
namespace {

using testing::Certificate;
using testing::eventually;
using testing::RawClient;
using testing::TestAuthority;
using testing::TestServer;

/// A TLS client on a blocking socket, without verification.
class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port)
      : socket_(port),
        context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free),
        ssl_(SSL_new(context_.get()), SSL_free) {
    SSL_set_fd(ssl_.get(), socket_.fd());
  }
  bool connect() { return SSL_connect(ssl_.get()) == 1; }
  void send(std::string_view bytes) {
    ASSERT_EQ(SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }
  /// Until `end` was received or the stream ended.
  std::string receive_until(std::string_view end) {
    std::string all;
    std::array<char, 16384> part;
    while (!all.ends_with(end)) {
      const int got = SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()));
      if (got <= 0) break;
      all.append(part.data(), static_cast<std::size_t>(got));
    }
    return all;
  }
  void close() {
    SSL_shutdown(ssl_.get());
    socket_.close();
  }
  /// The server said goodbye before it closed.
  bool ended_in_order() {
    char byte = 0;
    return SSL_read(ssl_.get(), &byte, 1) == 0 &&
           (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

 private:
  RawClient socket_;
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL> ssl_;
};

class HttpServerTlsTest : public ::testing::Test {
 protected:
  HttpServerTlsTest() {
    const std::string certificate = authority_.folder().file("server.pem");
    const std::string key = authority_.folder().file("server.key");
    authority_.issue({}).write(certificate, key);
    options_.tls = TlsServerContext::load(certificate, key).value();
  }

  TestAuthority authority_;
  ServerOptions options_;
};

std::string post(const std::string& body, const std::string& fields = {}) {
  return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + fields + "\r\n" + body;
}

TEST_F(HttpServerTlsTest, ServesRequestsOneAfterAnother) {
  TestServer server(options_);
  TlsClient client(server.port());
  ASSERT_TRUE(client.connect());
  const std::string large(300'000, 'x');
  for (const std::string& body : {std::string("hello"), large, std::string("again")}) {
    client.send(post(body));
    const std::string answer = client.receive_until("\r\n\r\n" + body);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body));
  }
  client.send("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.receive_until("0\r\n\r\n").ends_with("5\r\nthree\r\n0\r\n\r\n"));
  EXPECT_TRUE(client.ended_in_order());
}

TEST_F(HttpServerTlsTest, RefusalIsReadable) {
  TestServer server(options_);
  TlsClient client(server.port());
  ASSERT_TRUE(client.connect());
  client.send("GET //x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.receive_until("}").starts_with("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_TRUE(client.ended_in_order());
}

TEST_F(HttpServerTlsTest, PlainRequestsAreNotServed) {
  TestServer server(options_);
  RawClient client(server.port());
  client.send(post("hello"));
  EXPECT_EQ(client.read_all().find("HTTP/1.1"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
  EXPECT_EQ(server.handler().requests, 0);
}

TEST_F(HttpServerTlsTest, SilentHandshakeEndsInTime) {
  options_.header_timeout = core::Millis(30);
  TestServer server(options_);
  RawClient client(server.port());
  client.send(std::string("\x16\x03\x01", 3));
  EXPECT_EQ(client.read_all().find("HTTP/1.1"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return server.connections() == 0; }));
}

TEST_F(HttpServerTlsTest, HangUpCancelsTheHandler) {
  TestServer server(options_);
  TlsClient client(server.port());
  ASSERT_TRUE(client.connect());
  client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server.handler().running == 1; }));
  client.close();
  ASSERT_TRUE(eventually([&] { return server.handler().running == 0; }));
  EXPECT_EQ(server.handler().reason, core::Cancellation::Reason::client_left);
}

}  // namespace
}  // namespace gatehouse::net
