#include "adapters/redfish/find_system.h"

#include <algorithm>

#include "adapters/redfish/address.h"

namespace drover::redfish {
namespace {

constexpr std::size_t kMaxMembers = 1024;
constexpr int kMaxPages = 64;
constexpr std::size_t kListed = 8;  // in an error

struct Candidate {
  std::string link;
  ComputerSystem system;
};

// A physical machine that can be switched; boards and virtual systems are not.
bool is_host(const ComputerSystem& system) {
  return (system.type.empty() || system.type == "Physical") && !system.reset.target.empty();
}

Error unsure(const std::string& why, const std::vector<std::string>& members) {
  std::string list;
  for (std::size_t i = 0; i < std::min(members.size(), kListed); ++i)
    list += (i == 0 ? "" : ", ") + std::string(last_segment(members[i]));
  if (members.size() > kListed) list += ", ...";
  return {ErrorClass::Invalid, why + "; write its id in driver.redfish.systemID ({node} stands for the node's " +
                                   "name): the controller has " + (list.empty() ? "no systems" : list)};
}

Result<std::string> by_id(Conversation& with, const std::vector<std::string>& members, const Wanted& wanted) {
  for (const std::string& member : members) {
    if (last_segment(member) == wanted.system_id) return member;
  }
  for (const std::string& member : members) {
    const auto document = with.get(member);
    if (!document) return document.error();
    if (read_computer_system(*document).id == wanted.system_id) return member;
  }
  return unsure("its controller has no system with the id " + wanted.system_id, members);
}

}  // namespace

Result<std::vector<std::string>> members_of(Conversation& with, const std::string& collection) {
  std::vector<std::string> members;
  std::string next = collection;
  for (int page = 0; page < kMaxPages && !next.empty(); ++page) {
    const auto document = with.get(next);
    if (!document) return document.error();
    Collection read = read_collection(*document);
    members.insert(members.end(), read.members.begin(), read.members.end());
    if (members.size() > kMaxMembers) return Error{ErrorClass::Invalid, collection + ": has more than 1024 members"};
    next = std::move(read.next);
  }
  return members;
}

Result<std::string> find_system(Conversation& with, const ServiceRoot& root, const Wanted& wanted) {
  if (root.systems.empty()) return unsure("its controller's service root names no Systems", {});
  auto members = members_of(with, root.systems);
  if (!members) return members.error();
  if (!wanted.system_id.empty()) return by_id(with, *members, wanted);
  // Many a link ends in the UUID: then one request is enough.
  std::stable_partition(members->begin(), members->end(),
                        [&](const auto& link) { return same_machine(last_segment(link), wanted.uuid); });
  std::vector<Candidate> hosts;
  for (const std::string& member : *members) {
    const auto document = with.get(member);
    if (!document) return document.error();
    Candidate candidate{member, read_computer_system(*document)};
    if (!is_host(candidate.system)) continue;
    if (same_machine(candidate.system.uuid, wanted.uuid)) return member;
    hosts.push_back(std::move(candidate));
  }
  if (hosts.size() != 1) {
    const std::string of =
        wanted.uuid.empty() ? "its UUID is not known" : "none of its controller's systems has its UUID " + wanted.uuid;
    return unsure(of, *members);
  }
  if (!hosts.front().system.uuid.empty() && !wanted.uuid.empty()) {
    return unsure("its UUID is " + wanted.uuid + ", that of its controller's only system is " + hosts.front().system.uuid,
                  *members);
  }
  return hosts.front().link;
}

}  // namespace drover::redfish
