// HttpTransport on libcurl (OpenSSL build): blocking calls, each on the thread that makes it.
//
// Connections are kept for safe requests. An unsafe one always gets a new connection, because libcurl sends a request again
// when a kept connection turns out to be dead. Thread safety: as HttpTransport.
#pragma once

#include <memory>

#include "base/result.h"
#include "ports/http_transport.h"

namespace drover {

// Error::Invalid when the endpoint can't be used: a bad URL, unreadable certificates or keys.
[[nodiscard]] Result<std::unique_ptr<HttpTransport>> make_curl_transport(const HttpEndpoint& endpoint);

}  // namespace drover
