#include "core/turn.h"

#include <utility>

namespace drover {

void Turn::take(const ClusterView& view, News news, const Clock& clock, const Stepped& stepped) {
  if (news.lost && news.leads && core_.leading()) step(view, LeadershipChanged{false}, clock, stepped);
  if (news.leads != core_.leading()) step(view, LeadershipChanged{news.leads}, clock, stepped);
  if (!news.leads) {
    wake_at_.reset();
    return;
  }
  for (Event& answer : news.answers) step(view, std::move(answer), clock, stepped);
  if (news.view_changed) step(view, ViewChanged{}, clock, stepped);
  if (is_due(clock())) step(view, Tick{}, clock, stepped);
}

void Turn::step(const ClusterView& view, Event event, const Clock& clock, const Stepped& stepped) {
  stepped_at_ = clock();
  StepResult result = core_.step(view, std::move(event), stepped_at_);
  wake_at_ = result.wake_at;
  stepped(result);
}

}  // namespace drover
