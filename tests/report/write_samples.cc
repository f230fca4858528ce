// weir_report_samples FOLDER: writes the sample reports in every format, FOLDER/<sample>.<format>.
#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "report/report.h"
#include "samples.h"

int main(int argc, char** argv) {
  using namespace weir;
  if (argc != 2) {
    std::fputs("usage: weir_report_samples FOLDER\n", stderr);
    return 2;
  }
  const std::string hostile =
      "</script><script>document.title='pwned'</script><img src=x onerror=alert(1)>\"'&\x1b[31m"
      "\xe2\x80\xae\xff <b onclick=alert(1)>";
  const std::pair<const char*, scan::Report> samples[] = {
      {"failing", report::samples::failing()},
      {"passing", report::samples::passing()},
      {"hostile", report::samples::filled_with(hostile)},
      {"markup",
       report::samples::filled_with(
           "@everyone #1 GH-1 `x` ``` ~~~ [a](http://evil.example) ![i](http://evil.example/x.png) "
           "www.evil.example a@evil.example https://evil.example :tada: **b** _i_ \\| | a | b |\n\n"
           "# heading\n- item\n> quote\n```\n</details>\n<!-- ]]> &lt;b&gt; <b>b</b>")},
      {"huge", report::samples::with_many(12'000)},
      {"empty", scan::Report{}},
  };
  for (const auto& [name, sample] : samples) {
    for (const char* extension : {"text", "json", "html", "sarif", "junit", "markdown"}) {
      const Result<std::string> page =
          report::render(sample, *report::parse_format(extension), {.colour = false, .width = 100});
      std::ofstream file(std::string(argv[1]) + "/" + name + "." + extension, std::ios::binary);
      if (!page || !(file << *page).flush()) {
        std::fprintf(stderr, "cannot write %s.%s\n", name, extension);
        return 1;
      }
    }
  }
  return 0;
}
