#include "adapters/redfish/credentials.h"

#include "adapters/redfish/document.h"
#include "base/base64.h"

namespace drover::redfish {

Result<Credentials> read_credentials(KubeApi& api, const PowerProfile& profile, const SecretRef& secret, std::stop_token stop) {
  const std::string named =
      "Secret " + secret.ns + "/" + secret.name + ", which PowerProfile " + profile.name + " names in driver.redfish.secret";
  const auto object = api.get(resource::kSecrets, {secret.ns, secret.name}, std::move(stop));
  if (!object) {
    const Error& error = object.error();
    if (error.cls == ErrorClass::NotFound) {
      return Error{ErrorClass::Invalid, named + ", is not there: kubectl -n " + secret.ns + " create secret generic " +
                                            secret.name + " --from-literal=username=... --from-file=password=..."};
    }
    if (error.cls == ErrorClass::Denied) {
      return Error{ErrorClass::Denied, named + ", may not be read: grant Drover's service account get on secrets in namespace " +
                                           secret.ns + " (manifests/rbac.yaml has it for drover-system)"};
    }
    if (error.cls == ErrorClass::Cancelled) return error;
    return Error{ErrorClass::Retryable, named + ", can't be read now: " + error.message};
  }
  const auto document = parse_document(*object);
  Credentials credentials;
  for (const auto& [key, member] : {std::pair{"username", &credentials.user}, std::pair{"password", &credentials.password}}) {
    auto value = document ? decode_base64(text(at(*document, "data", key))) : std::nullopt;
    // What `echo` and editors leave at the end of a file is not meant.
    while (value && (value->ends_with('\n') || value->ends_with('\r'))) value->pop_back();
    if (!value || value->empty()) return Error{ErrorClass::Invalid, named + ", has nothing under key " + key + ": write it there"};
    *member = std::move(*value);
  }
  return credentials;
}

std::string basic_authorization(const Credentials& credentials) {
  return "Basic " + encode_base64(credentials.user + ":" + credentials.password);
}

}  // namespace drover::redfish
