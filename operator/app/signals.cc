#include "app/signals.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "app/flags.h"

namespace drover {
namespace {

sigset_t end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void wait_for_one() {
  const sigset_t signals = end_signals();
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
}

}  // namespace

void hold_end_signals() {
  const sigset_t signals = end_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

void wait_for_end_signal() {
  wait_for_one();
  std::thread([] {
    wait_for_one();
    _exit(kExitFailed);
  }).detach();
}

bool end_signal_within(Duration patience) {
  const sigset_t signals = end_signals();
  const auto whole = std::chrono::floor<seconds>(std::max(Duration::zero(), patience));
  const timespec wait{.tv_sec = whole.count(), .tv_nsec = (std::max(Duration::zero(), patience) - whole).count()};
  return sigtimedwait(&signals, nullptr, &wait) > 0;
}

}  // namespace drover
