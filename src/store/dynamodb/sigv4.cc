#include "store/dynamodb/sigv4.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <ctime>

#include "base/check.h"
#include "base/hmac_sha256.h"

namespace weir::store {
namespace {

using Digest = std::array<std::byte, 32>;

std::string_view as_text(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

void append_hex(const Digest& digest, std::string& out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const std::byte byte : digest) {
    out += kDigits[std::to_integer<std::size_t>(byte >> 4)];
    out += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
}

// A constant expression of the process: fetching the algorithm costs more than a short message.
const EVP_MD* sha256() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

Digest hash(std::string_view text) {
  Digest digest;
  const int done =
      EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                 sha256(), nullptr);
  WEIR_CHECK(done == 1);
  return digest;
}

Digest hmac(std::string_view key, std::string_view text) {
  HmacSha256 mac(key);
  mac.update(text);
  return mac.finish();
}

}  // namespace

struct SigV4Signer::DayKey {
  std::string secret;
  std::string date;
  HmacSha256 mac;
};

SigV4Signer::SigV4Signer(std::string region, std::string service)
    : region_(std::move(region)), service_(std::move(service)) {}

SigV4Signer::~SigV4Signer() = default;

std::shared_ptr<const SigV4Signer::DayKey> SigV4Signer::key_for(const std::string& secret,
                                                                std::string_view date) const {
  {
    const std::lock_guard lock(mutex_);
    if (last_key_ && last_key_->date == date && last_key_->secret == secret) return last_key_;
  }
  Digest key = hmac("AWS4" + secret, date);
  for (const std::string_view part :
       {std::string_view(region_), std::string_view(service_), std::string_view("aws4_request")}) {
    key = hmac(as_text(key), part);
  }
  auto made =
      std::make_shared<const DayKey>(DayKey{secret, std::string(date), HmacSha256(as_text(key))});
  const std::lock_guard lock(mutex_);
  last_key_ = made;
  return made;
}

std::string SigV4Signer::sign(const Credentials& credentials, std::string_view amz_date,
                              const RequestToSign& request) const {
  WEIR_CHECK(amz_date.size() == 16);
  const std::string_view date = amz_date.substr(0, 8);

  std::string signed_headers;
  std::string canonical;
  canonical.reserve(512);
  for (const std::string_view part : {request.method, request.path, request.query}) {
    canonical += part;
    canonical += '\n';
  }
  for (const net::Header& header : request.headers) {
    canonical += header.name;
    canonical += ':';
    canonical += header.value;
    canonical += '\n';
    if (!signed_headers.empty()) signed_headers += ';';
    signed_headers += header.name;
  }
  canonical += '\n';
  canonical += signed_headers;
  canonical += '\n';
  append_hex(hash(request.body), canonical);

  const std::string scope = fmt::format("{}/{}/{}/aws4_request", date, region_, service_);
  std::string to_sign = fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n", amz_date, scope);
  append_hex(hash(canonical), to_sign);

  HmacSha256 mac = key_for(credentials.secret_access_key, date)->mac;
  mac.update(to_sign);
  std::string result = fmt::format(
      "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature=", credentials.access_key_id,
      scope, signed_headers);
  append_hex(mac.finish(), result);
  return result;
}

std::string format_amz_date(Time now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace weir::store
