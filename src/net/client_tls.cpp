// SPDX-License-Identifier: MIT
#include "net/client_tls.hpp"

#include <boost/system/system_error.hpp>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

namespace mahavishnu::net {

using boost::asio::ssl::context;
using boost::system::error_code;

namespace {

error unreadable(const std::string& ca_file, const error_code& failure) {
  return {errc::invalid_settings,
          "cannot read the certificates of authorities in '" +
              (ca_file.empty() ? std::string("the system's place") : ca_file) +
              "': " + failure.message() + "; give a readable file in PEM"};
}

} // namespace

result<context> client_tls::make() const {
  std::optional<context> made;
  try {
    made.emplace(context::tls_client);
  } catch (const boost::system::system_error& caught) {
    return error{errc::io_failed,
                 std::string("cannot prepare TLS: ") + caught.what() + "; there is no memory left"};
  }
  error_code failure;
  made->set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 |
                        context::no_tlsv1 | context::no_tlsv1_1,
                    failure);
  if (ca_file_.empty())
    made->set_default_verify_paths(failure);
  else
    made->load_verify_file(ca_file_, failure);
  if (failure)
    return unreadable(ca_file_, failure);
  // What is in the file is trusted, also when who signed it is not.
  if (!ca_file_.empty())
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(made->native_handle()),
                                X509_V_FLAG_PARTIAL_CHAIN);
  return std::move(*made);
}

result<context*> client_tls::get() {
  std::error_code unknown;
  auto changed = ca_file_.empty() ? changed_ : std::filesystem::last_write_time(ca_file_, unknown);
  if (made_ && (unknown || changed == changed_))
    return &*made_;
  auto made = make();
  if (made) {
    // Connections keep what they were made with.
    made_ = std::move(*made);
    changed_ = changed;
  }
  if (!made_)
    return made.error();
  return &*made_;
}

} // namespace mahavishnu::net
