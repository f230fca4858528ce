#include <fmt/format.h>

#include <algorithm>

#include "scan/checks/rate_limiting/checks.h"
#include "scan/checks/rate_limiting/key_landing.h"
#include "scan/checks/screen.h"
#include "scan/experiment/fill.h"
#include "scan/experiment/identity.h"

namespace weir::scan::rate_limiting {
namespace {

constexpr int kRepeats = 3;
constexpr std::size_t kMaxFields = 3;

struct Hostile {
  std::string how;
  std::string value;
};

// What breaks keys: more than DynamoDB takes (2,048 bytes), control characters, delimiters that
// keys are joined with, text that is code elsewhere, bytes that are no text.
const std::vector<Hostile>& hostile_values() {
  static const std::vector<Hostile> kValues = {
      {"of 3,000 bytes", std::string(3000, 'k')},
      {"of 7,000 bytes", std::string(7000, 'k')},
      {"with a control character",
       "a\x01"
       "b"},
      {"with a delete character",
       "a\x7f"
       "b"},
      {"with a letter beyond ASCII", "caf\xc3\xa9"},
      {"with half a surrogate pair", "\xed\xa0\x80x"},
      {"with a colon", "a:b"},
      {"with a number sign", "a#b"},
      {"with a vertical bar", "a|b"},
      {"that is an asterisk", "*"},
      {"with quotes", "'\""},
      {"that is a query operator", "{\"$ne\":1}"},
      {"that is a prototype's name", "__proto__"},
      {"with an encoded zero byte", "%00"},
      {"with an encoded line break", "%0d%0aX"},
      {"that is a template", "${7*7}"},
  };
  return kValues;
}

struct Probe {
  std::string how;  // "header X-API-Key of 3,000 bytes"
  Request request;
  Request benign;  // the same field with a harmless made-up value
};

void probes_of_field(Bench& bench, const IdentityField& field, std::vector<Probe>& probes) {
  const Request& base = bench.base_request();
  const Request benign = with_identity(base, field, like(field.value, bench));
  for (const Hostile& hostile : hostile_values()) {
    // In a query, what is encoded already stays so, and the rest is encoded.
    const bool encode = field.place == Place::query && hostile.value.find('%') == std::string::npos;
    probes.push_back(
        {field.label() + " " + hostile.how,
         with_identity(base, field, encode ? percent_encode(hostile.value) : hostile.value),
         benign});
  }
  if (field.place == Place::body) {
    for (const char* value : {"null", "1", "[]", "{}", "[\"\"]", "true"}) {
      probes.push_back({fmt::format("{} that is {}", field.label(), value),
                        with_identity_json(base, field, value), benign});
    }
  }
  if (field.place == Place::query) {
    const auto replace = [&](std::string_view by) {
      Request request = base;
      const std::size_t at = request.target.find(field.name + "=");
      if (at != std::string::npos) request.target.replace(at, field.name.size() + 1, by);
      return request;
    };
    probes.push_back({field.label() + " as a list", replace(field.name + "[]="), benign});
    probes.push_back({field.label() + " as an object", replace(field.name + "[a]="), benign});
    Request twice = base;
    twice.target += "&" + field.name + "=b";
    probes.push_back({field.label() + " given twice", twice, benign});
  }
}

std::vector<Probe> all_probes(Bench& bench) {
  std::vector<Probe> probes;
  std::vector<IdentityField> fields = identity_fields(bench.base_request());
  if (fields.size() > kMaxFields) fields.resize(kMaxFields);
  for (const IdentityField& field : fields) probes_of_field(bench, field, probes);
  // Fields that any caller may add. A few values are enough to see whether they reach a key.
  const Request benign = bench.with_header("X-Forwarded-For", "203.0.113.77").request;
  for (const std::size_t i : {0U, 2U, 4U, 6U, 13U}) {
    const Hostile& hostile = hostile_values()[i];
    probes.push_back({"header X-Forwarded-For " + hostile.how,
                      bench.with_header("X-Forwarded-For", hostile.value).request, benign});
  }
  if (!find_header(bench.base_request().headers, "Cookie")) {
    const Request plain = bench.with_header("Cookie", "sid=abcdefgh").request;
    probes.push_back({"cookie sid of 3,000 bytes",
                      bench.with_header("Cookie", "sid=" + std::string(3000, 'k')).request, plain});
    probes.push_back({"cookie sid with encoded odd bytes",
                      bench.with_header("Cookie", "sid=%00%ff").request, plain});
  }
  // A value that the field's format cannot carry leaves the request as it was.
  std::erase_if(probes, [&](const Probe& probe) {
    return probe.request.target == bench.base_request().target &&
           probe.request.headers == bench.base_request().headers &&
           probe.request.body == bench.base_request().body;
  });
  return probes;
}

bool is_fault(const Reply& reply) {
  return reply.response.status >= 500;
}

class Injection {
 public:
  explicit Injection(Bench& bench) : bench_(bench) {}

  CheckOutcome run() {
    const bool refusal_is_fault = bench_.refusal().refused_status() >= 500;
    for (const Probe& probe : all_probes(bench_)) {
      if (bench_.stopped()) return CheckOutcome::inconclusive(bench_.prober().stop_reason());
      ++tried_;
      const Reply reply = send(probe);
      if (!is_fault(reply)) {
        // The limit stood before whatever reads the identifier. Another address gets behind it.
        if (reply.refused()) behind_the_limit_.push_back(probe);
        continue;
      }
      if (refusal_is_fault && reply.refused() && refused_alike(probe)) {
        behind_the_limit_.push_back(probe);
        continue;
      }
      if (repeats(probe, {})) return found(probe, "while the plain request was refused as usual");
    }
    return behind_the_limit();
  }

 private:
  Reply send(const Probe& probe, std::optional<std::string> source = {}) {
    Variant variant{probe.how, probe.request};
    variant.request.source_address = std::move(source);
    return bench_.send(variant, "hostile identifier");
  }

  // A harmless value gets the same refusal: then it is the limit that answers, not a fault.
  bool refused_alike(const Probe& probe) {
    const Reply reply = bench_.send({"harmless value for " + probe.how, probe.benign}, "control");
    return reply.refused() || is_fault(reply);
  }

  bool repeats(const Probe& probe, const std::optional<std::string>& source) {
    for (int i = 1; i < kRepeats; ++i) {
      if (!is_fault(send(probe, source))) return false;
    }
    Variant benign{"harmless value for " + probe.how, probe.benign};
    benign.request.source_address = source;
    const Reply control = bench_.send(benign, "control");
    return control.response.ok() && !is_fault(control);
  }

  // From an address with an untouched quota, the limit lets the values through to the application.
  CheckOutcome behind_the_limit() {
    if (!behind_the_limit_.empty() && !bench_.facts().sources_count_apart.value_or(false)) {
      if (bench_.refusal().refused_status() < 500) return protected_();
      return CheckOutcome::inconclusive(fmt::format(
          "the limit refuses with {}, which a fault would look like; {} values got that answer",
          bench_.refusal().refused_status(), behind_the_limit_.size()));
    }
    const int per_source = std::max(1, bench_.facts().n - kRepeats);
    Variant source = bench_.from_fresh_source();
    int used = 0;
    for (const Probe& probe : behind_the_limit_) {
      if (bench_.stopped()) return CheckOutcome::inconclusive(bench_.prober().stop_reason());
      if (used++ >= per_source) {
        source = bench_.from_fresh_source();
        used = 1;
      }
      const Reply reply = send(probe, source.request.source_address);
      if (!is_fault(reply) || (reply.refused() && bench_.facts().n < kRepeats + 2)) continue;
      // Again from a fresh address, so that the plain request is served before and after.
      source = bench_.from_fresh_source();
      used = kRepeats + 2;
      if (!bench_.send(source, "control").admitted()) continue;
      if (is_fault(send(probe, source.request.source_address)) &&
          repeats(probe, source.request.source_address)) {
        return found(probe, "while a harmless value was answered as usual");
      }
    }
    return protected_();
  }

  CheckOutcome found(const Probe& probe, std::string_view circumstance) {
    Evidence evidence;
    const auto& exchanges = bench_.exchanges();
    const std::size_t take = std::min<std::size_t>(exchanges.size(), kRepeats + 1);
    evidence.exchanges.assign(exchanges.end() - static_cast<std::ptrdiff_t>(take), exchanges.end());
    evidence.rounds = kRepeats;
    evidence.claim = fmt::format("{} was answered with a server fault {} times of {}, {}",
                                 probe.how, kRepeats, kRepeats, circumstance);
    evidence.curl = bench_.curl(probe.request);
    return CheckOutcome::vulnerable(Confidence::confirmed, std::move(evidence));
  }

  CheckOutcome protected_() const {
    return CheckOutcome::protected_(
        fmt::format("{} hostile identifiers tried: none caused a server fault, none was seen to "
                    "land on another counter",
                    tried_));
  }

  Bench& bench_;
  int tried_ = 0;
  std::vector<Probe> behind_the_limit_;
};

CheckOutcome run(Bench& bench) {
  CheckOutcome faults = Injection(bench).run();
  if (faults.verdict == CheckVerdict::vulnerable || bench.stopped()) return faults;
  ensure_refused(bench);
  if (auto landed = find_landing(bench)) return *std::move(landed);
  return faults;
}

const CheckInfo kInfo = {
    "key-injection",
    "A hostile identifier breaks the limiter or lands on another counter",
    Severity::high,
    "rate-limiting",
    {"API4:2023", "API8:2023"},
    {20, 74, 140, 755, 1284},
    {"6.2.4"},
    "The identifier goes into the counter's key as it came. One that the store rejects (too long, "
    "control characters, another type) makes the request fail, and one that contains the key's "
    "delimiter can land on somebody else's counter. Where the limiter is lenient, a store error "
    "lets the request through uncounted.",
    "Check an identifier before it is used (length, characters, type), answer 400 or 401 if it is "
    "not one, and store a hash over length-prefixed parts instead of the text.",
    "A DynamoDB partition key holds 2,048 bytes: hash what the caller sends (HMAC-SHA-256 over "
    "length-prefixed parts) and catch ClientError where the table is asked.",
    "identity:\n  api_key: {header: X-API-Key, pattern: '[A-Za-z0-9_-]{16,64}'}\nrules:\n  - id: "
    "per-key\n    key: [api_key]   # stored as a keyed hash, never as text\n    limit: 100/m\n",
    "Three times of three a hostile identifier was answered with a 5xx while a harmless one was "
    "not; or, twice with new values, using up one made-up identifier got another one refused that "
    "was served before; or an identifier over 2,048 bytes has no limit while a short one has."};

}  // namespace

const Check kKeyInjection = {&kInfo, Stage::while_refused, run};

}  // namespace weir::scan::rate_limiting
