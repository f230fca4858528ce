// Callback: where a target that fetches URLs for its callers shows itself. The proof of server-side
// request forgery is that the request arrives here, with a token that only one probe carried; no
// third party is asked.
//
// Promises: answers with a few bytes, or with one redirect to another of its own URLs; keeps the
// newest kMaxVisits; knows nothing of the target. A visit's credentials are compared, never kept.
// Thread safety: any member from any thread.
//
//   auto callback = HttpCallback::listen(*net::ListenAddress::parse("127.0.0.1:0"), {"sk-1"});
//   send a probe with url_of("a1b2"); the target has fetched it if !visits("a1b2").empty()
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/http_server.h"
#include "net/listen_address.h"

namespace weir::scan {

inline constexpr std::size_t kMaxVisits = 1000;

struct Visit {
  std::string token;
  std::string method;
  std::string user_agent;
  bool carried_secret = false;  // a header held one of the secrets that the callback was told
};

class Callback {
 public:
  // `base` as clients write it, "http://127.0.0.1:41234"; `secrets` of the user's own requests;
  // `internal`: its address is one that nobody outside can have.
  Callback(std::string base, std::vector<std::string> secrets, bool internal);

  bool is_internal() const { return internal_; }

  std::string url_of(std::string_view token) const;
  // Redirects (302) to the URL of `to`.
  std::string redirect_of(std::string_view token, std::string_view to) const;
  // What a fetched document says: nobody can know it who has not fetched it.
  static std::string content_of(std::string_view token);

  std::vector<Visit> visits(std::string_view token) const;

  // What the listener answers to a request.
  net::ServerResponse answer(const net::ServerRequest& request);

 private:
  const std::string base_;
  const std::vector<std::string> secrets_;
  const bool internal_;
  mutable std::mutex mutex_;
  std::vector<Visit> visits_;  // under mutex_
};

// A Callback behind a real listener. Ends with it.
class HttpCallback {
 public:
  // At an address of this machine that the target can reach; port 0: any that is free.
  static Result<std::unique_ptr<HttpCallback>> listen(const net::ListenAddress& address,
                                                      std::vector<std::string> secrets);

  Callback& callback() { return *callback_; }

 private:
  HttpCallback() = default;

  std::unique_ptr<Callback> callback_;
  std::unique_ptr<net::HttpServer> server_;  // goes first
};

}  // namespace weir::scan
