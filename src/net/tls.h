// TlsContext: how Weir's clients speak TLS. One context serves any number of connections.
//
// Promises: TLS 1.2 or later; the chain is verified against the system's store (or a given file);
// with expect_host(), so is the name or address that the certificate is for.
//
// Thread safety: a context may be shared by all threads once made (SSL_CTX is reference counted).
// It never writes to a socket itself.
//
//   Result<TlsContext> tls = TlsContext::client();
//   ssl_st* session = SSL_new(tls->native());
//   Status ready = expect_host(session, "dynamodb.eu-west-1.amazonaws.com");
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX and SSL
struct ssl_st;

namespace weir::net {

struct TlsOptions {
  std::string ca_file;            // PEM file of trusted roots; empty: the system's store
  bool verify_peer = true;        // false only to look at a server that is known to be broken
  std::string alpn = "http/1.1";  // the one protocol to offer; empty: none
};

class TlsContext {
 public:
  static Result<TlsContext> client(const TlsOptions& options = {});

  // For code that drives OpenSSL itself. Whoever keeps it must SSL_CTX_up_ref it.
  ssl_ctx_st* native() const { return context_.get(); }

 private:
  std::shared_ptr<ssl_ctx_st> context_;
};

// Makes `session` say `host` (SNI, unless it is an address: RFC 6066 §3) and demand a certificate
// for it (RFC 6125, RFC 9110 §4.3.4).
Status expect_host(ssl_st* session, const std::string& host);

// Why the last handshake, read or write of `session` on this thread failed, in a few words.
// Empties OpenSSL's error queue.
std::string tls_failure(const ssl_st* session);

}  // namespace weir::net
