// A kubeconfig file. It is read from memory, by the name that the kernel gives it.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "adapters/clock/system_clock.h"
#include "fuzz.h"
#include "kube/kubeconfig.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("kubeconfig", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  static const drover::SystemClock clock;
  DROVER_CHECK(file >= 0 && ftruncate(file, 0) == 0);
  DROVER_CHECK(pwrite(file, data, size, 0) == static_cast<ssize_t>(size));
  const auto connection = drover::kube::load_kubeconfig({path}, "", clock);
  if (!connection) {
    DROVER_CHECK(!connection.error().message.empty());
    return 0;
  }
  DROVER_CHECK(connection->credentials != nullptr && !connection->endpoint.url.empty());
  return 0;
}
