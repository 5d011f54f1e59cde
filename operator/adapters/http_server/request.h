// The head of a request, and the text of an answer. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/http_server/http_server.h"

namespace drover {

struct HttpHead {
  std::string method;
  std::string path;          // without the query
  std::string bearer_token;  // of the Authorization header; empty: none
};

// What stands before the blank line. Empty: it is no request that can be answered.
[[nodiscard]] std::optional<HttpHead> read_head(std::string_view text);

// Of a HEAD without its body.
[[nodiscard]] std::string render_page(const HttpPage& page, bool with_body);

// Takes the same time wherever the two differ, so that nobody finds a token out letter by letter.
[[nodiscard]] bool is_same_secret(std::string_view a, std::string_view b);

}  // namespace drover
