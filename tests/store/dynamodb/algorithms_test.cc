// Every algorithm, through the writes that DynamoDB would be sent and a table that makes of them
// what DynamoDB does: the answers must be those of the pure functions, whatever nodes know of each
// other.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "store/dynamodb/charging.h"
#include "support/limits.h"

namespace weir::store {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Fate = WriteAnswer::Fate;
using Step = Charging::Step;

const limit::Geometry kGeometry = limit::Geometry::for_window(seconds(3), {}, 12);

class Table {
 public:
  WriteAnswer write(const ConditionalUpdate& update) {
    std::optional<Item>& item = items_[update.key];
    const bool had_version = item && item->find("v") != nullptr;
    const std::int64_t version = had_version ? *item->find("v") : INT64_MIN;
    UpdateResult result = apply_update(update, item);
    item = result.item;
    if (result.done) {
      EXPECT_GT(*item->find("v"), version) << "versions only grow";
    }
    WriteAnswer answer{.fate = result.done ? Fate::applied : Fate::stopped};
    if (item) answer.state = read_state(*item).value();
    return answer;
  }

 private:
  std::map<Key, std::optional<Item>> items_;
};

class Node {
 public:
  Node(Table& table, std::uint64_t seed) : table_(table), ids_(seed) {}

  ChargeOutcome charge(const ChargeRequest& request) {
    Charging charging(seen_, ids_, request);
    Step step = charging.next();
    while (step == Step::send) {
      ++writes_;
      step = charging.answered(table_.write(charging.write()));
    }
    EXPECT_EQ(step, Step::decided) << charging.error().to_string();
    return charging.outcome();
  }
  void give_back(const ChargeRequest& request, std::int64_t slot) {
    const auto write = give_back_write(request, slot, ids_.next());
    if (!write) return;
    const WriteAnswer answer = table_.write(*write);
    if (answer.state) seen_.saw(request.key, *answer.state, request.now);
  }
  int writes() const { return writes_; }

 private:
  Table& table_;
  SeenStates seen_{1024};
  WriteIds ids_;
  int writes_ = 0;
};

Key key_of(int number) {
  Key key;
  key.bytes[4] = static_cast<std::byte>(number);  // so that each has a shard of SeenStates
  return key;
}

class AlgorithmsTest : public testing::Test {
 protected:
  AlgorithmsTest() {
    for (std::uint64_t i = 0; i < 3; ++i) nodes_.push_back(std::make_unique<Node>(table_, 1 + i));
  }
  ChargeRequest request(int key, const limit::Limit& limit) {
    return {.key = key_of(key),
            .limit = limit,
            .cost = static_cast<std::int64_t>(1 + rng_.below(3)),
            .subject = rng_.below(9),
            .now = now_};
  }
  limit::State& model(const ChargeRequest& request) { return models_[request.key]; }
  // What the pure function says, of the state that all admissions so far have left.
  limit::Charge expected(const ChargeRequest& request) {
    return limit::charge(model(request), request.limit, ask_of(request));
  }

  Rng rng_{7};
  Time now_{seconds(1'800'000'000)};
  Table table_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::map<Key, limit::State> models_;
};

// Keys of all algorithms, under limits, windows and now and then algorithms that change.
TEST_F(AlgorithmsTest, AnswerALoneNodeAsThePureFunctionsDo) {
  for (int i = 0; i < 40'000; ++i) {
    now_ += Duration(
        static_cast<std::int64_t>(rng_.below(rng_.below(20) == 0 ? 900'000'000 : 9'000'000)));
    const int key = static_cast<int>(rng_.below(20));
    const std::size_t algorithm = rng_.below(50) == 0
                                      ? rng_.below(test::kAlgorithms)
                                      : static_cast<std::size_t>(key) % test::kAlgorithms;
    const ChargeRequest asked = request(key, test::random_limit(rng_, algorithm, now_));
    const limit::Charge charge = expected(asked);
    ASSERT_EQ(nodes_[0]->charge(asked).charge, charge) << "request " << i << ", key " << key;
    if (charge.admitted && rng_.below(5) == 0) {
      limit::give_back(model(asked), asked.limit, ask_of(asked), charge.slot);
      nodes_[0]->give_back(asked, charge.slot);
    }
  }
}

// Nodes that know of each other only what their own writes met.
TEST_F(AlgorithmsTest, AdmitFromManyNodesOnlyWhatThePureFunctionsWould) {
  int admitted = 0;
  int refused = 0;
  for (int i = 0; i < 40'000; ++i) {
    now_ += Duration(static_cast<std::int64_t>(rng_.below(9'000'000)));
    const int key = static_cast<int>(rng_.below(10));
    const std::size_t algorithm = static_cast<std::size_t>(key) % test::kAlgorithms;
    limit::Limit limit = test::random_limit(rng_, algorithm, now_);
    // Nodes of different windows do not hear that the shorter one has forgotten a value that both
    // have seen in this slot.
    if (algorithm == 3) limit = limit::DistinctLimit{3, kGeometry};
    const ChargeRequest asked = request(key, limit);
    const ChargeOutcome outcome = nodes_[rng_.below(nodes_.size())]->charge(asked);
    limit::State after = model(asked);
    const limit::Charge charge = limit::charge(after, asked.limit, ask_of(asked));
    if (outcome.charge.admitted) {
      ASSERT_TRUE(charge.admitted) << "request " << i << ", key " << key;
      model(asked) = after;
      ++admitted;
      // Another node frees the place, or gives back, and this one does not hear of it.
      if (rng_.below(3) == 0) {
        limit::give_back(model(asked), asked.limit, ask_of(asked), charge.slot);
        nodes_[rng_.below(nodes_.size())]->give_back(asked, charge.slot);
      }
    } else {
      ++refused;
      // Only a node that has not heard of a give-back refuses what would fit, and by itself.
      ASSERT_TRUE(!charge.admitted || outcome.local) << "request " << i << ", key " << key;
    }
  }
  EXPECT_GT(admitted, 1000);
  EXPECT_GT(refused, 1000);
}

TEST_F(AlgorithmsTest, TakeOneWriteForAnAdmissionAndNoneForARefusal) {
  const std::vector<limit::Limit> limits = {
      limit::WindowLimit{5, limit::Geometry::for_window(seconds(60))},
      limit::GcraLimit::per_window(5, seconds(60), 5),
      limit::FixedWindowLimit{5, now_, now_ + seconds(60)},
      limit::DistinctLimit{5, limit::Geometry::for_window(seconds(60), {}, 12)},
      limit::ConcurrencyLimit{5, seconds(60)}};
  int key = 0;
  for (const limit::Limit& limit : limits) {
    Node& node = *nodes_[0];
    const int before = node.writes();
    int admitted = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
      ChargeRequest asked = request(key, limit);
      asked.cost = 1;
      asked.subject = i;
      admitted += node.charge(asked).charge.admitted;
    }
    EXPECT_EQ(admitted, 5) << limit.index();
    EXPECT_EQ(node.writes() - before, 5) << limit.index();
    ++key;
  }
}

TEST_F(AlgorithmsTest, WriteNothingForAValueThatWasSeenInThisSlot) {
  const limit::DistinctLimit limit{5, limit::Geometry::for_window(seconds(60), {}, 12)};
  const ChargeRequest asked = request(0, limit);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(nodes_[0]->charge(asked).charge.admitted);
  EXPECT_EQ(nodes_[0]->writes(), 1);
}

TEST_F(AlgorithmsTest, KeepARequestsPlaceAndItsExpiryWhenItAsksAgain) {
  const limit::ConcurrencyLimit limit{1, seconds(60)};
  ChargeRequest asked = request(0, limit);
  ASSERT_TRUE(nodes_[0]->charge(asked).charge.admitted);
  asked.now += seconds(59);
  const limit::Charge again = nodes_[0]->charge(asked).charge;
  EXPECT_TRUE(again.admitted);
  EXPECT_EQ(again.room_at, now_ + seconds(60));
}

TEST_F(AlgorithmsTest, HearWithinAMomentThatPlacesHaveComeBackOnAnotherNode) {
  const limit::ConcurrencyLimit limit{1, std::chrono::hours(1)};
  ChargeRequest one = request(1, limit);
  one.subject = 1;
  ChargeRequest two = one;
  two.subject = 2;
  ASSERT_TRUE(nodes_[0]->charge(one).charge.admitted);
  EXPECT_FALSE(nodes_[1]->charge(two).charge.admitted);
  const int before = nodes_[1]->writes();
  for (int i = 0; i < 1000; ++i) {
    two.now = now_ + i * milliseconds(1);
    EXPECT_FALSE(nodes_[1]->charge(two).charge.admitted);
  }
  EXPECT_LE(nodes_[1]->writes() - before, 10) << "one look in SeenStates::kBelieveFull";
  nodes_[0]->give_back(one, 0);
  two.now += SeenStates::kBelieveFull + milliseconds(1);
  EXPECT_TRUE(nodes_[1]->charge(two).charge.admitted);
}

class WriteTest : public testing::Test {
 protected:
  ConditionalUpdate planned(const std::optional<Item>& item, const ChargeRequest& request) {
    std::optional<StoredState> seen;
    if (item) seen = read_state(*item).value();
    return write_of(plan_charge(seen, request), seen, request, ++write_id_);
  }
  static Item with(Item item, AttributeName name, std::int64_t value) {
    item.set(name, value);
    return item;
  }
  static ChargeRequest request(const limit::Limit& limit, std::uint64_t subject) {
    return {.key = {}, .limit = limit, .subject = subject, .now = Time(seconds(1'800'000'000))};
  }

  std::int64_t write_id_ = 100;
};

TEST_F(WriteTest, OfAValueIsForTheSlotThatItSaw) {
  const limit::DistinctLimit limit{5, kGeometry};
  const Item item = *apply_update(planned(std::nullopt, request(limit, 1)), std::nullopt).item;
  const ConditionalUpdate update = planned(item, request(limit, 2));
  EXPECT_TRUE(apply_update(update, item).done);
  EXPECT_FALSE(apply_update(update, with(item, "g", *item.find("g") + 1)).done);
}

TEST_F(WriteTest, FreesAPlaceOnce) {
  const ChargeRequest one = request(limit::ConcurrencyLimit{2, seconds(60)}, 1);
  const ChargeRequest two = request(limit::ConcurrencyLimit{2, seconds(60)}, 2);
  std::optional<Item> item = apply_update(planned(std::nullopt, one), std::nullopt).item;
  item = apply_update(planned(item, two), item).item;
  EXPECT_EQ(*item->find("c"), 2);
  const ConditionalUpdate release = *give_back_write(one, 0, 7);
  item = apply_update(release, item).item;
  EXPECT_EQ(*item->find("c"), 1);
  EXPECT_FALSE(apply_update(*give_back_write(one, 0, 8), item).done);
}

TEST_F(WriteTest, NeverBeginsALifeBelowAVersionThatWasUsed) {
  for (const limit::Limit& limit :
       {limit::Limit(limit::WindowLimit{5, limit::Geometry::for_window(seconds(1))}),
        limit::Limit(limit::GcraLimit::per_window(5, seconds(1), 5)),
        limit::Limit(limit::FixedWindowLimit{5, Time(seconds(1'800'000'000)),
                                             Time(seconds(1'800'000'001))})}) {
    ChargeRequest asked = request(limit, 1);
    const ConditionalUpdate update = planned(std::nullopt, asked);
    Item old = *apply_update(update, std::nullopt).item;
    old.remove("lw");
    for (const char* name : {"g", "a", "e"}) {
      if (old.find(name) != nullptr) old.set(name, 1);
    }
    const std::int64_t version = *old.find("v");
    EXPECT_TRUE(apply_update(update, with(old, "v", version - 1)).done) << limit.index();
    EXPECT_FALSE(apply_update(update, with(old, "v", version)).done) << limit.index();
  }
}

}  // namespace
}  // namespace weir::store
