#include "app/version.h"

namespace drover {

std::string_view version() {
  return DROVER_VERSION;
}

}  // namespace drover
