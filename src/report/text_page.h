// Lines, paragraphs and tables of a terminal page: indented, wrapped at words, coloured if asked.
//
// Everything shown is made visible here (report/visible.h), so that no caller can forget it.
// Thread safety: one thread at a time.
//
//   TextPage page(/*colour=*/true, /*width=*/80);
//   page.heading("Checks");
//   page.table({{{"✓", kGood}, {"no-limit"}, {"60 of 66 requests were refused"}}}, /*indent=*/2);
//   std::string text = std::move(page).take();
#pragma once

#include <fmt/color.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir::report {

struct Cell {
  std::string text;
  fmt::text_style style{};
};

using Row = std::vector<Cell>;

class TextPage {
 public:
  TextPage(bool colour, std::size_t width) : colour_(colour), width_(width) {}

  void blank() { out_ += '\n'; }

  // One line of differently styled pieces, not wrapped.
  void line(const Row& pieces, std::size_t indent = 0);

  // A line in bold with an empty line before it.
  void heading(std::string_view text);

  // A wrapped paragraph; its first line begins with `label`, the others are indented as far.
  void paragraph(std::string_view label, std::size_t label_columns, std::string_view text,
                 std::size_t indent);

  // Text of several lines as it stands, such as a rule to copy.
  void verbatim(std::string_view text, std::size_t indent);

  // Columns as wide as their widest cell; the last one is wrapped into what is left of the width.
  // Every row has the same number of cells.
  void table(const std::vector<Row>& rows, std::size_t indent);

  std::string take() && { return std::move(out_); }

 private:
  void put(std::string_view visible_text, const fmt::text_style& style);
  void table_row(const Row& visible_row, const std::vector<std::size_t>& widths,
                 std::size_t indent);
  void end_line();

  bool colour_;
  std::size_t width_;
  std::string out_;
};

}  // namespace weir::report
