// Service: Weir's deciding code and the table that it decides over, as the world drives them.
//
// Nothing here decides. For DynamoDB it is the product's own Charging and SeenStates that plan each
// write and read each answer, and apply_update() that says what DynamoDB makes of it; for the ideal
// store it is limit::charge(), as one server would run it.
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "limit/limit.h"
#include "sim/draws.h"
#include "sim/judge.h"
#include "sim/scenario.h"
#include "store/dynamodb/charging.h"
#include "store/store.h"

namespace weir::sim {

enum class Fate {
  done,
  condition_failed,
  not_done,  // certainly not applied, for a passing reason
  unknown,   // perhaps applied
};

// One message to the table.
struct Wire {
  enum class Ideal { none, charge, give_back } ideal = Ideal::none;
  store::ConditionalUpdate update = {};  // if not ideal
  limit::Limit limit = {};               // if ideal
  limit::Ask ask = {};
  std::int64_t slot = 0;
  std::int64_t charges = 0;  // how much it charges if it is done
  Time give_up{};            // when the node stops waiting for its answer

  // Whether it takes anything off the count of a slot: a give-back, or a charge that gives back
  // unused admissions as well.
  bool gives_back() const;
};

struct Answer {
  Fate fate = Fate::unknown;
  std::optional<store::Item> item = {};
  limit::Charge charge = {};  // of the ideal store
  Time at{};                  // when the table did it; if it did not, when it last did something
  std::int64_t charged = 0;   // how much the table charged
  std::vector<Booking> bookings = {};  // exact window: to which slots, and what was given back
  bool released = false;               // it was a give-back
  std::uint64_t commits = 0;           // of the key so far
  std::int64_t summary = 0;            // of the item, for the digest
};

// What a node remembers between charges.
struct NodeMemory {
  std::shared_ptr<store::LeaseTable> leases;  // null: none
  std::shared_ptr<store::SeenStates> seen;    // outlives the turns of a node that has crashed
  std::unique_ptr<store::WriteIds> write_ids;
  std::vector<std::uint64_t> commits;  // by key: those that it has heard of
};

// One charge of one key, between its steps.
struct ChargeState {
  store::ChargeRequest request;
  std::shared_ptr<store::LeaseTable> leases;
  std::shared_ptr<store::SeenStates> seen;
  std::optional<store::Charging> charging;
  bool is_last_look = false;
  std::uint64_t commits = 0;  // of the key, that its answer knew of
};

struct NextStep {
  enum class Kind { send, wait, pause, admitted, refused, undecided } kind = Kind::undecided;
  std::optional<Wire> wire = {};  // send
  Duration pause{};
  limit::Charge charge = {};  // admitted, refused
  bool is_local = false;
  Time charged{};        // admitted: when the table charged it
  const char* why = "";  // undecided
};

class Service {
 public:
  explicit Service(const Scenario& scenario);

  // `life` is another number for each node and each of its lives.
  NodeMemory fresh_memory(std::uint64_t life) const;
  const Key& key(int key) const { return keys_[static_cast<std::size_t>(key)]; }
  limit::Limit limit(int rule, int version, Time now) const;
  // Of the exact window that a rule's numbers would have.
  limit::Geometry geometry(int rule, int version) const;

  // --- the node's side ---
  std::optional<limit::Charge> known_refusal(const NodeMemory& memory,
                                             const store::ChargeRequest& request) const;
  // The first step of a charge, which must stay where it is from here on.
  NextStep begin(const NodeMemory& memory, ChargeState& state, Time now, Time deadline) const;
  // After a wait or a pause.
  NextStep go_on(ChargeState& state, Time now, Time deadline) const;
  NextStep take_answer(NodeMemory& memory, int key, ChargeState& state, const Answer& answer,
                       Time now, Time deadline, const Draws& draws) const;
  // Moves on when a charge of the key that waits for others of its node need not wait any more.
  std::uint64_t change(const NodeMemory& memory, int key) const;
  // nullopt: nothing needs to be sent.
  std::optional<Wire> give_back(const NodeMemory& memory, const store::ChargeRequest& request,
                                std::int64_t slot) const;
  void take_give_back_answer(NodeMemory& memory, int key, const Answer& answer, Time now) const;
  // Whether a refusal knew all that the table has done to the key until now.
  bool is_up_to_date(const NodeMemory& memory, int key, const ChargeState& state) const;

  // --- the table's side ---
  Answer apply(const Wire& wire, int key, Time now);
  bool delete_if_expired(int key, Time now);
  std::uint64_t commits(int key) const { return places_[static_cast<std::size_t>(key)].commits; }
  std::int64_t largest_item_bytes() const;
  std::string text_of(const Answer& answer) const;

 private:
  NextStep step(ChargeState& state, store::Charging::Step step, Time now, Time deadline,
                Time charged, const Draws& draws) const;

  struct Place {
    std::optional<store::Item> item;
    std::unique_ptr<limit::State> state;  // of the ideal store
    Time changed_at{};
    std::uint64_t commits = 0;
  };

  const Scenario& scenario_;
  std::vector<std::vector<limit::Limit>> limits_;  // by rule and version
  std::vector<Place> places_;
  std::vector<Key> keys_;
};

std::string text_of(const Wire& wire);

}  // namespace weir::sim
