// BareMetalHost (metal3.io/v1alpha1), as far as power depends on it, and which requests it lets through.
//
// Pure values. Facts: the API's own description, and the host controller's order of work: it heeds spec.online in stable states
// only, ends a machine softly first and takes the power away after three minutes, and looks at it again once a minute.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/object.h"
#include "model/power.h"
#include "model/power_table.h"

namespace drover::metal3 {

struct Host {
  ObjectKey key;
  std::string uid;
  std::string resource_version;
  bool deleting = false;
  bool paused = false;                   // annotation baremetalhost.metal3.io/paused: its operator does not look at it
  bool detached = false;                 // by annotation or by status: its operator does not switch it
  std::vector<std::string> held_off_by;  // annotations reboot.metal3.io/...: it is kept off while one is there
  std::optional<bool> online;            // spec.online: what is asked for
  bool disable_power_off = false;        // spec.disablePowerOff: it is rebooted where it should be off
  std::string consumer;                  // spec.consumerRef.name: the Metal3Machine that has it, or ""
  std::string state;                     // status.provisioning.state
  std::string operational_status;        // "", OK, discovered, error, delayed, detached, servicing
  std::string error_type;                // status.errorType; "" when there is none
  std::string error_message;
  std::optional<bool> powered_on;  // status.poweredOn
};

// Invalid: it is no BareMetalHost.
[[nodiscard]] Result<Host> read_host(std::string_view json);

// Why a request would not be carried out, or would do harm; the text says what to do. Off is refused whenever something is out of
// the ordinary; On only where it would have no effect, because no node may stay lost. Retryable: it passes by itself.
[[nodiscard]] Status permits(const Host& host, PowerRequest request);

// Which it is, as far as status.poweredOn may be believed: it is a plain bool which the host controller also fills in after doing
// nothing, so it counts only while nothing is wrong with the host. Unknown otherwise.
[[nodiscard]] Powered powered(const Host& host);

// What a person should know of the host, or "".
[[nodiscard]] std::string remark(const Host& host);

// An object's annotation; "" when there is none, or it is empty.
[[nodiscard]] std::string annotation_of(std::string_view json, const std::string& name);

}  // namespace drover::metal3
