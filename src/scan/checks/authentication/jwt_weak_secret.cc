#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/hmac_sha256.h"
#include "scan/checks/authentication/checks.h"
#include "scan/checks/authentication/token.h"

namespace weir::scan::authentication {
namespace {

// What tutorials and examples sign with. Nothing is sent for them: the token is compared here.
constexpr std::array<std::string_view, 40> kSecrets = {"secret",
                                                       "Secret",
                                                       "SECRET",
                                                       "secretkey",
                                                       "secret_key",
                                                       "secret-key",
                                                       "my_secret_key",
                                                       "my-secret-key",
                                                       "mysecretkey",
                                                       "mysecret",
                                                       "my_secret",
                                                       "my-secret",
                                                       "supersecret",
                                                       "super_secret",
                                                       "super-secret",
                                                       "supersecretkey",
                                                       "topsecret",
                                                       "jwt",
                                                       "jwtsecret",
                                                       "jwt_secret",
                                                       "jwt-secret",
                                                       "jwt_secret_key",
                                                       "JWT_SECRET",
                                                       "key",
                                                       "private",
                                                       "password",
                                                       "Password1",
                                                       "changeme",
                                                       "change-me",
                                                       "change_me",
                                                       "your-secret-key",
                                                       "your_secret_key",
                                                       "your-256-bit-secret",
                                                       "your_jwt_secret",
                                                       "a-string-secret-at-least-256-bits-long",
                                                       "test",
                                                       "dev",
                                                       "admin",
                                                       "123456",
                                                       "shhhhh"};

CheckOutcome run(Surface& surface) {
  const auto place = token_that_decides(surface);
  if (!place) return place.error();
  const Jwt& token = place->token;
  if (token.algorithm != "HS256") {
    return CheckOutcome::not_applicable("the token is signed with " + token.algorithm);
  }
  const auto verifies = [&](std::string_view secret) {
    HmacSha256 mac(secret);
    mac.update(token.header + "." + token.payload);
    const auto digest = mac.finish();
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
    return base64url_encoded(bytes) == token.signature;
  };
  for (const std::string_view secret : kSecrets) {
    if (!verifies(secret)) continue;
    return CheckOutcome::vulnerable(
        Confidence::confirmed,
        evidence_of_token(
            surface,
            fmt::format("the signature of the token that is served is HMAC-SHA-256 under one of {} "
                        "secrets of tutorials, {} characters long",
                        kSecrets.size(), secret.size()),
            {&surface.anonymous(), &surface.baseline()}));
  }
  return CheckOutcome::protected_(
      fmt::format("none of {} secrets of tutorials made the signature", kSecrets.size()));
}

const CheckInfo kInfo = {
    "jwt-weak-secret",
    "Tokens are signed with a secret that everybody knows",
    Severity::critical,
    "authentication",
    {"API2:2023"},
    {1391, 798},
    {"6.2.4"},
    "Whoever knows the secret writes tokens that say to be anybody.",
    "A random secret of 32 bytes or more from a secret store, or a key pair (RFC 8725 §3.5).",
    "SIMPLE_JWT = {\"SIGNING_KEY\": os.environ[\"JWT_KEY\"]}, made by secrets.token_urlsafe(48).",
    "",
    "The signature of the own token, which the operation asks for and serves, is computed here "
    "from a published secret. Nothing is sent for it."};

}  // namespace

const SurfaceCheck kJwtWeakSecret = {&kInfo, Scope::operation, run};

}  // namespace weir::scan::authentication
