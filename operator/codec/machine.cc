#include "codec/machine.h"

#include <nlohmann/json.hpp>

#include "codec/json_value.h"
#include "codec/write.h"

namespace drover {
namespace {

constexpr std::string_view kOurs = "drover: its node sleeps";  // any value does; this one tells whose it is

}  // namespace

Result<Machine> decode_machine(std::string_view json) {
  return decode_one<Machine>("machines.cluster.x-k8s.io", json, [](JsonValue object) {
    Machine machine;
    object.each_field([&](std::string_view key, JsonValue value) {
      if (key == "metadata") {
        Metadata meta = read_metadata(value, Keep::None, [](std::string_view name) { return name == kSkipRemediation; });
        machine.uid = std::move(meta.uid);
        const std::string* says = meta.annotations.find(kSkipRemediation);
        machine.is_left_alone = says != nullptr && *says != kOurs;
      } else if (key == "status") {
        value.each_field([&](std::string_view name, JsonValue field) {
          if (name != "nodeRef") return;
          field.each_field([&](std::string_view part, JsonValue text) {
            if (part == "name") machine.node = text.string();
          });
        });
      }
    });
    return machine;
  });
}

std::string encode_machine_notice(const ObjectKey& machine, const std::string& version, const std::string& uid, bool leave_alone) {
  nlohmann::json metadata{{"name", machine.name}, {"namespace", machine.ns}, {"uid", uid}};
  if (leave_alone) metadata["annotations"] = {{std::string(kSkipRemediation), kOurs}};
  return write::text({{"apiVersion", "cluster.x-k8s.io/" + version}, {"kind", "Machine"}, {"metadata", std::move(metadata)}});
}

}  // namespace drover
