#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <boost/json/parse.hpp>
#include <istream>
#include <iterator>
#include <streambuf>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "openapi/document.h"
#include "openapi/tree.h"

namespace weir::openapi {
namespace {

// Lets yaml-cpp read the text where it is.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // setg asks for it; nothing is written
    setg(begin, begin, begin + text.size());
  }
};

bool is_json_number(const std::string& text) {
  if (text.empty() || (text[0] != '-' && (text[0] < '0' || text[0] > '9'))) return false;
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(text, error);
  return !error && parsed.is_number();
}

// YAML 1.2's core schema, of which JSON's numbers suffice: what else may be one (0x1F, .inf, 1_000)
// stays text, as nothing in OpenAPI asks for it.
NodeKind kind_of_plain(const std::string& text) {
  if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
    return NodeKind::null;
  }
  if (text == "true" || text == "True" || text == "TRUE" || text == "false" || text == "False" ||
      text == "FALSE") {
    return NodeKind::boolean;
  }
  return is_json_number(text) ? NodeKind::number : NodeKind::text;
}

class TreeFromEvents : public YAML::EventHandler {
 public:
  explicit TreeFromEvents(std::string_view name) : name_(name) {}

  Tree take() && { return std::move(tree_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node& node = tree_.add(NodeKind::null, line_of(mark));
    place(node, mark, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool plain = tag == "?";
    if (is_key() && anchor == YAML::NullAnchor) {
      Open& map = open_.back();
      map.merging = plain && value == "<<";
      take_key(map, value, mark);
      return;
    }
    const NodeKind kind = plain ? kind_of_plain(value) : NodeKind::text;
    Node& node = tree_.add(kind, line_of(mark), value);
    if (kind == NodeKind::boolean)
      node.text = value[0] == 't' || value[0] == 'T' ? "true" : "false";
    place(node, mark, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      refuse(mark, ErrorCode::invalid_input,
             "An alias stands inside of what it names, without end");
    }
    place(*found->second, mark, YAML::NullAnchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::list, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::map, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or map whose end has not come yet.
  struct Open {
    Node* node = nullptr;
    YAML::Mark mark;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool has_key = false;  // of a map: the key is known, its value comes next
    bool merging = false;  // the key is "<<"
    std::string key;
    int key_line = 0;
    std::vector<const Node*> merged;
  };

  static int line_of(const YAML::Mark& mark) { return mark.line + 1; }

  [[noreturn]] static void refuse(const YAML::Mark& mark, ErrorCode code, std::string what) {
    throw ReadError{{code, fmt::format("line {}: {}", line_of(mark), std::move(what))}};
  }

  bool is_key() const {
    return !open_.empty() && open_.back().node->kind == NodeKind::map && !open_.back().has_key;
  }

  void open(NodeKind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (is_key()) {
      refuse(mark, ErrorCode::unsupported, "The key of a map must be a text, not a list or a map");
    }
    if (open_.size() >= static_cast<std::size_t>(kMaxDepth)) {
      refuse(mark, ErrorCode::limit_exceeded,
             fmt::format("The document is nested deeper than {}", kMaxDepth));
    }
    Open begun;
    begun.node = &tree_.add(kind, line_of(mark));
    begun.mark = mark;
    begun.anchor = anchor;
    open_.push_back(std::move(begun));
  }

  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    if (done.node->kind == NodeKind::map) {
      if (!done.merged.empty()) merge(done);
      tree_.close_map(*done.node, name_);
    }
    place(*done.node, done.mark, done.anchor);
  }

  // https://yaml.org/type/merge.html: keys that the map has itself stay, of the others the first.
  void merge(Open& done) {
    std::unordered_set<std::string_view> present;
    for (const Child& child : done.node->children) present.insert(child.key);
    std::vector<Child> added;
    const auto add_from = [&](const Node& from) {
      for (const Child& child : from.children) {
        if (++merged_ > kMaxNodes) {
          refuse(done.mark, ErrorCode::limit_exceeded,
                 fmt::format("The document's merge keys name more than {} values", kMaxNodes));
        }
        if (present.insert(child.key).second) added.push_back(child);
      }
    };
    for (const Node* from : done.merged) {
      if (from->kind == NodeKind::map) {
        add_from(*from);
      } else {
        for (const Child& each : from->children) {
          if (each.node->kind == NodeKind::map) add_from(*each.node);
        }
      }
    }
    std::move(added.begin(), added.end(), std::back_inserter(done.node->children));
  }

  static void take_key(Open& map, std::string key, const YAML::Mark& mark) {
    map.key = std::move(key);
    map.key_line = line_of(mark);
    map.has_key = true;
  }

  // Puts a finished value where it belongs: as the root, an item, a key or a key's value.
  void place(const Node& node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = &node;
    if (open_.empty()) {
      tree_.root = &node;
      return;
    }
    Open& parent = open_.back();
    if (parent.node->kind == NodeKind::list) {
      parent.node->children.push_back({{}, &node, line_of(mark)});
    } else if (!parent.has_key) {
      if (node.kind == NodeKind::list || node.kind == NodeKind::map) {
        refuse(mark, ErrorCode::unsupported,
               "The key of a map must be a text, not a list or a map");
      }
      take_key(parent, node.text, mark);
    } else if (parent.merging) {
      parent.merged.push_back(&node);
      parent.has_key = parent.merging = false;
    } else {
      parent.node->children.push_back({std::move(parent.key), &node, parent.key_line});
      parent.has_key = false;
    }
  }

  std::string_view name_;
  Tree tree_;
  std::vector<Open> open_;
  std::unordered_map<YAML::anchor_t, const Node*> anchors_;  // finished ones only
  std::size_t merged_ = 0;
};

}  // namespace

Tree read_yaml(std::string_view text, std::string_view name) try {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  YAML::Parser parser(stream);
  TreeFromEvents events(name);
  parser.HandleNextDocument(events);
  return std::move(events).take();
} catch (const YAML::Exception& error) {
  throw ReadError{{ErrorCode::invalid_input,
                   fmt::format("line {}, column {}: This is not valid YAML: {}",
                               error.mark.line + 1, error.mark.column + 1, error.msg),
                   "Check the document with a YAML tool"}};
}

}  // namespace weir::openapi
