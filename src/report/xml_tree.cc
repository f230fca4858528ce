#include "report/xml_tree.h"

#include <libxml/tree.h>

#include <memory>
#include <new>

namespace weir::report {

XmlTree::XmlTree(const char* root) {
  xmlDoc* document = xmlNewDoc(reinterpret_cast<const xmlChar*>("1.0"));
  if (document == nullptr) throw std::bad_alloc();
  document_ = document;
  xmlNode* node = xmlNewDocNode(document, nullptr, reinterpret_cast<const xmlChar*>(root), nullptr);
  if (node == nullptr) throw std::bad_alloc();
  xmlDocSetRootElement(document, node);
  root_ = Element(node);
}

XmlTree::~XmlTree() {
  xmlFreeDoc(static_cast<xmlDoc*>(document_));
}

std::string XmlTree::serialised() const {
  xmlChar* text = nullptr;
  int size = 0;
  xmlDocDumpFormatMemoryEnc(static_cast<xmlDoc*>(document_), &text, &size, "UTF-8", 1);
  if (text == nullptr) throw std::bad_alloc();
  const std::unique_ptr<xmlChar, decltype(xmlFree)> owner(text, xmlFree);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

}  // namespace weir::report
