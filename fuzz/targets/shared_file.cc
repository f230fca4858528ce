// The file of a shared store, scribbled over: it is refused with a sentence, or it is a store.
//
// An input is a list of scribbles, each a place in the file (2 bytes, in units of 8), a length (1
// byte) and as many bytes.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/target.h"
#include "store/shared/shared_store.h"

namespace weir::fuzz {
namespace {

constexpr Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::size_t kMaxKeys = 32;

store::ChargeRequest request(int key, const limit::Limit& limit) {
  store::ChargeRequest request{.key = {}, .limit = limit, .now = kNow};
  request.key.bytes[0] = std::byte(key);
  request.key.bytes[9] = std::byte(7 * key);
  return request;
}

const std::vector<limit::Limit>& limits() {
  static const std::vector<limit::Limit> all = {
      limit::WindowLimit{5, limit::Geometry::for_window(std::chrono::minutes(1))},
      limit::WindowLimit{70'000, limit::Geometry::for_window(std::chrono::seconds(2))},
      limit::GcraLimit::per_window(5, std::chrono::minutes(1), 2),
      limit::FixedWindowLimit{5, kNow, kNow + std::chrono::minutes(1)},
      limit::DistinctLimit{
          4, limit::Geometry::for_window(std::chrono::minutes(1), {}, limit::kMaxDistinctSlots)},
      limit::ConcurrencyLimit{3, std::chrono::seconds(30)}};
  return all;
}

// A folder of this process's own, and the bytes of a good file.
struct Good {
  Good() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-fuzz-XXXXXX").string();
    WEIR_CHECK(::mkdtemp(name.data()) != nullptr);
    file = name + "/weir.store";
    {
      const auto store = store::SharedStore::open({.file = file, .max_keys = kMaxKeys});
      WEIR_CHECK(store);
      for (int key = 0; key < 18; ++key) {
        const auto which = static_cast<std::size_t>(key) % limits().size();
        WEIR_CHECK((*store)->charge(request(key, limits()[which])));
      }
    }
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
    // As after a reboot, so that no input can be a lock that somebody holds.
    bytes.replace(128, 16, 16, '\0');
  }
  Good(const Good&) = delete;
  Good& operator=(const Good&) = delete;
  ~Good() { std::filesystem::remove_all(std::filesystem::path(file).parent_path()); }

  std::string file;
  std::string bytes;
};

}  // namespace

void try_input(std::string_view input) {
  static const Good good;
  std::string bytes = good.bytes;
  while (input.size() > 3) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(input[i]); };
    const std::size_t place = (at(0) | std::size_t{at(1)} << 8) * 8 % bytes.size();
    const std::string_view scribble = input.substr(3, at(2));
    bytes.replace(place, std::min(scribble.size(), bytes.size() - place), scribble, 0,
                  std::min(scribble.size(), bytes.size() - place));
    input.remove_prefix(3 + scribble.size());
  }
  bytes.replace(128, 16, 16, '\0');
  std::ofstream(good.file, std::ios::binary | std::ios::trunc) << bytes;

  {
    const auto seen = store::SharedStore::open(
        {.file = good.file, .missing = store::SharedFile::Missing::fail, .mend = false});
    if (!seen) {
      WEIR_CHECK(!seen.error().message.empty() && !seen.error().cure.empty());
      return;
    }
    WEIR_CHECK((*seen)->flaws() && (*seen)->summary(kNow));
  }
  const auto store =
      store::SharedStore::open({.file = good.file, .missing = store::SharedFile::Missing::fail});
  WEIR_CHECK(store);
  WEIR_CHECK((*store)->flaws()->empty());
  for (int key = 0; key < 40; ++key) {
    for (const limit::Limit& limit : limits()) {
      const auto outcome = (*store)->charge(request(key, limit));
      WEIR_CHECK(outcome || outcome.error().code == ErrorCode::limit_exceeded);
      (*store)->known_refusal(request(key, limit));
      WEIR_CHECK((*store)->give_back(request(key, limit), 12'345));
    }
  }
  WEIR_CHECK((*store)->flaws()->empty());
}

}  // namespace weir::fuzz
