#include <array>

#include "scan/checks/data_exposure/checks.h"

namespace weir::scan::data_exposure {

std::span<const SurfaceCheck> checks() {
  static const std::array<SurfaceCheck, 7> kChecks = {kSecretExposed,     kPanExposed,
                                                      kNationalIdExposed, kPiiExposedAnonymous,
                                                      kStackTraceExposed, kInternalAddressExposed,
                                                      kSensitiveCacheable};
  return kChecks;
}

}  // namespace weir::scan::data_exposure
