// The calls on the Lease that an Elector asks for, as values, and what it is told of their answers: the same on a thread
// (leader/lease_loop.h) and in simulated time (sim/candidate.h). No I/O, no clock.
#pragma once

#include <string>

#include "leader/elector.h"
#include "ports/kube_call.h"

namespace drover {

// Of a Read, Create or Update.
[[nodiscard]] Call call_of(const Elector::Step& step, const ObjectKey& lease);
[[nodiscard]] Call call_of_release(const Lease& released, const ObjectKey& lease);

// What a call may take: half of the deadline, so that one that hangs leaves time for another try; never beyond the time that is
// left to a leader.
[[nodiscard]] Duration limit_of_call(const Elector& elector, const LeaseSettings& settings, Duration monotonic);

// Tells the elector what the step's call, sent at `sent`, was answered. The Error is why the call came to nothing.
Status hear(Elector& elector, const Elector::Step& step, const Result<std::string>& answer, Duration sent, Duration monotonic);

}  // namespace drover
