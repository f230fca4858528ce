#include "openapi/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "openapi/document.h"

namespace weir::openapi {
namespace {

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool looks_like_json(std::string_view text, std::string_view name) {
  if (ends_with(name, ".yaml") || ends_with(name, ".yml")) return false;
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

// Stable, so that of two equal keys the first one comes first.
void index_by_key(Node& map) {
  map.by_key.resize(map.children.size());
  std::iota(map.by_key.begin(), map.by_key.end(), 0U);
  std::stable_sort(map.by_key.begin(), map.by_key.end(),
                   [&map](std::uint32_t left, std::uint32_t right) {
                     return map.children[left].key < map.children[right].key;
                   });
}

}  // namespace

const Child* Node::child(std::string_view key) const {
  if (kind != NodeKind::map) return nullptr;
  const auto at = std::lower_bound(by_key.begin(), by_key.end(), key,
                                   [this](std::uint32_t index, std::string_view sought) {
                                     return children[index].key < sought;
                                   });
  return at != by_key.end() && children[*at].key == key ? &children[*at] : nullptr;
}

const Node* Node::find(std::string_view key) const {
  const Child* found = child(key);
  return found ? found->node : nullptr;
}

std::string_view Node::text_of(std::string_view key) const {
  const Node* found = find(key);
  return found ? std::string_view(found->text) : std::string_view();
}

Node& Tree::add(NodeKind kind, int line, std::string text) {
  if (nodes.size() >= kMaxNodes) {
    throw ReadError{{ErrorCode::limit_exceeded,
                     fmt::format("The document has more than {} values", kMaxNodes),
                     "Give the scan the part of the document that it is about"}};
  }
  Node& node = nodes.emplace_back();
  node.kind = kind;
  node.line = line;
  node.text = std::move(text);
  return node;
}

void Tree::close_map(Node& map, std::string_view name) {
  index_by_key(map);
  std::vector<bool> repeats(map.children.size());
  bool any = false;
  for (std::size_t i = 1; i < map.by_key.size(); ++i) {
    const Child& child = map.children[map.by_key[i]];
    if (child.key != map.children[map.by_key[i - 1]].key) continue;
    any = repeats[map.by_key[i]] = true;
    if (notes.size() < kMaxNotes) {
      notes.push_back(fmt::format("{}:{}: A key is given twice in one map; the first one counts",
                                  name, child.line));
    }
  }
  if (!any) return;
  std::vector<Child> kept;
  for (std::size_t i = 0; i < map.children.size(); ++i) {
    if (!repeats[i]) kept.push_back(std::move(map.children[i]));
  }
  map.children = std::move(kept);
  index_by_key(map);
}

Tree read_tree(std::string_view text, std::string_view name) {
  if (text.size() > kMaxDocumentBytes) {
    throw ReadError{
        {ErrorCode::limit_exceeded,
         fmt::format("The document has {} bytes, more than {}", text.size(), kMaxDocumentBytes),
         "Give the scan the part of the document that it is about"}};
  }
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return looks_like_json(text, name) ? read_json(text, name) : read_yaml(text, name);
}

Tree read_root(std::string_view text, std::string_view name) {
  Tree tree = read_tree(text, name);
  if (tree.root == nullptr || tree.root->kind != NodeKind::map) {
    throw ReadError{{ErrorCode::invalid_input, "This is not an OpenAPI document: it is not a map",
                     "It should begin with 'openapi: 3.1.0' or 'swagger: \"2.0\"'"}};
  }
  return tree;
}

}  // namespace weir::openapi
