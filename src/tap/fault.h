// Faults that the tap injects on request, and how a user writes them.
//
//   throttle                              every call is throttled
//   500:op=UpdateItem,percent=20          a fifth of all UpdateItem fails with an internal error
//   timeout:table=limits                  no answer to anything about that table
//   cut:key=user-1                        the connection ends where a key holds that text
//   lose:op=UpdateItem                    carried out, but the connection ends before the answer
//   500-after:percent=5                   carried out, but answered with an internal error
//   delay:ms=300                          every answer comes 300 ms later
//
// `table` and `key` are those of item operations. The first fault that concerns a call and that the
// dice choose is what happens to it; the dice are seeded, so that a run of one call after the other
// repeats.
//
// Thread safety: Fault is a plain value; FaultInjector may be used from any thread.
//
//   options.treat = FaultInjector(faults, seed);
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tap/operation.h"
#include "tap/treatment.h"
#include "weir/time.h"

namespace weir::tap {

inline constexpr Duration kMaxDelay = std::chrono::seconds(60);

struct Fault {
  enum class Kind {
    throttle,    // 400 ProvisionedThroughputExceededException; not carried out
    error,       // 500 InternalServerError; not carried out
    timeout,     // no answer and no end; not carried out
    cut,         // the connection is reset; not carried out
    lose,        // carried out; the connection is reset instead of an answer
    late_error,  // carried out; 500 InternalServerError instead of the answer
    delay,       // carried out and answered, later
  };
  Kind kind = Kind::throttle;
  std::string operation = {};  // empty: any
  std::string table = {};      // empty: any
  std::string key = {};        // text that an attribute of the key holds; empty: any
  int percent = 100;
  Duration delay{};

  static Result<Fault> parse(std::string_view text);
  bool concerns(std::string_view operation_name, std::span<const Access> accesses) const;
};

const char* to_string(Fault::Kind kind);

// What the fault does to an exchange.
Treatment treatment_of(const Fault& fault);

// What a proxy asks. Copies throw the same dice.
class FaultInjector {
 public:
  FaultInjector(std::vector<Fault> faults, std::uint64_t seed);
  Treatment operator()(const Call& call) const;

 private:
  struct Dice;
  std::vector<Fault> faults_;
  std::shared_ptr<Dice> dice_;
};

}  // namespace weir::tap
