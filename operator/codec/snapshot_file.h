// A cluster in a file: what `drover snapshot` writes and `drover simulate --snapshot` reads.
//
// One JSON object: {"kind": "DroverSnapshot", "version": 1, "taken": RFC 3339, "objects": {RESOURCE: [...]}, "use": {...},
// "signals": [...]}. Objects are as the API server wrote them, cut down to what decisions are made on: no environment, no volumes,
// no annotations but Drover's and KubeVirt's own. So a snapshot holds no secret, and the readers of the operator read it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/kind.h"
#include "model/use.h"

namespace drover {

// Puts the file together. Thread safety: none.
class SnapshotWriter {
 public:
  SnapshotWriter();
  ~SnapshotWriter();
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // A page of a list, as the API server wrote it. What can't be read, the page or one of its objects, is left out; the reader of
  // the cluster has said so by then.
  void add_page(Kind kind, std::string_view list);
  void set_use(const UseTable& use);
  void add_signal(const PolicyRef& policy, const SignalTable& table);
  [[nodiscard]] std::string text(Instant taken) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct SnapshotFile {
  Instant taken{};
  std::map<Kind, std::vector<Object>> objects;
  UseTable use;
  std::map<ObjectKey, SignalTable> signals;  // by policy
};

// Invalid names where it went wrong (the byte, or the field), and what to do.
[[nodiscard]] Result<SnapshotFile> decode_snapshot(std::string_view text);

}  // namespace drover
