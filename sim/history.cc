#include "sim/history.h"

#include <fmt/format.h>

#include "sim/scenario.h"

namespace weir::sim {
namespace {

std::string line(const Event& event, Time start) {
  const std::string who = event.node < 0 ? "table" : fmt::format("node {}", event.node);
  std::string what;
  switch (event.what) {
    case What::asks:
      what = fmt::format("asks for {} of key {}; its clock says {}", event.b, event.key,
                         since_start(Time(Duration(event.a)), start));
      break;
    case What::sends:
      what = fmt::format("sends {} to key {}", event.text, event.key);
      break;
    case What::lost:
      what = event.a == 0 ? "(the request is lost)" : "(the answer is lost)";
      break;
    case What::arrives:
      what = event.text;
      break;
    case What::admits:
      what = fmt::format("ADMITS {} of key {}, {} left", event.b, event.key, event.a);
      break;
    case What::refuses:
      what = fmt::format("refuses, {}; room at {}", event.b != 0 ? "by itself" : "having asked",
                         event.a == Time::max().time_since_epoch().count()
                             ? "no time"
                             : since_start(Time(Duration(event.a)), start));
      break;
    case What::undecided:
      what = "cannot decide: " + event.text;
      break;
    case What::gives_back:
      what = fmt::format("gives back {} to key {}", event.text, event.key);
      break;
    case What::finishes:
      what = "finishes";
      break;
    case What::fault:
      what = event.text;
      break;
    case What::deleted:
      what = fmt::format("deletes key {}, which is past its time to live", event.key);
      break;
  }
  const bool is_about_request = event.what != What::fault && event.what != What::deleted;
  return fmt::format("{:>16}  {:<7} {:>6}  {}\n", since_start(event.at, start), who,
                     is_about_request ? "#" + request_name(event.request) : "", what);
}

}  // namespace

std::string since_start(Time at, Time start) {
  const std::int64_t ns = (at - start).count();
  const std::int64_t size = ns < 0 ? -ns : ns;
  return fmt::format("{}{}.{:09}", ns < 0 ? '-' : '+', size / 1'000'000'000, size % 1'000'000'000);
}

std::string History::text() const {
  std::string result;
  for (const Event& event : events_) result += line(event, start_);
  return result;
}

}  // namespace weir::sim
