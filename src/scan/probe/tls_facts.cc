#include "scan/probe/tls_facts.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <functional>
#include <memory>

namespace weir::scan {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr double kSecondsOfADay = 86'400;

bool is_address(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

// Shakes hands with a version between the two; `look` sees the session if that succeeds.
bool shakes_hands(const net::Endpoint& endpoint, int lowest, int highest, Duration deadline,
                  const std::function<void(SSL*)>& look) {
  asio::io_context context;
  asio::ssl::context tls(asio::ssl::context::tls_client);
  error_code error;
  tls.set_default_verify_paths(error);
  tls.set_verify_mode(asio::ssl::verify_none);
  SSL_CTX* native = tls.native_handle();
  SSL_CTX_set_min_proto_version(native, lowest);
  SSL_CTX_set_max_proto_version(native, highest);
  // Versions before 1.2 sign with SHA-1, which needs the lowest level of security to be offered.
  if (lowest < TLS1_2_VERSION) SSL_CTX_set_cipher_list(native, "ALL:@SECLEVEL=0");
  tcp::resolver resolver(context);
  const auto addresses = resolver.resolve(endpoint.host, std::to_string(endpoint.port), error);
  if (error) return false;
  asio::ssl::stream<tcp::socket> stream(context, tls);
  if (!is_address(endpoint.host)) {
    std::string name = endpoint.host;
    SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             name.data());
  }
  bool agreed = false;
  asio::async_connect(stream.next_layer(), addresses, [&](error_code failed, const tcp::endpoint&) {
    if (failed) return;
    stream.async_handshake(asio::ssl::stream_base::client,
                           [&](error_code refused) { agreed = !refused; });
  });
  context.run_for(deadline);
  if (!agreed) {
    stream.next_layer().close(error);
    context.restart();
    context.run_for(std::chrono::milliseconds(100));  // the handlers that were cut off
    return false;
  }
  if (look) look(stream.native_handle());
  return true;
}

std::optional<double> days_until_end(X509* certificate, Clock& clock) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch());
  ASN1_TIME* const today = ASN1_TIME_set(nullptr, static_cast<time_t>(now.count()));
  int days = 0;
  int seconds = 0;
  const int known = ASN1_TIME_diff(&days, &seconds, today, X509_get0_notAfter(certificate));
  ASN1_TIME_free(today);
  if (known != 1) return std::nullopt;
  return days + seconds / kSecondsOfADay;
}

}  // namespace

TlsFacts look_at_tls(const net::Endpoint& endpoint, Clock& clock, Duration deadline) {
  TlsFacts facts;
  facts.reached =
      shakes_hands(endpoint, TLS1_2_VERSION, TLS1_3_VERSION, deadline, [&](SSL* session) {
        facts.version = SSL_get_version(session);
        const long verdict = SSL_get_verify_result(session);
        if (verdict != X509_V_OK) facts.chain_flaw = X509_verify_cert_error_string(verdict);
        X509* const certificate = SSL_get1_peer_certificate(session);
        if (certificate == nullptr) return;
        facts.days_left = days_until_end(certificate, clock);
        facts.name_matches =
            is_address(endpoint.host)
                ? X509_check_ip_asc(certificate, endpoint.host.c_str(), 0) == 1
                : X509_check_host(certificate, endpoint.host.c_str(), 0, 0, nullptr) == 1;
        X509_free(certificate);
      });
  if (shakes_hands(endpoint, TLS1_VERSION, TLS1_VERSION, deadline, {})) {
    facts.old_versions.emplace_back("TLSv1");
  }
  if (shakes_hands(endpoint, TLS1_1_VERSION, TLS1_1_VERSION, deadline, {})) {
    facts.old_versions.emplace_back("TLSv1.1");
  }
  return facts;
}

}  // namespace weir::scan
