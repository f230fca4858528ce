#include "net/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/address.h"

namespace weir::net {
namespace {

std::string last_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "the connection was closed" : reason;
}

}  // namespace

Result<TlsContext> TlsContext::client(const TlsOptions& options) {
  ERR_clear_error();
  TlsContext result;
  result.context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  SSL_CTX* context = result.context_.get();
  if (context == nullptr) {
    return fail(ErrorCode::internal, "TLS cannot be set up: " + last_openssl_error());
  }
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // Many servers close without a close_notify; HTTP's own framing shows a truncated message.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_verify(context, options.verify_peer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_file(context, options.ca_file.c_str()) != 1) {
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: cannot be read as a file of trusted certificates: {}",
                            options.ca_file, last_openssl_error()),
                "give a readable PEM file");
  }
  if (!options.alpn.empty()) {
    std::string wire(1, static_cast<char>(options.alpn.size()));
    wire += options.alpn;
    SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(wire.data()),
                            static_cast<unsigned>(wire.size()));
  }
  return result;
}

Status expect_host(ssl_st* session, const std::string& host) {
  ERR_clear_error();
  bool ready = false;
  if (Address::parse(host)) {
    ready = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()) == 1;
  } else {
    SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // SSL_set_tlsext_host_name is a macro with a C cast; this is what it expands to.
    char* const name = const_cast<char*>(host.c_str());
    ready = SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name) == 1 &&
            SSL_set1_host(session, host.c_str()) == 1;
  }
  if (ready) return {};
  return fail(
      ErrorCode::invalid_input,
      fmt::format("'{}' cannot be checked against a certificate: {}", host, last_openssl_error()));
}

std::string tls_failure(const ssl_st* session) {
  const long verified = SSL_get_verify_result(session);
  if (verified != X509_V_OK && (SSL_get_verify_mode(session) & SSL_VERIFY_PEER) != 0) {
    ERR_clear_error();
    return fmt::format("its certificate was not accepted ({})",
                       X509_verify_cert_error_string(verified));
  }
  return last_openssl_error();
}

}  // namespace weir::net
