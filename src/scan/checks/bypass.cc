#include "scan/checks/bypass.h"

#include <fmt/format.h>

#include "scan/experiment/spelling.h"

namespace weir::scan {
namespace {

constexpr int kRounds = 3;

std::vector<Variant> ways(const Surface& surface, const AsDenied& as) {
  std::vector<Variant> all;
  const std::string path = surface.path();
  const std::string query = surface.base_request().target.substr(path.size());
  for (const std::string& spelling : path_spellings(path)) {
    Request request = surface.base_request();
    request.target = spelling + query;
    all.push_back(as(std::move(request)));
    all.back().changed += ", path " + spelling;
  }
  for (const char* name : {"X-Original-URL", "X-Rewrite-URL"}) {
    Request request = surface.base_request();
    request.set_header(name, path);
    request.target = "/" + query;
    all.push_back(as(std::move(request)));
    all.back().changed += fmt::format(", path / with {}: {}", name, path);
  }
  return all;
}

}  // namespace

CheckOutcome look_for_path_bypass(Surface& surface, const AsDenied& as, const Answer& own,
                                  const std::string& who) {
  const Variant base = as(surface.base_request());
  // A catch-all answers every path alike.
  if (surface.same_document(surface.missing(), own)) {
    return CheckOutcome::inconclusive("a path that cannot exist brings the same document");
  }
  int tried = 0;
  for (const Variant& way : ways(surface, as)) {
    if (surface.stopped()) return CheckOutcome::inconclusive(surface.stop_reason());
    ++tried;
    const Answer first = surface.send(way, "variant");
    if (!first.served() || !surface.same_document(first, own)) continue;
    Answer control;
    for (int round = 1; round < kRounds; ++round) {
      control = surface.send(base, "control");
      if (!control.denied() || !surface.same_document(surface.send(way, "variant"), own)) {
        return CheckOutcome::inconclusive("another spelling of the path was not served each time");
      }
    }
    Evidence evidence = surface.evidence(
        fmt::format("{} the answer is {}, but the protected document by {}, {} times of {}", who,
                    control.status(), way.changed.substr(way.changed.find("path")), kRounds,
                    kRounds),
        {&own, &control, &first});
    evidence.rounds = kRounds;
    evidence.curl = surface.curl_without_secrets(way.request);
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }
  return CheckOutcome::protected_(fmt::format("{} ways to name the path are denied, too", tried));
}

CheckOutcome look_for_method_bypass(Surface& surface, const AsDenied& as, const Answer& own,
                                    const std::string& who) {
  const Variant base = as(surface.base_request());
  Request request = surface.base_request();
  request.method = "HEAD";
  Variant head = as(std::move(request));
  head.changed += ", HEAD";
  const Answer first = surface.send(head, "variant");
  if (!first.ok()) return CheckOutcome::inconclusive("no answer to HEAD");
  if (!first.served()) {
    return CheckOutcome::protected_(fmt::format("HEAD is answered with {}", first.status()));
  }
  // What a HEAD tells is the length: only that of the protected document proves anything.
  Answer control = surface.send(base, "control");
  const std::string length(first.header("Content-Length"));
  const std::size_t size = own.response.body.size();
  if (size == 0 || size == control.response.body.size() || length != std::to_string(size)) {
    return CheckOutcome::inconclusive("HEAD is served, but not with the document's length");
  }
  Variant nowhere = surface.missing().sent;
  nowhere.request.method = "HEAD";
  const Answer missing = surface.send(nowhere, "HEAD of a path that cannot exist");
  if (missing.served() && missing.header("Content-Length") == length) {
    return CheckOutcome::inconclusive("HEAD of a path that cannot exist is served alike");
  }
  for (int round = 1; round < kRounds; ++round) {
    if (!control.denied() || surface.send(head, "variant").header("Content-Length") != length) {
      return CheckOutcome::inconclusive("HEAD was not served each time");
    }
    control = surface.send(base, "control");
  }
  Evidence evidence = surface.evidence(
      fmt::format("{} GET is answered with {}, HEAD with {} and the document's length of {}, {} "
                  "times of {}",
                  who, control.status(), first.status(), length, kRounds, kRounds),
      {&own, &control, &missing, &first});
  evidence.rounds = kRounds;
  evidence.curl = surface.curl_without_secrets(head.request);
  return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
}

}  // namespace weir::scan
