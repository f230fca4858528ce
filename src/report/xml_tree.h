// An XML document, written out by libxml2: text gets into it only through Element, which makes it
// visible first, so that it never holds a character that XML forbids.
//
// Thread safety: one thread at a time.
//
//   XmlTree tree("testsuites");
//   tree.root().add("testsuite", {{"name", operation}});
//   std::string document = tree.serialised();
#pragma once

#include <string>

#include "report/html_tree.h"

namespace weir::report {

class XmlTree {
 public:
  explicit XmlTree(const char* root);
  ~XmlTree();
  XmlTree(const XmlTree&) = delete;
  XmlTree& operator=(const XmlTree&) = delete;

  Element root() { return root_; }

  std::string serialised() const;

 private:
  void* document_;  // an xmlDoc, owned
  Element root_{nullptr};
};

}  // namespace weir::report
