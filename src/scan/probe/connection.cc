#include "scan/probe/connection.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/write.hpp>
#include <utility>

namespace weir::scan {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

}  // namespace

Connection::Connection(asio::io_context& context, asio::ssl::context* tls,
                       const net::Endpoint& endpoint, const std::string& alpn)
    : socket_(context) {
  if (tls == nullptr) return;
  tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *tls);
  SSL* const session = tls_->native_handle();
  // RFC 6066 §3: no server name indication for addresses.
  // SSL_ctrl is what the macro SSL_set_tlsext_host_name stands for, without its C cast.
  if (endpoint.host_is_address()) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), endpoint.host.c_str());
  } else {
    std::string name = endpoint.host;
    SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    SSL_set1_host(session, endpoint.host.c_str());
  }
  if (alpn.empty()) return;
  const std::string wire = static_cast<char>(alpn.size()) + alpn;
  SSL_set_alpn_protos(session, reinterpret_cast<const unsigned char*>(wire.data()),
                      static_cast<unsigned>(wire.size()));
}

void Connection::open(const Endpoints& endpoints, std::optional<std::string> source, Done done) {
  connect(endpoints, 0, std::move(source), std::move(done));
}

void Connection::connect(const Endpoints& endpoints, std::size_t index,
                         std::optional<std::string> source, Done done) {
  error_code error;
  const asio::ip::tcp::endpoint& endpoint = endpoints[index];
  socket_.close(error);
  socket_.open(endpoint.protocol(), error);
  if (!error) socket_.set_option(asio::ip::tcp::no_delay(true), error);
  if (!error && source) {
    const auto address = asio::ip::make_address(*source, error);
    if (!error) socket_.bind(asio::ip::tcp::endpoint(address, 0), error);
  }
  if (error) return done(Failure::unreachable, error.message());
  socket_.async_connect(endpoint, [this, &endpoints, index, source = std::move(source),
                                   done = std::move(done)](error_code failed) {
    if (closed_) return;
    if (failed && index + 1 < endpoints.size()) return connect(endpoints, index + 1, source, done);
    if (failed) return done(Failure::unreachable, failed.message());
    shake_hands(done);
  });
}

void Connection::shake_hands(const Done& done) {
  if (!tls_) return done(Failure::none, {});
  tls_->async_handshake(asio::ssl::stream_base::client, [this, done](error_code failed) {
    if (closed_) return;
    if (!failed) return done(Failure::none, {});
    const long verdict = SSL_get_verify_result(tls_->native_handle());
    done(Failure::tls,
         verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : failed.message());
  });
}

void Connection::write(asio::const_buffer buffer, Done done) {
  with_stream([&](auto& stream) {
    asio::async_write(stream, buffer, [this, done](error_code failed, std::size_t) {
      if (closed_) return;
      if (failed && failed != asio::error::broken_pipe && failed != asio::error::connection_reset) {
        return done(Failure::closed, failed.message());
      }
      done(Failure::none, {});
    });
  });
}

std::string Connection::protocol() const {
  if (!tls_) return {};
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(tls_->native_handle(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

void Connection::close() {
  closed_ = true;
  error_code ignored;
  socket_.close(ignored);
}

}  // namespace weir::scan
