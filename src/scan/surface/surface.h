// Surface: what the checks that are not about limits experiment on: one operation, or the target as
// a whole. The counterpart of Bench, which is about one limit.
//
// It sends the base request and variants of it, keeps what the checks share (the base's answer, the
// one without a credential, the one to a path that cannot exist), and waits for room where a limit
// refuses. Polite: GET, HEAD and OPTIONS, and POST only where the base itself is a POST that the
// user allowed; one request at a time; at most kMaxOfSurface requests; at most plan.max_wait_s of
// waiting. What would go beyond is not sent, and stopped() says so.
// Thread safety: one thread at a time.
//
//   Answer answer = surface.send(surface.with_header("Origin", "https://a.example"), "variant");
//   if (surface.same_document(answer, surface.baseline())) ...
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.h"
#include "scan/experiment/bench.h"
#include "scan/scan.h"

namespace weir::scan {

inline constexpr int kMaxOfSurface = 300;  // requests to one operation, or to the target as a whole

struct Answer {
  Variant sent;
  Response response;
  Exchange exchange;

  int status() const { return response.status; }
  bool ok() const { return response.ok(); }
  bool served() const { return response.status >= 200 && response.status < 300; }
  bool denied() const { return response.status == 401 || response.status == 403; }
  bool failed() const { return response.status >= 500; }
  std::string_view header(std::string_view name) const {
    return find_header(response.headers, name).value_or("");
  }
};

class Surface {
 public:
  // `operation` null: the target as a whole; its base is then "GET /" with the headers of the first
  // operation. `refusal` is what the scan of the limit learned, if there was one.
  Surface(Prober& prober, Rng& rng, const ScanPlan& plan, const ScanOperation* operation,
          const RefusalModel* refusal = nullptr);

  // -- sending
  Answer send(const Variant& variant, std::string_view note);
  const Answer& baseline();   // the base, sent twice so that it is known what differs by itself
  const Answer& anonymous();  // the base without any credential
  const Answer& stranger();   // with made-up credentials of the same length
  const Answer& other();      // with the credential of the other user, where one was given
  const Answer& missing();    // a path beside the base's that cannot exist
  const Answer& malformed();  // the base with a query that no parser expects
  // The answers to all of the above that apply; where one check has asked, the next need not.
  std::vector<const Answer*> look_around();

  bool stopped() const { return !stop_reason().empty(); }
  std::string stop_reason() const;
  int requests() const { return sent_; }
  double now_s() const { return prober_.now_s(); }
  void wait(double seconds, std::string_view why) { prober_.wait_until(now_s() + seconds, why); }

  // -- making variants
  const Request& base_request() const { return base_; }
  Variant base() const { return {"", base_}; }
  Variant with_header(std::string_view name, std::string_view value) const;
  Variant with_query(std::string_view name, std::string_view value) const;  // replaced or added
  Variant with_target(std::string target) const;                            // path and query
  Variant with_method(std::string method) const;
  Variant without_credentials() const;
  Variant anonymous_of(Request request) const;  // any request without the base's credentials
  // `request`, with the credential of the other user instead of the base's.
  Variant as_other(Request request) const;
  std::string made_up(std::size_t length = 10);
  Rng& rng() { return rng_; }

  // -- what is known
  const ScanPlan& plan() const { return plan_; }
  const openapi::Operation* declared() const;
  std::string path() const;                                        // of the base, without the query
  std::vector<std::pair<std::string, std::string>> query() const;  // decoded no further
  bool is_read_only() const { return base_.method == "GET" || base_.method == "HEAD"; }
  bool is_https() const { return plan_.origin.starts_with("https:"); }
  bool has_credentials() const { return !credential_headers().empty() || credential_in_query(); }
  // Headers of the base that carry a credential, by their name or by what the document declares.
  std::vector<Header> credential_headers() const;
  bool credential_in_query() const;
  bool has_other() const { return !plan_.other.empty(); }
  // The document asks for a credential, in every alternative.
  bool declares_security() const;
  // Two answers are the same document, apart from what differs by itself.
  bool same_document(const Answer& a, const Answer& b);

  // What a check has found out that spares those after it the same requests.
  std::map<std::string, std::string>& learned() { return learned_; }

  // -- for the report
  Evidence evidence(std::string claim, std::vector<const Answer*> answers) const;
  std::string curl(const Request& request) const;
  // For a request that carries a secret which is not the base's: every secret is a variable.
  std::string curl_without_secrets(const Request& request) const;
  std::string name() const;  // "GET /api/quote", or the origin

 private:
  bool may_send(const Request& request);
  bool is_refusal(const Response& response) const;
  Response send_when_there_is_room(const Request& request);
  std::string fresh_source();

  Prober& prober_;
  Rng& rng_;
  const ScanPlan& plan_;
  const ScanOperation* operation_;
  const RefusalModel* refusal_;
  Request base_;
  int sent_ = 0;
  int sources_used_ = 0;
  bool from_fresh_sources_ = false;
  double waited_s_ = 0;
  std::string stop_reason_;
  std::map<std::string, std::string> learned_;
  std::optional<Answer> baseline_;
  std::string baseline_again_;  // the body of the second one
  std::optional<Answer> anonymous_;
  std::optional<Answer> stranger_;
  std::optional<Answer> other_;
  std::optional<Answer> missing_;
  std::optional<Answer> malformed_;
};

}  // namespace weir::scan
