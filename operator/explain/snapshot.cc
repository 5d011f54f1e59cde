#include "explain/snapshot.h"

#include <set>

#include "reflect/kinds.h"
#include "reflect/kinds_to_watch.h"

namespace drover {
namespace {

using reflect::Delta;

// What can't be judged without a kind of object.
std::string consequence(Kind kind) {
  switch (kind) {
    case Kind::Node: return "no target can be judged";
    case Kind::Pod: return "neither launcher pods nor the room on nodes are known";
    case Kind::Namespace: return "no ClusterMigrationPolicy that selects namespaces by label selects anything";
    case Kind::DisruptionBudget: return "PodDisruptionBudgets are not considered";
    case Kind::Vm: return "no VM is known";
    case Kind::Migration: return "migrations under way are not counted";
    case Kind::KubeVirt: return "KubeVirt's defaults are assumed";
    case Kind::KubeVirtPolicy: return "KubeVirt's own MigrationPolicies are not considered";
    case Kind::Policy: return "no MigrationPolicy is known";
    case Kind::ClusterPolicy: return "no ClusterMigrationPolicy is known";
    case Kind::PowerProfile: return "every node is taken to draw the same";
    case Kind::VolumeClaim:
    case Kind::Volume: return "which nodes the volumes of VMs can reach is not considered";
    case Kind::CsiNode: return "how many volumes a node can attach is not considered";
    case Kind::NodeLease: return "nodes that maintenance holds by a Lease are not known";
  }
  return "";
}

class Reader {
 public:
  Reader(KubeApi& api, const PageSink& sink) : api_(api), sink_(sink) {}

  // All pages of a kind into the store; of one namespace when that is named.
  Status list(const reflect::WatcherOptions& watch, const std::string& ns, reflect::Store& store, std::vector<std::string>& gaps) {
    Decoder decoder(watch.kind);
    ListOptions options{
        .ns = watch.ns.empty() ? ns : watch.ns, .label_selector = watch.label_selector, .field_selector = watch.field_selector};
    store.apply({.kind = watch.kind, .type = Delta::Type::RelistBegin, .object = {}, .error = {}});
    do {
      auto text = api_.list(reflect::resource_type(watch.kind), options, {});
      if (!text) return text.error();
      if (sink_) sink_(watch.kind, *text);
      auto page = decoder.list(std::move(*text));
      if (!page) return page.error();
      for (Object& object : page->items) {
        store.apply({.kind = watch.kind, .type = Delta::Type::Upsert, .object = std::move(object), .error = {}});
      }
      for (const Error& error : page->unreadable) gaps.push_back("left out: " + error.message);
      options.continue_token = page->continue_token;
    } while (!options.continue_token.empty());
    store.apply({.kind = watch.kind, .type = Delta::Type::RelistEnd, .object = {}, .error = {}});
    return ok();
  }

 private:
  KubeApi& api_;
  const PageSink& sink_;
};

// KubeVirt is there, or the VMs would not be; only its settings may not be read.
void assume_kubevirt(reflect::Store& store) {
  auto assumed = std::make_shared<KubeVirt>();
  assumed->present = true;
  store.apply({.kind = Kind::KubeVirt,
               .type = Delta::Type::Upsert,
               .object = {{"", "assumed"}, std::shared_ptr<const KubeVirt>(assumed)},
               .error = {}});
}

void load_time_zones(reflect::Store& store, const FindTimeZone& time_zone) {
  for (const std::string& name : store.missing_time_zones()) {
    if (auto zone = time_zone(name)) store.set_time_zone(std::move(zone).value());
  }
}

}  // namespace

Result<Snapshot> take_snapshot(KubeApi& api, const FindTimeZone& time_zone, const std::string& ns, const PageSink& page) {
  reflect::Store store(all_kinds());
  Snapshot snapshot;
  Reader reader(api, page);
  std::size_t denied = 0;
  for (const auto& watch : all_watches()) {
    const std::string resource(to_string(watch.kind));
    const ResourceType& type = reflect::resource_type(watch.kind);
    Status read = reader.list(watch, "", store, snapshot.gaps);
    const bool may_be_partial = type.namespaced && !ns.empty() && !may_stay_unknown(watch.kind);
    if (!read && read.error().cls == ErrorClass::Denied && may_be_partial) {
      read = reader.list(watch, ns, store, snapshot.gaps);
      if (read) snapshot.gaps.push_back("only namespace " + ns + " is known of " + resource + ": you may not list it everywhere");
    }
    if (read) continue;
    const Error& error = read.error();
    if (error.cls != ErrorClass::Denied && error.cls != ErrorClass::NotFound) return error;
    if (error.cls == ErrorClass::Denied && error.http_status != 403) return error;  // not who we say we are
    ++denied;
    if (may_stay_unknown(watch.kind)) {
      store.apply({.kind = watch.kind, .type = Delta::Type::Problem, .object = {}, .error = error});
    } else {
      store.apply({.kind = watch.kind, .type = Delta::Type::RelistBegin, .object = {}, .error = {}});
      store.apply({.kind = watch.kind, .type = Delta::Type::RelistEnd, .object = {}, .error = {}});
    }
    if (watch.kind == Kind::KubeVirt && error.cls == ErrorClass::Denied) assume_kubevirt(store);
    const bool absent = error.cls == ErrorClass::NotFound;
    snapshot.gaps.push_back((absent ? "there is no " : "you may not list ") + resource + ", so " + consequence(watch.kind) +
                            (absent ? "" : " (" + error.message + ")"));
    if (denied == kAllKinds.size()) return error;
  }
  load_time_zones(store, time_zone);
  snapshot.view = store.view();
  return snapshot;
}

}  // namespace drover
