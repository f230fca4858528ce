#include "openapi/reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "openapi/document.h"
#include "openapi/percent.h"

namespace weir::openapi {
namespace {

constexpr std::size_t kMaxShown = 120;  // bytes of the document's own text in a note

// RFC 6901 §4: "~1" is "/", "~0" is "~", in this order.
std::string unescaped(std::string_view segment) {
  std::string key;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] == '~' && i + 1 < segment.size() &&
        (segment[i + 1] == '0' || segment[i + 1] == '1')) {
      key += segment[++i] == '0' ? '~' : '/';
    } else {
      key += segment[i];
    }
  }
  return key;
}

const Node* item_at(const Node& list, std::string_view index) {
  std::size_t at = 0;
  const auto [end, error] = std::from_chars(index.data(), index.data() + index.size(), at);
  const bool whole = error == std::errc() && end == index.data() + index.size();
  return whole && at < list.children.size() ? list.children[at].node : nullptr;
}

}  // namespace

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return text;
}

Reading::Reading(const Tree& tree, std::string_view name)
    : tree_(tree), name_(name), notes_(tree.notes) {}

const Node* Reading::resolve(const Node* node) {
  for (int hops = 0; node != nullptr; ++hops) {
    step();
    const Node* reference = node->find("$ref");
    if (reference == nullptr || reference->kind != NodeKind::text) return node;
    if (hops == kMaxReferenceHops) {
      note(reference->line, fmt::format("'{}' leads to another reference, and so on without end",
                                        reference->text.substr(0, kMaxShown)));
      return nullptr;
    }
    node = target_of(reference->text, reference->line);
  }
  return nullptr;
}

void Reading::step() {
  if (++steps_ <= kMaxSteps) return;
  throw ReadError{
      {ErrorCode::limit_exceeded,
       fmt::format("The document's references and aliases unfold to more than {} values",
                   kMaxSteps),
       "Give the scan the part of the document that it is about"}};
}

void Reading::note(int line, std::string_view what) {
  if (notes_.size() < kMaxNotes) {
    notes_.push_back(printable(fmt::format("{}:{}: {}", name_, line, what)));
  } else {
    ++notes_left_out_;
  }
}

std::vector<std::string> Reading::take_notes() && {
  if (notes_left_out_ != 0) {
    notes_.push_back(fmt::format("{}: {} more notes of this kind", name_, notes_left_out_));
  }
  return std::move(notes_);
}

const Node* Reading::target_of(const std::string& reference, int line) {
  const auto [at, is_new] = targets_.try_emplace(reference, nullptr);
  if (!is_new) return at->second;
  const std::string shown = reference.substr(0, kMaxShown);
  if (reference.empty() || reference[0] != '#') {
    note(line, fmt::format("'{}' is another document, which is not read", shown));
  } else if (reference.size() > 1 && reference[1] != '/') {
    note(line, fmt::format("'{}' names an anchor; only paths such as "
                           "'#/components/schemas/Item' are followed",
                           shown));
  } else {
    at->second = follow_pointer(percent_decoded(std::string_view(reference).substr(1)));
    if (at->second == nullptr) note(line, fmt::format("'{}' is not in the document", shown));
  }
  return at->second;
}

// RFC 6901. References on the way are followed by nobody else either: the pointer has to be there.
const Node* Reading::follow_pointer(std::string_view pointer) {
  const Node* node = tree_.root;
  while (!pointer.empty() && node != nullptr) {
    step();
    pointer.remove_prefix(1);  // the '/'
    const std::size_t end = pointer.find('/');
    const std::string_view segment = pointer.substr(0, end);
    node = node->kind == NodeKind::list ? item_at(*node, segment) : node->find(unescaped(segment));
    pointer.remove_prefix(end == std::string_view::npos ? pointer.size() : end);
  }
  return node;
}

}  // namespace weir::openapi
