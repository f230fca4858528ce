#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "openapi/document.h"
#include "openapi/tree.h"

namespace weir::openapi {
namespace {

namespace ondemand = simdjson::ondemand;

class JsonReader {
 public:
  JsonReader(std::string_view text, std::string_view name) : name_(name), text_(text) {}

  Tree read() {
    ondemand::parser parser;
    ondemand::document document;
    if (const auto code = parser.iterate(text_).get(document)) refuse(code);
    ondemand::value root;
    if (const auto code = document.get_value().get(root)) refuse(code);
    tree_.root = &value(root, 0);
    // There is a place after the end only if something stands there.
    if (document.current_location().error() == simdjson::SUCCESS) {
      refuse(simdjson::TRAILING_CONTENT);
    }
    return std::move(tree_);
  }

 private:
  [[noreturn]] void refuse(simdjson::error_code code) const {
    throw ReadError{
        {ErrorCode::invalid_input,
         fmt::format("line {}: This is not valid JSON: {}", line_, simdjson::error_message(code)),
         "Check the document with a JSON tool"}};
  }

  template <class T>
  T take(simdjson::simdjson_result<T> result) const {
    T taken;
    if (const auto code = std::move(result).get(taken)) refuse(code);
    return taken;
  }

  // Values come in the text's order, so that the line is counted on from the last one.
  void move_to(const char* place) {
    const char* const from = text_.data() + offset_;
    if (place <= from || place > text_.data() + text_.size()) return;
    line_ += static_cast<int>(std::count(from, place, '\n'));
    offset_ = static_cast<std::size_t>(place - text_.data());
  }

  Node& value(ondemand::value source, int depth) {
    if (depth > kMaxDepth) {
      throw ReadError{
          {ErrorCode::limit_exceeded,
           fmt::format("line {}: The document is nested deeper than {}", line_, kMaxDepth)}};
    }
    const std::string_view token = source.raw_json_token();
    move_to(token.data());
    switch (take(source.type())) {
      case ondemand::json_type::object:
        return map(source, depth);
      case ondemand::json_type::array:
        return list(source, depth);
      case ondemand::json_type::string:
        return tree_.add(NodeKind::text, line_, std::string(take(source.get_string())));
      case ondemand::json_type::number: {
        (void)take(source.get_double());  // refuses what is not a number
        return tree_.add(NodeKind::number, line_,
                         std::string(token.substr(0, token.find_last_not_of(" \t\r\n") + 1)));
      }
      case ondemand::json_type::boolean:
        return tree_.add(NodeKind::boolean, line_, take(source.get_bool()) ? "true" : "false");
      case ondemand::json_type::null:
        if (!take(source.is_null())) refuse(simdjson::N_ATOM_ERROR);
        return tree_.add(NodeKind::null, line_);
    }
    refuse(simdjson::UNEXPECTED_ERROR);
  }

  Node& map(ondemand::value& source, int depth) {
    Node& node = tree_.add(NodeKind::map, line_);
    for (auto result : take(source.get_object())) {
      ondemand::field field = take(std::move(result));
      move_to(field.key().raw());
      const int line = line_;
      std::string key(take(field.unescaped_key()));
      node.children.push_back({std::move(key), &value(field.value(), depth + 1), line});
    }
    tree_.close_map(node, name_);
    return node;
  }

  Node& list(ondemand::value& source, int depth) {
    Node& node = tree_.add(NodeKind::list, line_);
    for (auto result : take(source.get_array())) {
      const Node& item = value(take(std::move(result)), depth + 1);
      node.children.push_back({{}, &item, item.line});
    }
    return node;
  }

  std::string_view name_;
  simdjson::padded_string text_;
  Tree tree_;
  int line_ = 1;
  std::size_t offset_ = 0;
};

}  // namespace

Tree read_json(std::string_view text, std::string_view name) {
  return JsonReader(text, name).read();
}

}  // namespace weir::openapi
