// A tree of HTML elements, written out by libxml2: the only way by which text gets into a page, so
// that nothing is ever escaped by hand.
//
// Text and attribute values are made visible first (report/visible.h). Element names, attribute
// names and the style sheet are the program's own. Thread safety: one thread at a time.
//
//   HtmlTree tree;
//   tree.body().add("p", {{"class", "claim"}}, evidence.claim);
//   std::string page = tree.serialised();
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "report/visible.h"

namespace weir::report {

struct Attribute {
  const char* name;
  std::string value;
};

// A place in a tree; valid as long as the tree.
class Element {
 public:
  // Adds a child as the last one and gives it back.
  Element add(const char* name, std::initializer_list<Attribute> attributes = {});
  Element add(const char* name, std::initializer_list<Attribute> attributes, std::string_view text,
              Lines lines = Lines::join);
  Element add(const char* name, std::string_view text);

  Element& text(std::string_view text, Lines lines = Lines::join);
  Element& attribute(const char* name, std::string_view value);

  // Text of the program's own that must stand as it is: a style sheet.
  Element& verbatim(std::string_view text);

 private:
  friend class HtmlTree;
  friend class XmlTree;
  explicit Element(void* node) : node_(node) {}
  void* node_;  // an xmlNode; libxml2 stays inside of html_tree.cc
};

class HtmlTree {
 public:
  explicit HtmlTree(const char* language);
  ~HtmlTree();
  HtmlTree(const HtmlTree&) = delete;
  HtmlTree& operator=(const HtmlTree&) = delete;

  Element head() { return head_; }
  Element body() { return body_; }

  std::string serialised() const;

 private:
  void* document_;  // an xmlDoc, owned
  Element head_{nullptr};
  Element body_{nullptr};
};

}  // namespace weir::report
