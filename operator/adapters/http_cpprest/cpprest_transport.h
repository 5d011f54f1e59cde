// HttpTransport on cpprestsdk. Its README lists the library's faults and how each is worked round.
//
// All transports share one thread of the library, which does TLS and framing; the calling threads run the sinks.
// Thread safety: as HttpTransport.
#pragma once

#include <memory>

#include "base/result.h"
#include "ports/http_transport.h"

namespace drover {

// Error::Invalid when the endpoint can't be used: a bad URL, unreadable certificates or keys.
[[nodiscard]] Result<std::unique_ptr<HttpTransport>> make_cpprest_transport(const HttpEndpoint& endpoint);

}  // namespace drover
