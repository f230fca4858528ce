#include "report/text_page.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "report/visible.h"

namespace weir::report {
namespace {

constexpr std::size_t kMaxCellColumns = 48;  // what is longer pushes its own row, not all of them
constexpr std::size_t kMinColumn = 24;       // a narrower column of prose cannot be read

std::string padded(std::string_view text, std::size_t to) {
  std::string result(text);
  const std::size_t taken = columns(text);
  if (taken < to) result.append(to - taken, ' ');
  return result;
}

// Words stay whole: a path or a header that is longer than `room` can still be copied.
std::vector<std::string> wrapped(std::string_view text, std::size_t room) {
  std::vector<std::string> lines(1);
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    const std::size_t taken = columns(word);
    if (used != 0 && used + 1 + taken > room) {
      lines.emplace_back();
      used = 0;
    }
    if (!word.empty()) {
      if (used != 0) lines.back() += ' ';
      lines.back() += word;
      used += taken + (used != 0 ? 1 : 0);
    }
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

void TextPage::line(const Row& pieces, std::size_t indent) {
  out_.append(indent, ' ');
  for (const Cell& piece : pieces) put(visible(piece.text), piece.style);
  end_line();
}

void TextPage::heading(std::string_view text) {
  blank();
  line({{std::string(text), fmt::emphasis::bold}});
}

void TextPage::paragraph(std::string_view label, std::size_t label_columns, std::string_view text,
                         std::size_t indent) {
  const std::size_t left = indent + label_columns;
  const std::size_t room = width_ > left + kMinColumn ? width_ - left : kMinColumn;
  bool first = true;
  for (const std::string& part : wrapped(visible(text), room)) {
    out_.append(indent, ' ');
    put(padded(first ? label : std::string_view{}, label_columns), fmt::emphasis::faint);
    out_ += part;
    end_line();
    first = false;
  }
}

void TextPage::verbatim(std::string_view text, std::size_t indent) {
  const std::string shown = visible(text, Lines::keep);
  std::string_view rest = shown;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    out_.append(indent, ' ');
    out_ += rest.substr(0, end);
    end_line();
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
}

void TextPage::table(const std::vector<Row>& rows, std::size_t indent) {
  std::vector<Row> shown = rows;
  std::vector<std::size_t> widths;
  for (Row& row : shown) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i].text = visible(row[i].text);
      widths[i] = std::max(widths[i], std::min(columns(row[i].text), kMaxCellColumns));
    }
  }
  for (const Row& row : shown) table_row(row, widths, indent);
}

void TextPage::table_row(const Row& visible_row, const std::vector<std::size_t>& widths,
                         std::size_t indent) {
  out_.append(indent, ' ');
  std::size_t left = indent;
  for (std::size_t i = 0; i + 1 < visible_row.size(); ++i) {
    put(padded(visible_row[i].text, widths[i]), visible_row[i].style);
    out_ += "  ";
    left += widths[i] + 2;
  }
  const Cell& last = visible_row.back();
  std::size_t room = width_ > left ? width_ - left : 0;
  if (room < kMinColumn && columns(last.text) > room) {
    // Too narrow beside the others: the last cell goes below them.
    end_line();
    left = indent + 4;
    room = std::max(width_ - std::min(width_, left), kMinColumn);
    out_.append(left, ' ');
  }
  bool first = true;
  for (const std::string& part : wrapped(last.text, room)) {
    if (!first) out_.append(left, ' ');
    put(part, last.style);
    end_line();
    first = false;
  }
}

void TextPage::put(std::string_view visible_text, const fmt::text_style& style) {
  if (colour_ && (style.has_foreground() || style.has_emphasis()) && !visible_text.empty()) {
    fmt::format_to(std::back_inserter(out_), style, "{}", visible_text);
  } else {
    out_ += visible_text;
  }
}

void TextPage::end_line() {
  while (!out_.empty() && out_.back() == ' ') out_.pop_back();
  out_ += '\n';
}

}  // namespace weir::report
