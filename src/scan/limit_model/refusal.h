// What an admitted and what a refused answer of this operation look like. Learned, never assumed.
//
// The status alone is not enough: limits answer 429, 403, 500, 503, or 200 with an error body. So
// an answer is reduced to a signature, status and shape, where the shape forgets what changes from
// answer to answer (numbers, strings, list lengths) and keeps what a program relies on (content
// type, JSON keys, flags and codes).
// Thread safety: none of its own; value-like.
#pragma once

#include <optional>
#include <string>

#include "scan/probe/message.h"

namespace weir::scan {

struct Signature {
  int status = 0;
  std::string shape;
  friend bool operator==(const Signature&, const Signature&) = default;
};

Signature signature_of(const Response& response);

enum class Outcome {
  admitted,  // looks like the base request's answer before any limit
  refused,   // looks like the limit's refusal
  other,     // an answer, but neither of the two: 400, 401, 404, a random 503
  failed,    // no answer
};

class RefusalModel {
 public:
  void learn_admitted(const Response& response);
  void learn_refused(const Response& response);

  // The answer that "admitted" was learned from.
  const Response& example() const { return example_; }
  bool knows_refusal() const { return refused_.has_value(); }
  int admitted_status() const { return admitted_ ? admitted_->status : 0; }
  int refused_status() const { return refused_ ? refused_->status : 0; }

  Outcome classify(const Response& response) const;
  // The document that the base request gets, not only the same status.
  bool same_document(const Response& response) const;

  // The same as far as it can be seen without a body, as in the answer to HEAD: status and media
  // type. False where a refusal would look the same.
  bool same_head(const Response& response) const;

  // "429", or "500 text/html", or "200 with another body".
  std::string describe_refusal() const;

 private:
  Response example_;
  std::optional<Signature> admitted_;
  std::optional<Signature> refused_;
};

}  // namespace weir::scan
