// Labels from a list in braces.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "model/object.h"

namespace drover {

inline Labels labels_of(std::initializer_list<std::pair<std::string, std::string>> entries) {
  return Labels(std::vector<std::pair<std::string, std::string>>(entries));
}

}  // namespace drover
