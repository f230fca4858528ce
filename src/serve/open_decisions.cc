#include "serve/open_decisions.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <utility>

#include "base/rng.h"

namespace weir::serve {
namespace {

std::string random_id() {
  std::array<std::byte, 16> bytes{};
  base::fill_entropy(bytes);
  std::string id;
  for (const std::byte byte : bytes) id += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return id;
}

}  // namespace

std::string OpenDecisions::add(std::shared_ptr<engine::Limiter> limiter, const Decision& decision) {
  if (!decision.receipt) return {};
  std::string id = random_id();
  const std::lock_guard lock(mutex_);
  open_.emplace(id, Open{std::move(limiter), decision});
  oldest_.push_back(id);
  // Ids of what is finished stay here until their turn comes, so the bound is on both.
  while (oldest_.size() > most_) {
    open_.erase(oldest_.front());
    oldest_.pop_front();
  }
  return id;
}

std::optional<OpenDecisions::Open> OpenDecisions::find(std::string_view id, bool take) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(std::string(id));
  if (found == open_.end()) return std::nullopt;
  if (!take) return found->second;
  Open open = std::move(found->second);
  open_.erase(found);
  return open;
}

bool OpenDecisions::finish(std::string_view id) {
  const std::optional<Open> open = find(id, true);
  if (!open) return false;
  open->limiter->finish(open->decision);
  return true;
}

std::optional<std::int64_t> OpenDecisions::settle(std::string_view id, std::int64_t actual) {
  const std::optional<Open> open = find(id, false);
  if (!open) return std::nullopt;
  return open->limiter->settle(open->decision, actual);
}

std::size_t OpenDecisions::size() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

}  // namespace weir::serve
