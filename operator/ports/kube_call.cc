#include "ports/kube_call.h"

namespace drover {
namespace {

Result<std::string> without_text(const Status& status) {
  return status ? Result<std::string>(std::string()) : status.error();
}

}  // namespace

Result<std::string> make_call(KubeApi& api, const Call& call, const std::string& field_manager, std::stop_token stop) {
  const WriteOptions options{.dry_run = call.dry_run, .field_manager = field_manager};
  switch (call.verb) {
    case Call::Verb::Get: break;
    case Call::Verb::List: return api.list(call.type, call.list, stop);
    case Call::Verb::Create: return api.create(call.type, call.key.ns, call.body, options, stop);
    case Call::Verb::Replace: return api.replace(call.type, call.key, call.body, options, stop);
    case Call::Verb::Apply: return api.apply(call.type, call.key, call.subresource, call.body, options, stop);
    case Call::Verb::Remove: return without_text(api.remove(call.type, call.key, {.uid = call.uid, .resource_version = ""}, stop));
    case Call::Verb::Evict: return without_text(api.evict(call.key, call.uid, stop));
  }
  return api.get(call.type, call.key, stop);
}

}  // namespace drover
