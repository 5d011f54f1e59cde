// Turn: what a core is told, and in which order, whenever something has come: first whether it leads, then what its effects were
// answered, then that the view has changed, and last that a time which it asked for has come. One that does not lead is told
// nothing else. The same for the operator (control/loop.h), the simulator, and `drover plan`.
//
// Thread safety: none.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "core/step.h"

namespace drover {

class Turn {
 public:
  // What has come since the last turn.
  struct News {
    bool leads = false;  // this process leads, and sees all that it needs
    bool lost = false;   // it did not for a while, whether or not it does again
    bool view_changed = false;
    std::vector<Event> answers;
  };
  using Clock = std::function<Instant()>;
  // Told of each step, just after it; the effects are its to take.
  using Stepped = std::function<void(StepResult&)>;

  explicit Turn(Core core) : core_(std::move(core)) {}

  void take(const ClusterView& view, News news, const Clock& clock, const Stepped& stepped);
  // When the next turn is due even if nothing comes; empty: not before something does.
  [[nodiscard]] std::optional<Instant> due() const { return wake_at_; }
  // Whether it is now. It is too when the clock was put back, or it would wait until the old time has come again.
  [[nodiscard]] bool is_due(Instant now) const { return wake_at_ && (*wake_at_ <= now || is_put_back(stepped_at_, now)); }

  [[nodiscard]] const Core& core() const { return core_; }

 private:
  void step(const ClusterView& view, Event event, const Clock& clock, const Stepped& stepped);

  Core core_;
  std::optional<Instant> wake_at_;
  Instant stepped_at_{};  // by the wall clock, which may be put back
};

}  // namespace drover
