#include "kube/paths.h"

namespace drover::kube {

std::string escape(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

std::string collection_path(const ResourceType& type, std::string_view ns) {
  std::string path = type.group.empty() ? "/api/" : "/apis/" + escape(type.group) + "/";
  path += escape(type.version);
  if (type.namespaced && !ns.empty()) path += "/namespaces/" + escape(ns);
  return path + "/" + escape(type.resource);
}

std::string object_path(const ResourceType& type, const ObjectKey& key) {
  return collection_path(type, key.ns) + "/" + escape(key.name);
}

Query& Query::add(std::string_view name, std::string_view value) {
  if (value.empty()) return *this;
  text_ += text_.empty() ? '?' : '&';
  text_ += name;
  text_ += '=';
  text_ += escape(value);
  return *this;
}

std::string full_name(const ResourceType& type) {
  return type.group.empty() ? type.resource : type.resource + "." + type.group;
}

}  // namespace drover::kube
