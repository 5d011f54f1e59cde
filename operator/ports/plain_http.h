// Whether what is sent to an address goes over the wire as it is, for everybody on the way to read. Credentials must not: a client
// of Kubernetes sends none over plain http. The one exception is a loopback address, behind which no wire is. Pure.
#pragma once

#include <string_view>

namespace drover {

// "http://prometheus:9090": true. "https://...", "http://127.0.0.1:8001", "http://localhost", "http://[::1]": false.
[[nodiscard]] bool goes_in_the_clear(std::string_view url);

}  // namespace drover
