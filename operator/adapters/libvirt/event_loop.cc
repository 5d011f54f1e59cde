#include "adapters/libvirt/event_loop.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <mutex>

namespace drover::libvirt {
namespace {

void begin_once() {
  static std::once_flag once;
  std::call_once(once, [] {
    virInitialize();
    virEventRegisterDefaultImpl();
    virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});  // they are told by their callers, not to standard error
  });
}

}  // namespace

EventLoop::EventLoop() {
  begin_once();
  alarm_ = virEventAddTimeout(
      -1, [](int, void*) {}, nullptr, nullptr);
  thread_ = std::jthread([](const std::stop_token& stop) {
    while (!stop.stop_requested()) virEventRunDefaultImpl();
  });
}

EventLoop::~EventLoop() {
  thread_.request_stop();
  virEventUpdateTimeout(alarm_, 0);
  thread_.join();
  virEventRemoveTimeout(alarm_);
}

}  // namespace drover::libvirt
