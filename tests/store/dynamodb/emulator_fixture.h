// What the tests of the store against a real emulator start from: one emulator with Weir's table
// for a whole suite, stores that see it directly or through a FaultProxy, and keys nobody used.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/rng.h"
#include "base/system_clock.h"
#include "store/dynamodb/dynamodb_store.h"
#include "store/dynamodb/table.h"
#include "support/emulator.h"

namespace weir::store {

class EmulatorTest : public testing::Test {
 protected:
  static test::Emulator& emulator() {
    static test::Emulator running("dynoxide");
    static const bool has_table = [] {
      base::SystemClock clock;
      const auto client = make_client({}, running.environment(), clock);
      const Result<TableInfo> table =
          create_table(*client, net::Deadline::in(std::chrono::seconds(20)));
      EXPECT_TRUE(table) << table.error().to_string();
      return table.has_value();
    }();
    EXPECT_TRUE(has_table);
    return running;
  }

  static std::unique_ptr<DynamoDbClient> make_client(const DynamoDbOptions& options,
                                                     const Environment& environment, Clock& clock) {
    return std::make_unique<DynamoDbClient>(options, resolve_target(options, environment).value(),
                                            environment,
                                            make_http_client(options, environment).value(), clock);
  }

  std::unique_ptr<DynamoDbStore> open(const DynamoDbOptions& options = {}) {
    return open_at(emulator().port(), options);
  }
  std::unique_ptr<DynamoDbStore> open_at(std::uint16_t port, const DynamoDbOptions& options = {}) {
    auto store = open_dynamodb_store(options, test::emulator_environment(port), clock_,
                                     base::entropy_seed());
    EXPECT_TRUE(store) << store.error().to_string();
    return std::move(*store);
  }

  static Key fresh_key() {
    Key key;
    base::fill_entropy(key.bytes);
    return key;
  }

  ChargeRequest request(const Key& key, std::int64_t n) {
    return request(key, n, std::chrono::seconds(60), start_);
  }
  static ChargeRequest request(const Key& key, std::int64_t n, Duration window, Time now) {
    return {.key = key,
            .limit = limit::WindowLimit{.n = n, .geometry = limit::Geometry::for_window(window)},
            .cost = 1,
            .now = now,
            .budget = std::chrono::seconds(10)};
  }

  base::SystemClock clock_;
  const Time start_ = clock_.now();
};

}  // namespace weir::store
