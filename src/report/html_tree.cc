#include "report/html_tree.h"

#include <libxml/HTMLtree.h>
#include <libxml/tree.h>

#include <memory>
#include <new>

namespace weir::report {
namespace {

const xmlChar* bytes(const char* text) {
  return reinterpret_cast<const xmlChar*>(text);
}
const xmlChar* bytes(const std::string& text) {
  return bytes(text.c_str());
}

xmlNode* checked(xmlNode* node) {
  if (node == nullptr) throw std::bad_alloc();
  return node;
}

xmlNode* child_of(xmlNode* parent, const char* name) {
  return checked(xmlNewChild(parent, nullptr, bytes(name), nullptr));
}

void append_text(void* node, const std::string& text) {
  checked(xmlAddChild(static_cast<xmlNode*>(node), checked(xmlNewText(bytes(text)))));
}

}  // namespace

Element Element::add(const char* name, std::initializer_list<Attribute> attributes) {
  Element child(child_of(static_cast<xmlNode*>(node_), name));
  for (const Attribute& each : attributes) child.attribute(each.name, each.value);
  return child;
}

Element& Element::attribute(const char* name, std::string_view value) {
  if (xmlNewProp(static_cast<xmlNode*>(node_), bytes(name), bytes(visible(value))) == nullptr) {
    throw std::bad_alloc();
  }
  return *this;
}

Element Element::add(const char* name, std::initializer_list<Attribute> attributes,
                     std::string_view text_inside, Lines lines) {
  Element child = add(name, attributes);
  child.text(text_inside, lines);
  return child;
}

Element Element::add(const char* name, std::string_view text_inside) {
  return add(name, {}, text_inside);
}

Element& Element::text(std::string_view text_inside, Lines lines) {
  append_text(node_, visible(text_inside, lines));
  return *this;
}

Element& Element::verbatim(std::string_view text_inside) {
  append_text(node_, std::string(text_inside));
  return *this;
}

HtmlTree::HtmlTree(const char* language) {
  xmlDoc* document = htmlNewDocNoDtD(nullptr, nullptr);
  if (document == nullptr) throw std::bad_alloc();
  document_ = document;
  xmlNode* root = checked(xmlNewDocNode(document, nullptr, bytes("html"), nullptr));
  xmlDocSetRootElement(document, root);
  xmlNewProp(root, bytes("lang"), bytes(language));
  head_ = Element(child_of(root, "head"));
  body_ = Element(child_of(root, "body"));
}

HtmlTree::~HtmlTree() {
  xmlFreeDoc(static_cast<xmlDoc*>(document_));
}

std::string HtmlTree::serialised() const {
  const std::unique_ptr<xmlBuffer, decltype(&xmlBufferFree)> buffer(xmlBufferCreate(),
                                                                    &xmlBufferFree);
  if (buffer == nullptr) throw std::bad_alloc();
  xmlOutputBuffer* output = xmlOutputBufferCreateBuffer(buffer.get(), nullptr);
  if (output == nullptr) throw std::bad_alloc();
  auto* const document = static_cast<xmlDoc*>(document_);
  htmlNodeDumpFormatOutput(output, document, xmlDocGetRootElement(document), "UTF-8", 0);
  xmlOutputBufferClose(output);
  const auto* const text = reinterpret_cast<const char*>(xmlBufferContent(buffer.get()));
  return "<!DOCTYPE html>\n" +
         std::string(text, static_cast<std::size_t>(xmlBufferLength(buffer.get()))) + "\n";
}

}  // namespace weir::report
