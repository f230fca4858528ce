// CheckRequests: the body of POST /v1/check: one request to decide, or several.
//
//   {"client_ip": "203.0.113.7", "method": "GET", "route": "/quotes/{pair}", "headers":
//   {"X-API-Key": "k"},
//    "user": "alice", "key_known": true, "cost": 1, "cost_is_estimate": false, "request_id": "...",
//    "explain": false}
//   {"requests": [ ... ]}      at most kMaxBatch
//
// Every member may be left out. client_ip is the address that connected to whoever asks; without
// it, that of who asks. What is not understood is an Error that names the place, never ignored: a
// misspelt member would be a request that counts for somebody else.
//
// Thread safety: one thread at a time.
#pragma once

#include <boost/json/value.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "identity/request.h"

namespace weir::serve {

struct CheckRequest {
  identity::Request request;  // with views into the document
  bool explain = false;       // the answer is to hold the decision record
};

class CheckRequests {
 public:
  static Result<CheckRequests> parse(std::string_view body, std::string_view peer);

  const std::vector<CheckRequest>& all() const { return requests_; }
  bool is_batch() const { return is_batch_; }

 private:
  Status read(const boost::json::value& value, const std::string& place, std::string_view peer);
  Status read_headers(const boost::json::value& value, const std::string& place,
                      identity::Request& request);

  // On the heap, so that views stay good when this object moves.
  std::unique_ptr<boost::json::value> document_;
  std::deque<std::vector<identity::HeaderField>> headers_;
  std::vector<CheckRequest> requests_;
  bool is_batch_ = false;
};

}  // namespace weir::serve
