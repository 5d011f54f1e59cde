#include "ports/plain_http.h"

#include <algorithm>

namespace drover {

bool goes_in_the_clear(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return false;
  std::string_view host = url.substr(kScheme.size());
  host = host.substr(0, host.find('/'));
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) != "[::1]";
  host = host.substr(0, host.find(':'));
  if (host == "localhost") return false;
  // A name may begin with 127. too; an address has nothing but figures, and three dots.
  const bool is_address = std::all_of(host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
  return !(is_address && host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3);
}

}  // namespace drover
