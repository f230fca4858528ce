// Service: Weir's deciding code and the table that it decides over, as the world drives them.
//
// Nothing here decides. For DynamoDB it is the product's core (store/dynamodb) that plans each
// write and reads each answer, and apply() of a ConditionalUpdate that says what DynamoDB makes of
// it; for the ideal store it is limit::charge().
//
// Thread safety: one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "limit/limit.h"
#include "sim/draws.h"
#include "sim/scenario.h"
#include "store/dynamodb/plan.h"
#include "store/dynamodb/write_ids.h"
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
  store::ConditionalUpdate update;  // if not ideal
  limit::Limit limit;               // if ideal
  limit::Ask ask;
  std::int64_t slot = 0;
  std::int64_t charges = 0;  // how much it charges if it is done
};

struct Answer {
  Fate fate = Fate::unknown;
  std::optional<store::Item> item;
  limit::Charge charge;      // of the ideal store
  Time at{};                 // when the table did it
  std::int64_t charged = 0;  // how much the table charged
  std::uint64_t subject = 0;
  bool released = false;      // it was a give-back
  std::uint64_t commits = 0;  // of the key so far
  std::int64_t summary = 0;   // of the item, for the digest
};

// What one charge remembers between its steps.
struct ChargeState {
  std::uint64_t commits = 0;  // that the last answer knew of
  int round_trips = 0;
  store::Plan plan;
  std::optional<store::StoredState> seen;
};

// What a node remembers between charges.
struct NodeMemory {
  std::vector<std::optional<store::StoredState>> seen;
};

struct NextStep {
  enum class Kind { send, wait, admitted, refused, undecided } kind = Kind::undecided;
  Wire wire;
  Duration pause{};
  limit::Charge charge;
  bool is_local = false;
  Time charged{};  // admitted: when the table charged it
  std::string why = {};
};

class Service {
 public:
  explicit Service(const Scenario& scenario);

  NodeMemory fresh_memory() const;
  Key key(int key) const;
  limit::Limit limit(int rule, int version, Time now) const;
  // Of the exact window that a rule's numbers would have.
  limit::Geometry geometry(int rule, int version) const;

  // --- the node's side ---
  std::optional<limit::Charge> known_refusal(const NodeMemory& memory, int key,
                                             const store::ChargeRequest& request) const;
  NextStep next(NodeMemory& memory, int key, const store::ChargeRequest& request,
                ChargeState& state, bool is_too_late) const;
  NextStep take_answer(NodeMemory& memory, int key, const store::ChargeRequest& request,
                       ChargeState& state, const Answer& answer, Duration left,
                       const Draws& draws) const;
  std::optional<Wire> give_back(const store::ChargeRequest& request, std::int64_t slot) const;
  void take_give_back_answer(NodeMemory& memory, int key, const Answer& answer) const;
  // Whether a refusal knew of all that the table had done to the key until now.
  bool is_up_to_date(const NodeMemory& memory, int key, const ChargeState& state) const;

  // --- the table's side ---
  Answer apply(const Wire& wire, int key, Time now);
  bool delete_if_expired(int key, Time now);
  std::uint64_t commits(int key) const { return items_[static_cast<std::size_t>(key)].commits; }

  std::string text_of(int key, const Answer& answer) const;

 private:
  struct Place {
    std::optional<store::Item> item;
    limit::State state;  // of the ideal store
    std::uint64_t commits = 0;
  };

  const Scenario& scenario_;
  std::vector<std::vector<limit::Limit>> limits_;  // by rule and version
  std::vector<Place> items_;
  mutable store::WriteIds write_ids_{1};
};

std::string text_of(const Wire& wire);

}  // namespace weir::sim
