#include "adapters/http_server/request.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cctype>

namespace drover {
namespace {

bool is_name(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 503: return "Service Unavailable";
    default: return "Internal Server Error";
  }
}

}  // namespace

std::optional<HttpHead> read_head(std::string_view text) {
  const std::string_view line = text.substr(0, text.find("\r\n"));
  const auto first = line.find(' ');
  const auto second = line.find(' ', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  if (!line.substr(second + 1).starts_with("HTTP/1.")) return std::nullopt;
  const auto target = line.substr(first + 1, second - first - 1);
  HttpHead head{std::string(line.substr(0, first)), std::string(target.substr(0, target.find('?'))), ""};
  std::string_view rest = text.substr(line.size());
  while (rest.size() > 2) {
    rest.remove_prefix(2);
    const std::string_view header = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(header.size());
    const auto colon = header.find(':');
    if (colon == std::string_view::npos || !is_name(header.substr(0, colon), "authorization")) continue;
    const std::string_view value = trimmed(header.substr(colon + 1));
    constexpr std::string_view kScheme = "bearer ";
    if (value.size() > kScheme.size() && is_name(value.substr(0, kScheme.size()), kScheme)) {
      head.bearer_token = trimmed(value.substr(kScheme.size()));
    }
  }
  return head;
}

std::string render_page(const HttpPage& page, bool with_body) {
  std::string text = "HTTP/1.1 " + std::to_string(page.status) + " " + std::string(reason_phrase(page.status)) +
                     "\r\nContent-Type: " + page.content_type + "\r\nContent-Length: " + std::to_string(page.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n";
  if (page.status == 401) text += "WWW-Authenticate: Bearer\r\n";
  text += "\r\n";
  if (with_body) text += page.body;
  return text;
}

bool is_same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace drover
