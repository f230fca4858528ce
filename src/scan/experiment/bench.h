// Bench: one operation under test. It sends base requests and variants, classifies the answers,
// keeps the base's history, and holds what is learned about the limit as the scan goes on.
//
// "Base" is the request as the user gave it. A variant is the base with one thing changed. The
// base's history (trace) is the evidence for N, W and the kind, so only requests of the very same
// identity go into it.
// Thread safety: one thread at a time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "openapi/document.h"
#include "scan/limit_model/fit.h"
#include "scan/limit_model/hints.h"
#include "scan/limit_model/refusal.h"
#include "scan/model.h"
#include "scan/probe/prober.h"

namespace weir::scan {

struct Variant {
  std::string changed;  // what differs from the base, safe to show; empty: the base itself
  Request request;
};

// Makes a variant; one that invents identities makes a new one at each call.
using MakeVariant = std::function<Variant()>;

struct Reply {
  Response response;
  Outcome outcome = Outcome::failed;
  Hints hints;
  double sent_s = 0;
  double answered_s = 0;
  std::size_t exchange = 0;  // its place in Bench::exchanges()
  std::size_t observed = 0;  // of a base request: its place in Bench::trace()

  double took_s() const { return answered_s - sent_s; }
  bool admitted() const { return outcome == Outcome::admitted; }
  bool refused() const { return outcome == Outcome::refused; }
};

// What rounds of the experiments found out; see experiment/rounds.h.
struct EdgeRound {
  int before = 0;  // admitted one after the other late in the window
  int volley = 0;  // admitted of the requests that were released together after those
  int volley_sent = 0;
  int volley_allowed = 0;      // at most so many of them fit into the limit
  bool volley_counts = false;  // no reset can have fallen into it, or even that explains too little
  int after = 0;               // admitted one after the other once room was back
  double before_s = 0;         // when the first of them all was sent
  double volley_s = 0;         // when the volley was released
  double room_s = 0;           // when room was back
  double after_s = 0;          // when the last admitted answer came
  std::vector<std::size_t> exchanges;
};

struct LimitFacts {
  bool learned = false;         // a refusal was seen
  bool unlimited = false;       // the budget was sent and none was
  bool held_back = false;       // none was either, but each request had to wait for its turn
  int in_a_row = 0;             // unlimited or held back: so many passed one after the other ...
  int refused_together = 0;     // ... and so many of those sent at once then did not
  int n = 0;                    // admitted in a row from a fresh start
  int uncertain = 0;            // answers in that row that were neither: N may be larger by as many
  double fill_start_s = 0;      // when that row began ...
  double fill_end_s = 0;        // ... and ended
  bool per_process = false;     // some processes refuse while others admit
  int all_processes = 0;        // per_process: admitted in all
  bool trickles = false;        // room comes back one by one
  double token_s = 0;           // trickles: so often
  double window_low_s = 0;      // W is at least this: room was still missing after so long
  double window_high_s = 0;     // 0: not known yet
  bool counts_refused = false;  // refused requests keep it refused: only silence brings room
  std::optional<bool> sources_count_apart;      // another local address has a quota of its own
  std::optional<bool> credentials_count_apart;  // so has another user at the same address
  bool speaks_http2 = false;                    // and counts it like HTTP/1.1
  std::optional<double> no_room_s;              // room did not come back within so long
  std::optional<double> told_wait_s;            // and the refusals said to wait so much longer
  // The wait that refusals tell grows with each of them: from ... to ...
  std::optional<std::pair<double, double>> wait_grows;
  std::string believed_header;  // a made-up address in it was proven to be counted instead
  std::optional<std::int64_t> stated_limit;
  std::optional<double> stated_window_s;
};

// Where the operation is, and what the user allows there.
struct Target {
  std::string origin;         // "http://127.0.0.1:8000"
  bool loopback = false;      // an IPv4 loopback address: other local addresses are other clients
  bool allow_writes = false;  // POST may be sent where the base is a GET
};

// Lower case letters and digits, a letter first: what nobody has and every parser takes.
std::string made_up_text(Rng& rng, std::size_t length);

class Bench {
 public:
  Bench(Prober& prober, Request base, Target target, Rng& rng,
        std::shared_ptr<const openapi::Operation> declared = nullptr);

  // -- sending
  Reply base(std::string_view note = "base");
  Reply send(const Variant& variant, std::string_view note);
  std::vector<Reply> base_together(int count, std::string_view note);
  std::vector<Reply> together(const std::vector<Variant>& variants, std::string_view note);
  // `same` is held back but for its last byte, and sent on other connections until `go_on` says no,
  // or `most` times; then it is completed: the last of the replies. Empty if that is not possible.
  std::vector<Reply> while_holding(const Variant& same, int most,
                                   const std::function<bool(const Reply&)>& go_on);
  // Classifies a reply to the base anew, after the model has learned more, and files it.
  void reconsider(Reply& reply);
  void wait_until(double at_s, std::string_view why) { prober_.wait_until(at_s, why); }
  double now_s() const { return prober_.now_s(); }
  bool stopped() const { return prober_.stopped(); }
  Prober& prober() { return prober_; }

  // -- making variants
  const Request& base_request() const { return base_; }
  // What the OpenAPI document says of the operation; null without one. It is a claim, not evidence.
  const openapi::Operation* declared() const { return declared_.get(); }
  Variant with_header(std::string_view name, std::string_view value) const;
  // The base sent from a local address that was not used before; only if sources_are_possible().
  Variant from_fresh_source();
  bool sources_are_possible() const { return target_.loopback; }
  bool writes_are_allowed() const { return target_.allow_writes; }
  // Makes identities with a quota of their own: local addresses, or what a check has proven to give
  // one. Empty if there are none.
  MakeVariant fresh_identities();
  void learn_fresh_identities(MakeVariant make) { proven_identities_ = std::move(make); }
  std::string made_up(std::size_t length = 10);  // see made_up_text()
  std::string made_up_address();                 // of the documentation networks (RFC 5737)
  Rng& rng() { return rng_; }

  // -- what is known
  RefusalModel& refusal() { return refusal_; }
  const RefusalModel& refusal() const { return refusal_; }
  LimitFacts& facts() { return facts_; }
  const LimitFacts& facts() const { return facts_; }
  std::vector<EdgeRound>& rounds() { return rounds_; }
  const std::vector<EdgeRound>& rounds() const { return rounds_; }
  // The base's history, and refused variants as foreign.
  const std::vector<Observation>& trace() const { return trace_; }
  // Everything that was sent: "admitted" is whatever may have been counted on the base's quota,
  // variants included; "refused" are refused base requests only.
  const std::vector<Observation>& spending() const { return spending_; }
  const std::vector<Reply>& refused_bases() const { return refused_bases_; }
  const std::vector<Reply>& bases() const { return bases_; }

  // -- for the report
  void set_phase(std::string phase) { phase_ = std::move(phase); }
  const std::vector<Exchange>& exchanges() const { return exchanges_; }
  Exchange& exchange(std::size_t index) { return exchanges_[index]; }
  const std::vector<TimelinePoint>& timeline() const { return timeline_; }
  std::string curl(const Request& request) const;
  std::string name() const;  // "GET /api/quote"

 private:
  Reply record(const Variant& variant, Response response, std::string_view note);
  void observe(Reply& reply, bool foreign);
  void file_base(const Reply& reply);
  bool together_ = false;  // what is recorded now was released at one instant

  Prober& prober_;
  Request base_;
  Target target_;
  Rng& rng_;
  std::shared_ptr<const openapi::Operation> declared_;
  int sources_used_ = 0;
  MakeVariant proven_identities_;
  RefusalModel refusal_;
  LimitFacts facts_;
  std::vector<EdgeRound> rounds_;
  std::vector<Observation> trace_;
  std::vector<Observation> spending_;
  std::vector<Reply> bases_;          // without bodies
  std::vector<Reply> refused_bases_;  // without bodies
  std::string phase_ = "calm";
  std::vector<Exchange> exchanges_;
  std::vector<TimelinePoint> timeline_;
};

}  // namespace weir::scan
