// SPDX-License-Identifier: MIT
#include "net/client_tls.hpp"

#include <boost/system/system_error.hpp>

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

result<context*> client_tls::get() {
  if (made_)
    return &*made_;
  error_code failure;
  try {
    made_.emplace(context::tls_client);
  } catch (const boost::system::system_error& caught) {
    return error{errc::io_failed,
                 std::string("cannot prepare TLS: ") + caught.what() + "; there is no memory left"};
  }
  made_->set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 |
                         context::no_tlsv1 | context::no_tlsv1_1,
                     failure);
  if (ca_file_.empty())
    made_->set_default_verify_paths(failure);
  else
    made_->load_verify_file(ca_file_, failure);
  if (failure) {
    made_.reset();
    return unreadable(ca_file_, failure);
  }
  return &*made_;
}

} // namespace mahavishnu::net
