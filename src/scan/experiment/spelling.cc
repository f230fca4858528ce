#include "scan/experiment/spelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace weir::scan {
namespace {

char upper(char c) {
  return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
}

std::string upper(std::string text, std::size_t from, std::size_t count) {
  for (std::size_t i = from; i < std::min(from + count, text.size()); ++i) text[i] = upper(text[i]);
  return text;
}

}  // namespace

std::vector<std::string> path_spellings(const std::string& path) {
  if (path.size() < 2) return {"//", "/./"};
  const std::string stem = path.back() == '/' ? path.substr(0, path.size() - 1) : path;
  const std::size_t slash = stem.rfind('/');
  const std::string head = stem.substr(0, slash);
  const std::string tail = stem.substr(slash + 1);
  const std::vector<std::string> all = {
      path.back() == '/' ? stem : path + "/",
      upper(path, 0, path.size()),
      "/" + path,
      head + "//" + tail,
      fmt::format("{}%{:02X}", path.substr(0, path.size() - 1),
                  static_cast<unsigned char>(path.back())),
      fmt::format("/%{:02x}{}", static_cast<unsigned char>(path[1]), path.substr(2)),
      "/." + path,
      "/x/.." + path,
      upper(path, 1, 1),
      upper(path, std::max<std::size_t>(path.size() - 2, 1), 2),
      path + "//",
      path + ";x=1",
      path + "%20",
      path + "/.",
      path + ".json",
      path + "%2f",
      path + "%00",
  };
  std::vector<std::string> distinct;
  for (const std::string& spelling : all) {
    if (spelling != path && !spelling.empty() &&
        std::find(distinct.begin(), distinct.end(), spelling) == distinct.end()) {
      distinct.push_back(spelling);
    }
  }
  return distinct;
}

}  // namespace weir::scan
