#include "adapters/http_test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <functional>

#include "base/check.h"

namespace drover::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long kDaySeconds = 24 * 3600;

Key new_key() {
  return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

std::string text_of(const std::function<int(BIO*)>& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
  DROVER_CHECK(write(out.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), &X509_EXTENSION_free);
  DROVER_CHECK(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

Certificate new_certificate(const std::string& name, EVP_PKEY* key) {
  static std::atomic<long> serial = 1;
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDaySeconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

struct CertificateAuthority::Impl {
  Key key = new_key();
  Certificate certificate{nullptr, &X509_free};
};

CertificateAuthority::CertificateAuthority(const std::string& name) : impl_(std::make_unique<Impl>()) {
  impl_->certificate = new_certificate(name, impl_->key.get());
  X509* own = impl_->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  add_extension(own, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(own, NID_key_usage, "critical,keyCertSign,cRLSign");
  DROVER_CHECK(X509_sign(own, impl_->key.get(), EVP_sha256()) > 0);
  certificate_pem_ = text_of([own](BIO* out) { return PEM_write_bio_X509(out, own); });
}

CertificateAuthority::~CertificateAuthority() = default;

Identity CertificateAuthority::issue(const std::string& name, const std::string& alternative_names) const {
  const Key key = new_key();
  const Certificate certificate = new_certificate(name, key.get());
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(impl_->certificate.get()));
  add_extension(certificate.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  if (!alternative_names.empty()) add_extension(certificate.get(), NID_subject_alt_name, alternative_names);
  DROVER_CHECK(X509_sign(certificate.get(), impl_->key.get(), EVP_sha256()) > 0);
  return {text_of([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); }),
          text_of([&](BIO* out) { return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); })};
}

}  // namespace drover::test
