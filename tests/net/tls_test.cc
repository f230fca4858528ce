// TLS to a real server on this machine, whose certificate is made here.
#include "net/tls.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>

#include "net/http_client.h"
#include "support/loopback_server.h"

namespace weir::net {
namespace {

using std::chrono::seconds;
using test::LoopbackServer;

// A self-signed certificate for the subject alternative name `name`, in a file of its own.
class Certificate {
 public:
  explicit Certificate(const std::string& name)
      : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
    X509_set_version(certificate_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    X509_set_pubkey(certificate_, key_);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, name.c_str());
    X509_add_ext(certificate_, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate_, key_, EVP_sha256());
    path_ = (std::filesystem::temp_directory_path() / "weir-ca-XXXXXX").string();
    FILE* file = ::fdopen(::mkstemp(path_.data()), "w");
    PEM_write_X509(file, certificate_);
    std::fclose(file);
  }
  ~Certificate() {
    std::filesystem::remove(path_);
    X509_free(certificate_);
    EVP_PKEY_free(key_);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  const std::string& path() const { return path_; }

  // Serves one connection: `answers` requests, then closes without a close_notify.
  void serve(LoopbackServer::Peer& peer, int answers) const {
    // OpenSSL's own writes raise SIGPIPE when the client has gone. Blocked in this thread alone, so
    // that one raised by the client under test still ends the program.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context, certificate_);
    SSL_CTX_use_PrivateKey(context, key_);
    SSL* session = SSL_new(context);
    SSL_set_fd(session, peer.descriptor());
    if (SSL_accept(session) == 1) {
      constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      char buffer[4096];
      for (int i = 0; i < answers && SSL_read(session, buffer, sizeof(buffer)) > 0; ++i) {
        SSL_write(session, kOk.data(), static_cast<int>(kOk.size()));
      }
    }
    SSL_free(session);
    SSL_CTX_free(context);
  }

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  std::string path_;
};

Endpoint secure(const std::string& host, std::uint16_t port) {
  return {Scheme::https, host, port};
}

TEST(Tls, ReachesAServerWhoseCertificateIsTrustedAndNamesIt) {
  const Certificate certificate("DNS:localhost,IP:127.0.0.1");
  LoopbackServer server([&](LoopbackServer::Peer& peer) { certificate.serve(peer, 10); });
  HttpClient client({.ca_file = certificate.path()});
  for (const char* host : {"localhost", "127.0.0.1"}) {
    for (int i = 0; i < 3; ++i) {
      const HttpOutcome answer =
          client.call(secure(host, server.port()), {.method = "POST", .body = "{}"}, seconds(10));
      ASSERT_TRUE(answer) << host << ": " << answer.error().error.to_string();
      EXPECT_EQ(answer->body, "ok");
    }
  }
  EXPECT_EQ(client.connections_made(), 2u) << "one for each name, in spite of session tickets";
}

TEST(Tls, RefusesACertificateForAnotherName) {
  const Certificate certificate("DNS:other.example");
  LoopbackServer server([&](LoopbackServer::Peer& peer) { certificate.serve(peer, 1); });
  HttpClient client({.ca_file = certificate.path()});
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const HttpOutcome answer = client.call(secure(host, server.port()), {}, seconds(10));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().delivery, Delivery::not_sent);
    EXPECT_NE(answer.error().error.message.find("certificate"), std::string::npos)
        << answer.error().error.message;
  }
}

TEST(Tls, RefusesACertificateThatNobodyTrusts) {
  const Certificate certificate("DNS:localhost");
  LoopbackServer server([&](LoopbackServer::Peer& peer) { certificate.serve(peer, 1); });
  HttpClient client;
  const HttpOutcome answer = client.call(secure("localhost", server.port()), {}, seconds(10));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().delivery, Delivery::not_sent);
  EXPECT_NE(answer.error().error.message.find("certificate"), std::string::npos);
}

TEST(Tls, NoticesThatTheServerClosedAnIdleConnection) {
  const Certificate certificate("DNS:localhost");
  LoopbackServer server([&](LoopbackServer::Peer& peer) { certificate.serve(peer, 1); });
  HttpClient client({.ca_file = certificate.path()});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.call(secure("localhost", server.port()), {.method = "POST"}, seconds(10)));
    server.wait_until_all_closed();
  }
}

TEST(Tls, SaysThatAPortDoesNotSpeakIt) {
  LoopbackServer server([](LoopbackServer::Peer& peer) {
    peer.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.wait_for_close();
  });
  HttpClient client;
  const HttpOutcome answer = client.call(secure("127.0.0.1", server.port()), {}, seconds(10));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().error.message.find("TLS with"), std::string::npos);
}

TEST(Tls, EndsAHandshakeByTheDeadline) {
  LoopbackServer server([](LoopbackServer::Peer& peer) { peer.wait_for_close(); });
  HttpClient client;
  const HttpOutcome answer =
      client.call(secure("127.0.0.1", server.port()), {}, std::chrono::milliseconds(500));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().error.code, ErrorCode::timeout);
  EXPECT_EQ(answer.error().delivery, Delivery::not_sent);
}

TEST(Tls, SaysThatAFileOfCertificatesIsNoneOfThat) {
  const Result<TlsContext> context = TlsContext::client({.ca_file = "/dev/null"});
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace weir::net
