// Telling Cluster API to leave a node's Machine alone before the node is switched off, and that it need not any more when it serves
// again. A part of writing the node's mark (act/mark_node.cc): the Machine is told first, so that no node is off that a
// MachineHealthCheck would replace. No I/O.
#pragma once

#include <optional>
#include <string>

#include "act/effect_run.h"
#include "codec/machine.h"

namespace drover {

class MachineNotice {
 public:
  // Empty: the mark asks for none. The core marks a node that is a Machine PoweringOff only where Drover is to tell them
  // (CoreOptions::tells_machines), unless a person has paused what covers it.
  [[nodiscard]] static std::optional<MachineNotice> of(const MarkNode& mark, const Node& node);

  [[nodiscard]] Call call() const;
  // Over, or why it cannot be. Taking it back gives way: a Machine that is gone, or may no longer be written, is left.
  [[nodiscard]] Result<bool> hear(const Result<std::string>& answer);
  // Once it is over: whether the annotation is there by Drover's doing.
  [[nodiscard]] bool is_told() const { return told_; }

 private:
  [[nodiscard]] Result<bool> read(const Result<std::string>& text);

  ObjectKey machine_;
  std::string node_;
  bool tell_ = true;  // false: take it back
  bool told_ = false;
  std::size_t version_ = 0;
  std::string body_;  // of the apply, once the Machine was read
};

}  // namespace drover
