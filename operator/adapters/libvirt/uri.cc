#include "adapters/libvirt/uri.h"

namespace drover::libvirt {

std::string for_node(std::string text, const std::string& node) {
  constexpr std::string_view kPlace = "{node}";
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + node.size()))
    text.replace(at, kPlace.size(), node);
  return text;
}

Status check_uri(const std::string& uri) {
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string::npos || scheme == 0) {
    return Error{ErrorClass::Invalid,
                 "driver.libvirt.uri \"" + uri + "\" is no libvirt URI; write one such as qemu+tls://{node}/system"};
  }
  if (uri.substr(0, scheme).ends_with("+ext")) {
    return Error{ErrorClass::Invalid, "driver.libvirt.uri: transport ext runs a program beside Drover; take tls or ssh"};
  }
  const std::size_t query = uri.find('?');
  if (query == std::string::npos) return ok();
  for (std::size_t at = query; at != std::string::npos; at = uri.find_first_of("&;", at + 1)) {
    const std::string_view parameter = std::string_view(uri).substr(at + 1);
    // An escaped name is none that is needed.
    const std::string_view name = parameter.substr(0, parameter.find_first_of("=&;"));
    if (name == "command" || name == "netcat" || name.find('%') != std::string_view::npos) {
      return Error{ErrorClass::Invalid,
                   "driver.libvirt.uri: parameter " + std::string(name) + " runs a program beside Drover; take it out"};
    }
  }
  return ok();
}

}  // namespace drover::libvirt
