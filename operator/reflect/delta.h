// What a watcher tells the owner of the store, in order for each kind.
#pragma once

#include <functional>
#include <stop_token>

#include "codec/decoder.h"

namespace drover::reflect {

struct Delta {
  enum class Type {
    RelistBegin,  // a complete list follows; what is not in it is gone. Comes again when the list is begun again.
    Upsert,       // `object`; part of the list between RelistBegin and RelistEnd, else a change
    Delete,       // `object.key`
    RelistEnd,    // the list is complete
    Problem,      // `error`: a list or watch failed, or an object can't be read. For telling people; the view is as before.
    Recovered,    // after a failure the server has taken a watch again
  };
  Kind kind = Kind::Node;
  Type type = Type::RelistBegin;
  Object object;
  Error error;
};

// Takes a delta over. Blocks while there is no room, so that a slow consumer holds the server back and nothing is dropped.
// False: the consumer is gone, or the stop_token was triggered, and the watcher ends. BoundedQueue::push has this shape.
using DeltaSink = std::function<bool(Delta delta, std::stop_token stop)>;

}  // namespace drover::reflect
