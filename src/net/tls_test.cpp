#include "gatehouse/net/tls.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "gatehouse/net/stream.hpp"
#include "http_client_test_support.hpp"
#include "tls_test_support.hpp"

namespace gatehouse::net {
namespace {

using core::Errc;
using core::Result;
using core::Task;
using testing::Call;
using testing::Certificate;
using testing::CertificateOptions;
using testing::HttpClientTest;
using testing::kNoError;
using testing::Outcome;
using testing::ScriptedServer;
using testing::ServerSide;
using testing::TestAuthority;
using testing::TlsServerSide;

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The HTTP client against TLS servers of all kinds.
class TlsClientTest : public HttpClientTest {
 protected:
  TlsClientTest() { make_client({}, TlsClientContext::create(authority_.root_file()).value()); }

  struct Seen {
    bool accepted = false;
    std::string request;
    std::string server_name;
  };
  Outcome call_server(const Certificate& certificate, Seen* seen, int lowest = TLS1_2_VERSION,
                      int highest = TLS1_3_VERSION, const char* host = nullptr) {
    ScriptedServer server({[&](ServerSide& side) {
      TlsServerSide tls(side, certificate, lowest, highest);
      seen->accepted = tls.accept();
      if (!seen->accepted) return;
      seen->server_name = tls.server_name();
      seen->request = tls.receive_head();
      if (!seen->request.empty()) tls.send(kOk);
    }});
    Endpoint endpoint = endpoint_of(server.port(), "https");
    if (host != nullptr) endpoint.host = host;
    return call(endpoint, {.headers = "authorization: Bearer canary\r\n", .body = {}});
  }

  TestAuthority authority_;
};

TEST_F(TlsClientTest, GoodCertificateIsAcceptedWithBothVersions) {
  const Certificate good = authority_.issue({});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Seen seen;
    const Outcome outcome = call_server(good, &seen, version, version);
    EXPECT_EQ(outcome.code(), kNoError) << version;
    EXPECT_EQ(outcome.body, "ok");
    EXPECT_EQ(seen.server_name, "upstream.test");
    EXPECT_NE(seen.request.find("Bearer canary"), std::string::npos);
  }
}

TEST_F(TlsClientTest, AddressLiteralIsVerifiedAsAddressAndSentWithoutServerName) {
  const Certificate by_address = authority_.issue({.names = "IP:127.0.0.1"});
  Seen seen;
  EXPECT_EQ(call_server(by_address, &seen, TLS1_2_VERSION, TLS1_3_VERSION, "127.0.0.1").body, "ok");
  EXPECT_EQ(seen.server_name, "");
  // A DNS name that reads like the address is not the address (RFC 6125 section 1.7.2).
  const Certificate by_name = authority_.issue({.names = "DNS:127.0.0.1"});
  EXPECT_EQ(call_server(by_name, &seen, TLS1_2_VERSION, TLS1_3_VERSION, "127.0.0.1").code(),
            Errc::upstream_failed);
}

TEST_F(TlsClientTest, E18BadCertificatesAreRefusedAndNoByteOfTheRequestIsSent) {
  const std::vector<std::pair<const char*, CertificateOptions>> cases{
      {"expired", {.not_before = -7'200, .not_after = -3'600}},
      {"not yet valid", {.not_before = 3'600, .not_after = 7'200}},
      {"wrong name", {.names = "DNS:other.test"}},
      {"name as a part", {.names = "DNS:test"}},
      {"partial wildcard", {.names = "DNS:up*.test"}},
      {"wildcard too high", {.names = "DNS:*.upstream.test"}},
      {"self-signed", {.self_signed = true}},
  };
  for (const auto& [name, options] : cases) {
    Seen seen;
    const Outcome outcome = call_server(authority_.issue(options), &seen);
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << name;
    ASSERT_TRUE(outcome.send_error.has_value()) << name;
    EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent) << name;
    EXPECT_EQ(seen.request, "") << name;
    EXPECT_EQ(outcome.send_error->error.public_message, "the peer's certificate was refused")
        << name;
  }
}

TEST_F(TlsClientTest, E18UnknownAuthorityIsRefused) {
  const TestAuthority other;
  Seen seen;
  EXPECT_EQ(call_server(other.issue({}), &seen).code(), Errc::upstream_failed);
  EXPECT_EQ(seen.request, "");
}

TEST_F(TlsClientTest, E18OldVersionsAreRefused) {
  const Certificate good = authority_.issue({});
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    Seen seen;
    const Outcome outcome = call_server(good, &seen, version, version);
    EXPECT_EQ(outcome.code(), Errc::upstream_failed) << version;
    EXPECT_FALSE(seen.accepted);
    EXPECT_EQ(outcome.send_error->progress, SendProgress::not_sent);
  }
}

TEST_F(TlsClientTest, E18PlainServerOnTheTlsPortIsRefused) {
  std::string seen;
  ScriptedServer server({[&](ServerSide& side) {
    side.send(kOk);
    seen = side.receive(100'000);
  }});
  const Outcome outcome = call(endpoint_of(server.port(), "https"), {.headers = "x: canary\r\n"});
  server.finish();
  EXPECT_EQ(outcome.code(), Errc::upstream_failed);
  EXPECT_EQ(seen.find("canary"), std::string::npos);
}

TEST_F(TlsClientTest, ConnectionIsReusedInSpiteOfSessionTickets) {
  const Certificate good = authority_.issue({});
  ScriptedServer server({[&](ServerSide& side) {
    TlsServerSide tls(side, good);
    ASSERT_TRUE(tls.accept());
    while (!tls.receive_head().empty()) {
      tls.send(kOk);
      if (SSL_version(tls.ssl()) == TLS1_3_VERSION) {
        SSL_new_session_ticket(tls.ssl());  // arrives behind the answer
        SSL_do_handshake(tls.ssl());
      }
    }
  }});
  const Endpoint endpoint = endpoint_of(server.port(), "https");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(call(endpoint, {.body = {}}).body, "ok");
  EXPECT_EQ(client_->counts().opened, 1U);
  client_.reset();
}

TEST_F(TlsClientTest, BodyThatEndsWithTheConnectionNeedsACloseNotify) {
  const Certificate good = authority_.issue({});
  for (const bool orderly : {true, false}) {
    ScriptedServer server({[&](ServerSide& side) {
      TlsServerSide tls(side, good);
      ASSERT_TRUE(tls.accept());
      tls.receive_head();
      tls.send("HTTP/1.1 200 OK\r\n\r\nall of it");
      if (orderly) tls.close_notify();
    }});
    const Outcome outcome = call(endpoint_of(server.port(), "https"), {.body = {}});
    EXPECT_EQ(outcome.code(), orderly ? kNoError : Errc::upstream_failed);
    EXPECT_EQ(outcome.body, "all of it");
  }
}

TEST_F(TlsClientTest, EndpointWithTlsButClientWithoutIsAnError) {
  make_client({});
  const testing::Listener listener;
  EXPECT_EQ(call(endpoint_of(listener.port(), "https")).code(), Errc::upstream_failed);
}

TEST(TlsContexts, MissingAndWrongFilesAreErrorValues) {
  const TestAuthority authority;
  const auto path = [&](const char* name) { return authority.folder().file(name); };
  EXPECT_FALSE(TlsServerContext::load(path("none.pem"), path("none.key")).has_value());
  EXPECT_FALSE(TlsClientContext::create(path("none.pem")).has_value());
  authority.issue({}).write(path("a.pem"), path("a.key"));
  authority.issue({}).write(path("b.pem"), path("b.key"));
  EXPECT_TRUE(TlsServerContext::load(path("a.pem"), path("a.key")).has_value());
  const auto mismatch = TlsServerContext::load(path("a.pem"), path("b.key"));
  ASSERT_FALSE(mismatch.has_value());
  EXPECT_EQ(mismatch.error().code, Errc::invalid_argument);
}

/// Both ends are ours, on one loop.
class TlsStreamTest : public testing::LoopTest {
 protected:
  TlsStreamTest() {
    write_certificate({});
    server_ = TlsServerContext::load(file("server.pem"), file("server.key")).value();
    client_ = TlsClientContext::create(authority_.root_file()).value();
    connect();
  }

  void connect() {
    const testing::Listener listener;
    near_ = Stream::adopt(loop(), testing::start_connect(listener.port())).value();
    const int accepted = listener.accept();
    ::fcntl(accepted, F_SETFL, O_NONBLOCK);
    far_ = Stream::adopt(loop(), accepted).value();
  }
  std::string file(const char* name) const { return authority_.folder().file(name); }
  void write_certificate(const CertificateOptions& options) const {
    authority_.issue(options).write(file("server.pem"), file("server.key"));
  }

  static Task<void> accept(Stream* stream, TlsServerContext* context, Errc* error) {
    const Result<void> done = co_await stream->accept_tls(*context);
    *error = done ? kNoError : done.error().code;
  }
  static Task<void> shake(Stream* stream, TlsClientContext* context, std::string host,
                          Errc* error) {
    const Result<void> done = co_await stream->connect_tls(*context, host);
    *error = done ? kNoError : done.error().code;
  }
  Errc handshake(const std::string& host = "upstream.test") {
    Errc near_error = kNoError;
    Errc far_error = kNoError;
    group().spawn(accept(far_.get(), server_.get(), &far_error));
    run(shake(near_.get(), client_.get(), host, &near_error));
    return near_error;
  }

  static Task<void> send(Stream* stream, const std::vector<std::string>* texts) {
    const std::vector<std::string_view> pieces(texts->begin(), texts->end());
    const Result<void> sent = co_await stream->write(pieces);
    EXPECT_TRUE(sent.has_value());
    stream->shutdown_send();
  }
  static Task<void> receive(Stream* stream, std::string* into) {
    std::array<char, 10'000> buffer;
    for (;;) {
      const Result<std::size_t> got = co_await stream->read_some(buffer);
      EXPECT_TRUE(got.has_value());
      if (!got || *got == 0) co_return;
      into->append(buffer.data(), *got);
    }
  }

  TestAuthority authority_;
  std::shared_ptr<TlsServerContext> server_;
  std::shared_ptr<TlsClientContext> client_;
  std::unique_ptr<Stream> near_;
  std::unique_ptr<Stream> far_;
};

TEST_F(TlsStreamTest, LargeAndSmallPiecesArriveInOrderBothWaysAtOnce) {
  ASSERT_EQ(handshake(), kNoError);
  std::vector<std::string> up{"head", "", std::string(900'000, 'u'), "tail", std::string(50, 'x')};
  std::vector<std::string> down{std::string(700'000, 'd')};
  std::string far_text;
  std::string near_text;
  group().spawn(send(near_.get(), &up));
  group().spawn(send(far_.get(), &down));
  group().spawn(receive(far_.get(), &far_text));
  run(receive(near_.get(), &near_text));
  EXPECT_TRUE(far_text == "head" + up[2] + "tail" + up[4]);
  EXPECT_TRUE(near_text == down[0]);
}

TEST_F(TlsStreamTest, ReusableSeesUnreadBytesAndTheEnd) {
  ASSERT_EQ(handshake(), kNoError);
  EXPECT_TRUE(near_->reusable());
  const std::vector<std::string> one{"x"};
  run(send(far_.get(), &one));
  const auto turn = [](EventLoop* loop) -> Task<void> {
    core::Cancellation never;
    (void)co_await loop->sleep_until(loop->now() + core::Millis(4), never);
  };
  run(turn(&loop()));
  EXPECT_FALSE(near_->reusable());
}

TEST_F(TlsStreamTest, EmptyHostNamesCannotBeVerified) {
  Errc near_error = kNoError;
  run(shake(near_.get(), client_.get(), "", &near_error));
  EXPECT_EQ(near_error, Errc::invalid_argument);
}

TEST_F(TlsStreamTest, ReloadServesTheNewCertificateAndKeepsTheOldOneOnFailure) {
  ASSERT_EQ(handshake(), kNoError);
  write_certificate({.names = "DNS:second.test"});
  ASSERT_TRUE(server_->reload().has_value());
  connect();
  EXPECT_EQ(handshake("upstream.test"), Errc::protocol);
  connect();
  EXPECT_EQ(handshake("second.test"), kNoError);

  std::ofstream(file("server.pem")) << "not a certificate";
  const Result<void> failed = server_->reload();
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Errc::invalid_argument);
  connect();
  EXPECT_EQ(handshake("second.test"), kNoError);
}

TEST_F(TlsStreamTest, ServerRefusesOldVersionsAndWeakCiphers) {
  const auto attempt = [](std::uint16_t port, int highest, const char* ciphers) {
    const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_max_proto_version(context.get(), highest);
    SSL_CTX_set_cipher_list(context.get(), ciphers);
    const std::shared_ptr<SSL> ssl(SSL_new(context.get()), SSL_free);
    testing::Peer peer(testing::start_connect(port));
    ::fcntl(peer.fd(), F_SETFL, 0);
    SSL_set_fd(ssl.get(), peer.fd());
    return SSL_connect(ssl.get()) == 1;
  };
  struct Case {
    int highest;
    const char* ciphers;
    bool accepted;
  };
  for (const Case& one :
       {Case{TLS1_1_VERSION, "ALL", false}, Case{TLS1_2_VERSION, "ALL", true},
        Case{TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256", false},
        Case{TLS1_2_VERSION, "AES128-GCM-SHA256", false}, Case{TLS1_3_VERSION, "ALL", true}}) {
    const testing::Listener listener;
    bool accepted = false;
    std::thread client([&] { accepted = attempt(listener.port(), one.highest, one.ciphers); });
    const int fd = listener.accept();
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    far_ = Stream::adopt(loop(), fd).value();
    Errc far_error = kNoError;
    run(accept(far_.get(), server_.get(), &far_error));
    client.join();
    EXPECT_EQ(accepted, one.accepted) << one.highest << one.ciphers;
    EXPECT_EQ(far_error == kNoError, one.accepted) << one.highest << one.ciphers;
  }
}

TEST_F(TlsStreamTest, HandshakeWithASilentPeerEndsWithTheDeadline) {
  far_->set_read_deadline(clock_.monotonic() + core::Millis(8));
  Errc error = kNoError;
  run(accept(far_.get(), server_.get(), &error));
  EXPECT_EQ(error, Errc::deadline_exceeded);
}

}  // namespace
}  // namespace gatehouse::net
