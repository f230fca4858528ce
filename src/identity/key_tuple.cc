#include "identity/key_tuple.h"

#include <array>

namespace weir::identity {

KeyTuple::KeyTuple(std::string_view pepper, std::string_view name_space, std::string_view rule)
    : mac_(pepper) {
  add("weir.key.1");
  add(name_space);
  add(rule);
}

void KeyTuple::add(std::string_view element) {
  const std::size_t size = element.size();
  const std::array<char, 4> length = {
      static_cast<char>(size & 0xff), static_cast<char>((size >> 8) & 0xff),
      static_cast<char>((size >> 16) & 0xff), static_cast<char>((size >> 24) & 0xff)};
  mac_.update({length.data(), length.size()});
  mac_.update(element);
}

Key KeyTuple::key() {
  return Key{mac_.finish()};
}

}  // namespace weir::identity
