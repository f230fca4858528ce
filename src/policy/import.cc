#include "policy/import.h"

#include <variant>

#include "policy/import_ratelimit.h"
#include "policy/read.h"
#include "policy/yaml.h"

namespace weir::policy {
namespace {

void write(YAML::Emitter& out, const DescriptorRule& rule) {
  out << YAML::BeginMap << YAML::Key << "id" << YAML::Value << rule.rule.id;
  out << YAML::Key << "domain" << YAML::Value << rule.domain;
  out << YAML::Key << "entries" << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const DescriptorEntry& entry : rule.entries) {
    if (entry.kind == DescriptorEntry::Value::any) {
      out << entry.key;
    } else {
      const bool is_prefix = entry.kind == DescriptorEntry::Value::prefix;
      out << YAML::Flow << YAML::BeginMap << YAML::Key << entry.key << YAML::Value
          << entry.value + (is_prefix ? "*" : "") << YAML::EndMap;
    }
  }
  out << YAML::EndSeq;
  if (rule.always) {
    out << YAML::Key << "always" << YAML::Value
        << (*rule.always == Always::admit ? "admit" : "refuse");
  } else {
    if (rule.counted_apart.size() != rule.entries.size()) {
      out << YAML::Key << "key" << YAML::Value << YAML::Flow << YAML::BeginSeq;
      for (const std::size_t place : rule.counted_apart) out << rule.entries[place].key;
      out << YAML::EndSeq;
    }
    out << YAML::Key << "limit" << YAML::Value << format_quota(rule.rule);
    if (rule.rule.shadow) out << YAML::Key << "shadow" << YAML::Value << true;
  }
  if (!rule.replaces.empty())
    out << YAML::Key << "replaces" << YAML::Value << YAML::Flow << rule.replaces;
  out << YAML::EndMap;
}

std::string write(const std::vector<DescriptorRule>& rules) {
  YAML::Emitter out;
  out << YAML::BeginMap << YAML::Key << "version" << YAML::Value << 1;
  out << YAML::Key << "descriptors" << YAML::Value << YAML::BeginSeq;
  for (const DescriptorRule& rule : rules) write(out, rule);
  out << YAML::EndSeq << YAML::EndMap;
  return std::string(out.c_str()) + "\n";
}

}  // namespace

Import import_policy(const std::vector<ImportFile>& files) {
  Import import;
  RatelimitReader reader(import);
  for (const ImportFile& file : files) {
    const auto tree = parse_yaml(file.text);
    if (const Problem* problem = std::get_if<Problem>(&tree)) {
      import.errors.push_back({file.name, *problem});
    } else {
      try {
        reader.read(file.name, std::get<YAML::Node>(tree));
      } catch (const YAML::Exception& error) {
        import.errors.push_back(
            {file.name,
             problem_at(error.mark, "this is not what a configuration looks like: " + error.msg)});
      }
    }
  }
  if (!import.errors.empty()) return import;
  const std::vector<DescriptorRule> rules = reader.rules();
  if (!import.errors.empty()) return import;
  std::string text = write(rules);
  // Within the bounds of a policy, whatever those of the other one are.
  for (const Problem& error :
       read_policy(text, [](std::string_view) { return std::nullopt; }).errors) {
    import.errors.push_back({files.front().name,
                             { 1,
                               1,
                               "what comes of it is no policy: line " + std::to_string(error.line) +
                                   ": " + error.message,
                               error.cure }});
  }
  if (import.errors.empty()) import.policy = std::move(text);
  return import;
}

}  // namespace weir::policy
