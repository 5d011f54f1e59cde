#include "codec/event.h"

#include "codec/write.h"

namespace drover {
namespace {

constexpr std::size_t kMaxNote = 1024;
constexpr std::string_view kController = "drover.dev/drover";

// At most kMaxNote bytes, not cutting a UTF-8 character in two.
std::string_view cut(std::string_view note) {
  if (note.size() <= kMaxNote) return note;
  std::size_t end = kMaxNote;
  while (end > 0 && (static_cast<unsigned char>(note[end]) & 0xC0) == 0x80) --end;
  return note.substr(0, end);
}

}  // namespace

std::string event_namespace(const KubeEvent& event) {
  return event.regarding.key.ns.empty() ? "default" : event.regarding.key.ns;
}

std::string encode_event(const KubeEvent& event) {
  nlohmann::json regarding = {{"apiVersion", event.regarding.api_version},
                              {"kind", event.regarding.kind},
                              {"name", event.regarding.key.name},
                              {"uid", event.regarding.uid}};
  if (!event.regarding.key.ns.empty()) regarding["namespace"] = event.regarding.key.ns;
  nlohmann::json json = {{"apiVersion", "events.k8s.io/v1"},
                         {"kind", "Event"},
                         {"metadata", {{"name", event.name}, {"namespace", event_namespace(event)}}},
                         {"eventTime", to_rfc3339_micro(event.first)},
                         {"reportingController", kController},
                         {"reportingInstance", event.instance},
                         {"action", event.action},
                         {"reason", event.reason},
                         {"note", cut(event.note)},
                         {"type", event.warning ? "Warning" : "Normal"},
                         {"regarding", std::move(regarding)}};
  if (event.count > 1) json["series"] = {{"count", event.count}, {"lastObservedTime", to_rfc3339_micro(event.last)}};
  return write::text(json);
}

}  // namespace drover
