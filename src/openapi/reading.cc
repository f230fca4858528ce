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

std::optional<std::string> path_beside(std::string_view from, std::string_view reference) {
  const bool is_path =
      !reference.empty() && reference.front() != '/' &&
      reference.find_first_of("\\:?") == std::string_view::npos &&
      std::none_of(reference.begin(), reference.end(), [](char c) { return c >= 0 && c < 0x20; });
  if (!is_path) return std::nullopt;
  std::string path(from.substr(0, from.rfind('/') + 1));  // the folder, with the '/' at its end
  while (true) {
    const std::size_t slash = reference.find('/');
    const std::string_view segment = reference.substr(0, slash);
    if (segment == "..") {
      if (path.empty()) return std::nullopt;
      path.pop_back();
      path.erase(path.rfind('/') + 1);
    } else if (slash == std::string_view::npos) {
      if (segment.empty() || segment == ".") return std::nullopt;  // a folder
      return path + std::string(segment);
    } else if (segment != "." && !segment.empty()) {
      path.append(segment).append("/");
    }
    if (slash == std::string_view::npos) return std::nullopt;
    reference.remove_prefix(slash + 1);
  }
}

Reading::Reading(std::string_view text, std::string_view name, const ReadOther& read_other)
    : read_other_(read_other), folder_(name.substr(0, name.rfind('/') + 1)) {
  files_.push_back(
      {std::string(name.substr(folder_.size())), std::string(name), read_root(text, name)});
  by_path_[files_.front().path] = 0;
  nodes_ = files_.front().tree.nodes.size();
  notes_ = files_.front().tree.notes;
}

const Node* Reading::resolve(const Node* node) {
  for (int hops = 0; node != nullptr; ++hops) {
    step();
    const Node* reference = node->find("$ref");
    if (reference == nullptr || reference->kind != NodeKind::text) return node;
    if (hops == kMaxReferenceHops) {
      note(*reference, reference->line,
           fmt::format("'{}' leads to another reference, and so on without end",
                       reference->text.substr(0, kMaxShown)));
      return nullptr;
    }
    node = target_of(*reference);
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

void Reading::note(const Node& there, int line, std::string_view what) {
  add_note(printable(fmt::format("{}:{}: {}", file_of(there), line, what)));
}

void Reading::add_note(std::string text) {
  if (notes_.size() < kMaxNotes) {
    notes_.push_back(std::move(text));
  } else {
    ++notes_left_out_;
  }
}

std::vector<std::string> Reading::take_notes() && {
  if (notes_left_out_ != 0) {
    notes_.push_back(
        fmt::format("{}: {} more notes of this kind", files_.front().name, notes_left_out_));
  }
  return std::move(notes_);
}

const Node* Reading::target_of(const Node& reference) {
  const auto [at, is_new] = targets_.try_emplace({reference.file, reference.text}, nullptr);
  if (!is_new) return at->second;
  const std::string_view text = reference.text;
  const std::size_t hash = std::min(text.find('#'), text.size());
  const File* file = &files_[reference.file];
  if (hash != 0) file = other_file(reference, text.substr(0, hash));
  if (file == nullptr || file->tree.root == nullptr) return nullptr;  // other_file() noted why
  const std::string_view fragment = text.substr(std::min(hash + 1, text.size()));
  const std::string_view shown = text.substr(0, kMaxShown);
  if (!fragment.empty() && fragment[0] != '/') {
    note(reference, reference.line,
         fmt::format("'{}' names an anchor; only paths such as '#/components/schemas/Item' are "
                     "followed",
                     shown));
    return nullptr;
  }
  at->second = follow_pointer(file->tree.root, percent_decoded(fragment));
  if (at->second == nullptr) {
    note(reference, reference.line,
         fmt::format("'{}' is not in {}", shown, hash == 0 ? "the document" : "that file"));
  }
  return at->second;
}

// The file that `written`, the part of a reference before the '#', leads to. Each is read once,
// also if that fails.
const Reading::File* Reading::other_file(const Node& reference, std::string_view written) {
  const auto refuse = [&](std::string_view why) {
    note(reference, reference.line,
         fmt::format("'{}' is another document, which is not read: {}",
                     reference.text.substr(0, kMaxShown), why));
    return nullptr;
  };
  const auto path = path_beside(files_[reference.file].path, percent_decoded(written));
  if (!path) return refuse("only files of the document's own folder are");
  if (const auto known = by_path_.find(*path); known != by_path_.end()) {
    return &files_[known->second];
  }
  if (!read_other_) return refuse("the document was given alone");
  if (files_.size() > kMaxFiles) return refuse(fmt::format("no more than {} are", kMaxFiles));
  by_path_[*path] = files_.size();
  File& file = files_.emplace_back();
  file.path = *path;
  file.name = folder_ + *path;
  read_file(file, reference);
  return &file;
}

void Reading::read_file(File& file, const Node& reference) try {
  const Result<std::string> text = read_other_(file.path);
  if (!text) throw ReadError{text.error()};
  other_bytes_ += text->size();
  if (other_bytes_ > kMaxOtherBytes) {
    throw ReadError{{ErrorCode::limit_exceeded,
                     fmt::format("the files have more than {} bytes together", kMaxOtherBytes)}};
  }
  Tree tree = read_tree(*text, file.name);
  nodes_ += tree.nodes.size();
  if (nodes_ > kMaxNodes) {
    throw ReadError{{ErrorCode::limit_exceeded,
                     fmt::format("the files have more than {} values together", kMaxNodes)}};
  }
  for (Node& node : tree.nodes) node.file = static_cast<std::uint16_t>(files_.size() - 1);
  for (std::string& each : tree.notes) add_note(std::move(each));
  file.tree = std::move(tree);
} catch (const ReadError& refused) {
  note(reference, reference.line,
       fmt::format("'{}' is not read: {}", file.path.substr(0, kMaxShown), refused.error.message));
}

// RFC 6901. References on the way are followed by nobody else either: the pointer has to be there.
const Node* Reading::follow_pointer(const Node* root, std::string_view pointer) {
  const Node* node = root;
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
