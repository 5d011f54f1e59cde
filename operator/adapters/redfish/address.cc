#include "adapters/redfish/address.h"

#include <algorithm>

#include "ports/plain_http.h"

namespace drover::redfish {
namespace {

// Scheme and host are the same in whatever case.
std::string lower_case(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

struct Split {
  std::string origin;  // "https://host:port"
  std::string path;
};

Split split(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t path = scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
  return {lower_case(url.substr(0, path)), path == std::string::npos ? "" : url.substr(path)};
}

}  // namespace

std::string with_node(std::string text, const std::string& node) {
  constexpr std::string_view kPlace = "{node}";
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + node.size())) {
    text.replace(at, kPlace.size(), node);
  }
  return text;
}

Result<BmcAddress> bmc_address(const NodeDriver& target) {
  const auto& settings = std::get<RedfishSettings>(target.profile->settings);
  const std::string* own = target.node->annotations.find(node_wish::kBmcAddress);
  const bool annotated = own != nullptr;
  const std::string written = annotated ? *own : with_node(settings.address, target.node->name);
  const std::string where = annotated ? "annotation " + std::string(node_wish::kBmcAddress) + " of node " + target.node->name
                                      : "PowerProfile " + target.profile->name + ", driver.redfish.address";
  // A node's own kubelet may write its annotations, and the password goes wherever they say.
  if (annotated && settings.ca_bundle.empty() && settings.sha256_fingerprint.empty()) {
    return Error{ErrorClass::Invalid, where + ": is heeded only where PowerProfile " + target.profile->name +
                                          " vouches for controllers; write driver.redfish.caBundle or sha256Fingerprint"};
  }
  Split parts = split(written);
  while (parts.path.ends_with('/')) parts.path.pop_back();
  // The root is where DMTF has it, so naming it does no harm.
  if (!parts.path.empty() && parts.path != "/redfish" && parts.path != "/redfish/v1") {
    return Error{ErrorClass::Invalid,
                 where + ": has a path; write scheme, host and port alone, such as https://n1-bmc.example.org"};
  }
  auto authority = parse_endpoint({.url = parts.origin});
  if (!authority) return Error{ErrorClass::Invalid, where + ": " + authority.error().message};
  if (goes_in_the_clear(parts.origin)) {
    return Error{ErrorClass::Invalid,
                 where + ": http:// would send the password over the wire for everybody to read; write https://"};
  }
  return BmcAddress{std::move(parts.origin), std::move(*authority)};
}

Result<std::string> path_of(const std::string& link, const Authority& here) {
  const auto on_one_line = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; };
  if (!std::all_of(link.begin(), link.end(), on_one_line)) return Error{ErrorClass::Invalid, "a link of the controller is no path"};
  if (link.starts_with('/') && !link.starts_with("//")) return link;
  Split parts = split(link);
  const auto there = parse_endpoint({.url = parts.origin});
  if (!there || parts.path.empty()) return Error{ErrorClass::Invalid, "a link of the controller is neither a path nor a URL"};
  if (there->scheme_text() != here.scheme_text()) {
    return Error{ErrorClass::Invalid, "the controller sends on to " + there->scheme_text() +
                                          ", where the password must not follow; if that is " +
                                          "the controller too, write that address in driver.redfish.address"};
  }
  return parts.path;
}

std::string_view last_segment(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace drover::redfish
