// Asking: one RateLimitRequest, from its descriptors to the rules that answer them, and from what
// those say to one status a descriptor.
//
// Thread safety: belongs to one request.
//
//   Result<Asking> asking = Asking::prepare(request, table, limiter);
//   Decision decision = limiter.decide({.has_sender = false}, asking->rules(), answers);
//   Response response = asking->respond(decision, answers);
#pragma once

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/limiter.h"
#include "serve/rls/descriptor_table.h"
#include "serve/rls/messages.h"
#include "weir/decision.h"

namespace weir::serve::rls {

class Asking {
 public:
  // The request must outlive it. An Error: the request says what cannot be.
  static Result<Asking> prepare(const Request& request, const DescriptorTable& table,
                                engine::Limiter& limiter);

  const std::vector<engine::AskedRule>& rules() const { return rules_; }
  // A rule with `always: refuse`, or an override of 0 a unit, fits: nothing needs to be asked.
  bool is_refused() const { return !refused_by_.empty(); }
  const std::string& refused_by() const { return refused_by_; }

  Response respond(const Decision& decision, const std::vector<engine::RuleAnswer>& answers) const;

 private:
  struct Asked {
    std::size_t descriptor = 0;
    bool shadow = false;
  };
  weir::Status add(const Request& request, std::size_t place,
                   std::span<const DescriptorTable::Rule> found,
                   const std::vector<std::string_view>& replaced, const DescriptorTable& table,
                   engine::Limiter& limiter);
  void ask(std::size_t descriptor, const engine::RuleHandle& handle, std::string subject,
           std::int64_t cost, bool shadow);

  std::vector<engine::AskedRule> rules_;
  std::vector<Asked> asked_;          // of each rule
  std::deque<std::string> subjects_;  // that rules_ views
  std::vector<bool> refused_;         // descriptors, whatever the limiter says
  std::string refused_by_;
};

}  // namespace weir::serve::rls
