// One object of a kind, decoded as the answer to a get is.
#pragma once

#include <memory>
#include <string_view>

#include "codec/decoder.h"

namespace drover {

template <typename T>
Result<T> decode(Kind kind, std::string_view json) {
  auto object = Decoder(kind).object(json);
  if (!object) return object.error();
  return T(*std::get<std::shared_ptr<const T>>(object->value));
}

}  // namespace drover
