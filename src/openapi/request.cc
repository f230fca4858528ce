#include "openapi/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "openapi/percent.h"

namespace weir::openapi {
namespace {

namespace json = boost::json;

constexpr std::string_view kFormType = "application/x-www-form-urlencoded";

bool is_true(const Node& node, std::string_view key) {
  return node.text_of(key) == "true";
}

// RFC 9110 §5.6.2: what a header's name may be made of.
bool is_token(std::string_view text) {
  constexpr std::string_view kSigns = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kSigns.find(c) != std::string_view::npos;
  });
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

// A value as it stands in a URL or a header: lists joined by commas.
std::string plain_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) return fmt::format("{}", value.get_double());
  if (value.is_null()) return {};
  if (!value.is_array()) return json::serialize(value);
  std::string joined;
  for (const json::value& item : value.get_array()) {
    if (!joined.empty()) joined += ',';
    joined += plain_text(item);
  }
  return joined;
}

std::string form_encoded(const json::object& fields) {
  std::string form;
  for (const auto& [name, value] : fields) {
    if (!form.empty()) form += '&';
    form += percent_encoded(name) + "=" + percent_encoded(plain_text(value));
  }
  return form;
}

class RequestFiller {
 public:
  RequestFiller(const OperationContext& context, Reading& reading, Operation& operation)
      : context_(context), reading_(reading), sampler_(reading), operation_(operation) {}

  void fill() {
    for (const Node* parameter : parameters()) {
      const std::string_view in = parameter->text_of("in");
      if (context_.is_swagger && in == "body") {
        fill_swagger_body(*parameter);
      } else if (context_.is_swagger && in == "formData") {
        if (!parameter->text_of("name").empty()) form_fields_.push_back(parameter);
      } else {
        fill_parameter(*parameter);
      }
    }
    if (!form_fields_.empty()) fill_swagger_form();
    if (!context_.is_swagger) fill_body();
    finish_path();
    if (!cookies_.empty()) operation_.headers.push_back({"Cookie", cookies_});
  }

 private:
  // Those of the path first; one of the operation with the same name and place stands in for it.
  std::vector<const Node*> parameters() {
    std::vector<const Node*> all;
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
    for (const Node* owner : {context_.path_item, context_.operation}) {
      const Node* list = reading_.resolve(owner->find("parameters"));
      if (list == nullptr || list->kind != NodeKind::list) continue;
      for (const Child& child : list->children) {
        const Node* parameter = reading_.resolve(child.node);
        if (parameter == nullptr || parameter->kind != NodeKind::map) continue;
        const auto place =
            places.try_emplace({parameter->text_of("name"), parameter->text_of("in")}, all.size());
        if (!place.second) {
          all[place.first->second] = parameter;
        } else if (all.size() < kMaxParameters) {
          all.push_back(parameter);
        } else {
          reading_.note(*child.node, child.line,
                        fmt::format("Only the first {} parameters of {} {} are read",
                                    kMaxParameters, operation_.method, operation_.path));
          return all;
        }
      }
    }
    return all;
  }

  // A parameter's value: its own example, else its schema's, else its content's (3.x).
  std::optional<Sample> sample_of(const Node& parameter) {
    if (const Node* schema = parameter.find("schema"); schema || !context_.is_swagger) {
      if (std::optional<Sample> given = example_of(parameter)) return given;
      if (schema != nullptr) return sampler_.of_schema(schema);
      const Node* content = parameter.find("content");
      if (content == nullptr || content->children.empty()) return std::nullopt;
      std::optional<Sample> sample = sample_of_media(*content->children[0].node);
      if (sample) sample->value = json::value(json::serialize(sample->value));
      return sample;
    }
    return sampler_.of_schema(&parameter);  // in 2.0 the parameter is its own schema
  }

  std::optional<Sample> example_of(const Node& owner) {
    const Node* example = owner.find("example");
    if (example == nullptr) example = owner.find("x-example");
    if (example == nullptr) {
      const Node* examples = owner.find("examples");  // name -> {value}, possibly by reference
      if (examples != nullptr && examples->kind == NodeKind::map && !examples->children.empty()) {
        const Node* first = reading_.resolve(examples->children[0].node);
        example = first ? first->find("value") : nullptr;
      }
    }
    if (example == nullptr) return std::nullopt;
    std::optional<json::value> value = sampler_.of_value(*example);
    if (!value) return std::nullopt;
    return Sample{std::move(*value), Ground::stated};
  }

  std::optional<Sample> sample_of_media(const Node& media) {
    const Node* resolved = reading_.resolve(&media);
    if (resolved == nullptr) return std::nullopt;
    if (std::optional<Sample> given = example_of(*resolved)) return given;
    return sampler_.of_schema(resolved->find("schema"));
  }

  void fill_parameter(const Node& node) {
    Parameter parameter;
    parameter.name = node.text_of("name");
    parameter.in = node.text_of("in");
    parameter.required = is_true(node, "required") || parameter.in == "path";
    if (!is_sendable(parameter, node)) return;

    const Node* schema = context_.is_swagger ? &node : reading_.resolve(node.find("schema"));
    if (schema != nullptr) {
      parameter.minimum = bound_of(*schema, "minimum");
      parameter.maximum = bound_of(*schema, "maximum");
      parameter.type = schema->text_of("type").substr(0, kMaxNameBytes);
      parameter.format = schema->text_of("format").substr(0, kMaxNameBytes);
      parameter.listed = schema->find("enum") != nullptr;
    }
    const std::optional<Sample> sample = sample_of(node);
    if (sample) parameter.example = plain_text(sample->value);
    if (parameter.example.size() > kMaxParameterBytes) parameter.example.clear();
    // A path names a thing that has to be there: its type alone does not say which.
    const Ground needed = parameter.in == "path" ? Ground::bounded : Ground::derived;
    parameter.guessed = !sample || sample->ground < needed || parameter.example.empty();
    const bool is_header = parameter.in == "header" || parameter.in == "cookie";
    if (is_header && !is_visible_ascii(parameter.example)) {
      parameter.example.clear();
      parameter.guessed = true;
    }
    if (parameter.required) {
      if (parameter.guessed) operation_.unfilled.push_back(parameter.name);
      send(parameter, sample ? &sample->value : nullptr);
    }
    operation_.parameters.push_back(std::move(parameter));
  }

  static std::optional<double> bound_of(const Node& schema, std::string_view key) {
    const Node* bound = schema.find(key);
    if (bound == nullptr || bound->kind != NodeKind::number) return std::nullopt;
    boost::system::error_code error;
    const json::value number = json::parse(bound->text, error);
    if (error) return std::nullopt;
    return number.to_number<double>(error);
  }

  bool is_sendable(const Parameter& parameter, const Node& node) {
    if (parameter.name.size() > kMaxNameBytes) {
      reading_.note(
          node, node.line,
          fmt::format("A parameter's name is longer than {} bytes; it is left out", kMaxNameBytes));
      return false;
    }
    const bool is_header = parameter.in == "header" || parameter.in == "cookie";
    if (is_header || parameter.in == "query" || parameter.in == "path") {
      // OpenAPI has other places for these three and says to ignore them here.
      const bool is_reserved =
          parameter.in == "header" && (base::equals_ignoring_case(parameter.name, "accept") ||
                                       base::equals_ignoring_case(parameter.name, "content-type") ||
                                       base::equals_ignoring_case(parameter.name, "authorization"));
      if (is_reserved) return false;
      if (is_header ? is_token(parameter.name) : !parameter.name.empty()) return true;
      reading_.note(node, node.line, "A parameter has a name that cannot be sent; it is left out");
      return false;
    }
    reading_.note(node, node.line,
                  fmt::format("The parameter '{}' is in no place that there is (path, query, "
                              "header, cookie); it is left out",
                              parameter.name));
    return false;
  }

  void send(const Parameter& parameter, const json::value* value) {
    if (parameter.in == "query") {
      // style: form, explode: true, the default of 3.x, repeats the name; 2.0 joins by commas.
      if (value != nullptr && value->is_array() && !context_.is_swagger) {
        for (const json::value& item : value->get_array())
          add_query(parameter.name, plain_text(item));
      } else {
        add_query(parameter.name, parameter.example);
      }
    } else if (parameter.in == "header") {
      operation_.headers.push_back({parameter.name, parameter.example});
    } else if (parameter.in == "cookie") {
      if (!cookies_.empty()) cookies_ += "; ";
      cookies_ += parameter.name + "=" + percent_encoded(parameter.example);
    } else {
      // Something has to stand there: an empty segment would be another path.
      path_values_[parameter.name] = parameter.example.empty() ? "1" : parameter.example;
    }
  }

  void add_query(std::string_view name, std::string_view value) {
    std::string& query = operation_.query;
    if (!query.empty()) query += '&';
    query += percent_encoded(name) + "=" + percent_encoded(value);
  }

  // "/users/{id}" with what the parameters say; a place without a parameter is unfilled.
  void finish_path() {
    std::string filled;
    std::string_view rest = operation_.path;
    while (!rest.empty()) {
      const std::size_t open = rest.find('{');
      const std::size_t close = open == std::string_view::npos ? open : rest.find('}', open);
      filled += path_encoded(rest.substr(0, close == std::string_view::npos ? close : open));
      if (close == std::string_view::npos) break;
      const std::string name(rest.substr(open + 1, close - open - 1));
      const auto value = path_values_.find(name);
      if (value == path_values_.end()) operation_.unfilled.push_back(name);
      filled += value == path_values_.end() ? "1" : percent_encoded(value->second);
      rest.remove_prefix(close + 1);
    }
    operation_.example_path = operation_.base_path + filled;
  }

  // ---- body, 3.x ----

  void fill_body() {
    const Node* request = reading_.resolve(context_.operation->find("requestBody"));
    if (request == nullptr) return;
    const Node* content = reading_.resolve(request->find("content"));
    if (content == nullptr || content->kind != NodeKind::map || content->children.empty()) return;
    const Child* best = &content->children[0];
    for (const Child& media : content->children) {
      if (preference(media.key) < preference(best->key)) best = &media;
    }
    set_body(best->key, is_true(*request, "required"), sample_of_media(*best->node));
  }

  // How easily a body of this type is made; the lowest is taken.
  static int preference(std::string_view type) {
    const std::string_view bare = type.substr(0, type.find(';'));
    if (bare == "application/json") return 0;
    if (is_json(type)) return 1;
    if (bare == kFormType) return 2;
    if (bare.substr(0, 5) == "text/") return 3;
    return 4;
  }

  static bool is_json(std::string_view type) {
    const std::string_view bare = type.substr(0, type.find(';'));
    constexpr std::string_view kSuffix = "json";
    return bare == "*/*" || bare == "application/*" ||
           (bare.size() >= kSuffix.size() && bare.substr(bare.size() - kSuffix.size()) == kSuffix);
  }

  void set_body(std::string_view type, bool required, const std::optional<Sample>& sample) {
    Body body;
    body.required = required;
    body.content_type = !is_visible_ascii(type) || type.find('*') != std::string_view::npos
                            ? "application/json"
                            : std::string(type);
    bool is_made = sample.has_value() && sample->ground != Ground::guessed;
    if (sample && is_json(body.content_type)) {
      body.text = json::serialize(sample->value);
    } else if (sample && preference(type) == 2 && sample->value.is_object()) {
      body.text = form_encoded(sample->value.get_object());
    } else if (sample && sample->value.is_string() && type.substr(0, 10) != "multipart/") {
      body.text = plain_text(sample->value);
    } else {
      is_made = false;
    }
    if (required && !is_made) operation_.unfilled.emplace_back("body");
    operation_.body = std::move(body);
  }

  // ---- body, 2.0 ----

  std::string_view consumed_type(std::string_view otherwise) {
    for (const Node* owner : {context_.operation, &reading_.root()}) {
      const Node* types = owner->find("consumes");
      if (types == nullptr || types->kind != NodeKind::list || types->children.empty()) continue;
      const Node* best = types->children[0].node;
      for (const Child& type : types->children) {
        if (preference(type.node->text) < preference(best->text)) best = type.node;
      }
      return best->text;
    }
    return otherwise;
  }

  void fill_swagger_body(const Node& parameter) {
    set_body(consumed_type("application/json"), is_true(parameter, "required"),
             sample_of(parameter));
  }

  void fill_swagger_form() {
    Sample form{json::object(), Ground::stated};
    bool required = false;
    for (const Node* field : form_fields_) {
      if (!is_true(*field, "required")) continue;
      required = true;
      std::optional<Sample> value = sample_of(*field);
      if (!value) form.ground = Ground::guessed;
      if (!value) continue;
      form.ground = std::min(form.ground, value->ground);
      form.value.get_object().insert_or_assign(field->text_of("name"), std::move(value->value));
    }
    set_body(kFormType, required, form);
  }

  const OperationContext& context_;
  Reading& reading_;
  Sampler sampler_;
  Operation& operation_;
  std::vector<const Node*> form_fields_;
  std::map<std::string, std::string, std::less<>> path_values_;
  std::string cookies_;
};

}  // namespace

void fill_request(const OperationContext& context, Reading& reading, Operation& operation) {
  RequestFiller(context, reading, operation).fill();
}

}  // namespace weir::openapi
