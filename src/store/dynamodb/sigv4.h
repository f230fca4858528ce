// SigV4: AWS Signature Version 4 for requests whose parts are all in memory.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
//
// The signing key depends only on the secret, the day, the region and the service, so it is derived
// once a day. Thread safety: sign() may be called from any thread.
//
//   SigV4Signer signer("eu-west-1", "dynamodb");
//   signer.sign(credentials, now, request) ->
//     "AWS4-HMAC-SHA256 Credential=AKID/20261123/eu-west-1/dynamodb/aws4_request, ..."
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "net/http_client.h"
#include "store/dynamodb/credentials.h"
#include "weir/time.h"

namespace weir::store {

// As they are sent: the path and the query already canonical (encoded, sorted), the headers to sign
// with lower-case names in byte order and values without white space around them.
struct RequestToSign {
  std::string_view method = "POST";
  std::string_view path = "/";
  std::string_view query = {};
  std::span<const net::Header> headers = {};
  std::string_view body = {};
};

class SigV4Signer {
 public:
  SigV4Signer(std::string region, std::string service);
  ~SigV4Signer();

  // The value of the Authorization header. `amz_date` is that of the signed x-amz-date header.
  std::string sign(const Credentials& credentials, std::string_view amz_date,
                   const RequestToSign& request) const;

  const std::string& region() const { return region_; }

 private:
  struct DayKey;
  std::shared_ptr<const DayKey> key_for(const std::string& secret, std::string_view date) const;

  const std::string region_;
  const std::string service_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const DayKey> last_key_;
};

// "20150830T123600Z"
std::string format_amz_date(Time now);

}  // namespace weir::store
