// Emulator: a DynamoDB emulator of its own for a test, started by scripts/emulator on a free port
// of 127.0.0.1 and ended with this object, or with the test program if that dies.
//
// Thread safety: one thread starts and ends it.
//
//   Emulator emulator("dynoxide");
//   open_dynamodb_store({}, emulator.environment(), clock, seed)
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/environment.h"

namespace weir::test {

class Emulator {
 public:
  // Returns once it answers; ends the program if it does not within 90 s.
  explicit Emulator(const std::string& name);
  ~Emulator();
  Emulator(const Emulator&) = delete;
  Emulator& operator=(const Emulator&) = delete;

  std::uint16_t port() const { return port_; }
  std::string endpoint_url() const;
  // Endpoint, region and credentials for it. ExtendDB verifies signatures with these.
  Environment environment() const;

 private:
  std::uint16_t port_;
  pid_t process_;
};

// The environment of an emulator behind another port, such as that of a proxy.
Environment emulator_environment(std::uint16_t port);

}  // namespace weir::test
