// The picture of a timeline: a row of dots for each phase of the scan, and below them how full the
// window was against the limit. Drawn pixel column by pixel column, so that its size depends on its
// width and not on the number of requests.
//
// Thread safety: as Element.
#pragma once

#include "report/html_tree.h"
#include "report/occupancy.h"
#include "scan/model.h"

namespace weir::report {

enum class PictureSize { wide, narrow };  // for a page, for a phone

// `timeline` has at least one point. `id` makes the names of this picture's parts unique.
void draw_timeline(Element parent, const scan::Timeline& timeline, const Occupancy& occupancy,
                   PictureSize size, const std::string& id);

}  // namespace weir::report
