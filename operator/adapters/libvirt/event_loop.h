// libvirt's event loop, which keeps its connections alive: without it a peer that is gone is noticed by nobody.
//
// libvirt has one for a process; so at most one of these lives at a time. It must outlive the connections.
#pragma once

#include <thread>

namespace drover::libvirt {

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

 private:
  int alarm_ = -1;  // rings when the loop is to end
  std::jthread thread_;
};

}  // namespace drover::libvirt
