#include "adapters/libvirt/connections.h"

#include "adapters/libvirt/line.h"

namespace drover::libvirt {
namespace {

constexpr Duration kEndWithin = seconds{2};

}  // namespace

Connections::Connections(Duration deadline) : deadline_(deadline) {}

Connections::~Connections() {
  const MutexLock lock(mutex_);
  for (const auto& [uri, line] : lines_) line->end(kEndWithin);
}

Status Connections::run(const std::string& uri, std::function<Status(virConnectPtr)> work, const std::stop_token& stop) {
  std::shared_ptr<Line> line;
  {
    const MutexLock lock(mutex_);
    std::shared_ptr<Line>& of_uri = lines_[uri];
    if (of_uri == nullptr) {
      of_uri = std::make_shared<Line>(uri);
      of_uri->start();
    }
    line = of_uri;
  }
  return line->run(std::move(work), deadline_, stop);
}

}  // namespace drover::libvirt
