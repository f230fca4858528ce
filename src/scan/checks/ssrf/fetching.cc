#include "scan/checks/ssrf/fetching.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "scan/surface/body.h"
#include "scan/surface/inputs.h"

namespace weir::scan::ssrf {
namespace {

namespace json = boost::json;

constexpr const char* kMemory = "ssrf: the place that is fetched";
constexpr std::size_t kMaxPlaces = 6;

bool names_a_url(std::string_view name) {
  static constexpr std::array<std::string_view, 16> kNames = {
      "url",   "uri",      "link", "href",    "callback", "callbackurl", "webhook", "webhookurl",
      "image", "imageurl", "feed", "feedurl", "target",   "source",      "src",     "avatarurl"};
  return is_one_of(name, kNames);
}

bool is_url(std::string_view value) {
  return value.starts_with("http://") || value.starts_with("https://") ||
         value.starts_with("http%3A") || value.starts_with("https%3A");
}

}  // namespace

std::vector<Place> url_places(const Surface& surface) {
  std::vector<Place> places;
  for (const Input& input : query_inputs(surface)) {
    const bool takes_url = names_a_url(input.name) || is_url(input.value) ||
                           input.format == "uri" || input.format == "url";
    if (!takes_url) continue;
    places.push_back({"parameter " + input.name, [&surface, input](const std::string& url) {
                        return with_input(surface, input, url);
                      }});
  }
  const Request& base = surface.base_request();
  if (!base.body || base.method != "POST") return places;
  json::error_code error;
  const json::value body = json::parse(*base.body, error);
  if (error || !body.is_object()) return places;
  for (const auto& [key, value] : body.get_object()) {
    const bool takes_url = value.is_string() && (names_a_url(key) || is_url(value.get_string()));
    if (!takes_url || places.size() == kMaxPlaces) continue;
    const std::string name(key);
    places.push_back({fmt::format("member {} of the body", name),
                      [&surface, name, body](const std::string& url) {
                        json::object changed = body.get_object();
                        changed[name] = url;
                        Variant variant = surface.base();
                        variant.request.body = json::serialize(changed);
                        variant.changed = fmt::format("body with {}: {}", name, url);
                        return variant;
                      }});
  }
  return places;
}

Fetch send_and_wait(Surface& surface, const Place& place, const std::string& url,
                    const std::string& token) {
  const Callback& callback = *surface.plan().callback;
  Fetch fetch{surface.send(place.with(url), "variant"), {}};
  const double until_s = surface.now_s() + kPatienceS;
  while (fetch.answer.ok()) {
    fetch.visits = callback.visits(token);
    if (!fetch.visits.empty() || surface.now_s() >= until_s || surface.stopped()) break;
    surface.wait(0.1, "for a request of the target's own");
  }
  return fetch;
}

std::optional<Place> fetching_place(Surface& surface) {
  const auto known = surface.learned().find(kMemory);
  if (known == surface.learned().end()) return std::nullopt;
  for (Place& place : url_places(surface)) {
    if (place.name == known->second) return std::move(place);
  }
  return std::nullopt;
}

void remember_fetching(Surface& surface, const Place& place) {
  surface.learned()[kMemory] = place.name;
}

}  // namespace weir::scan::ssrf
