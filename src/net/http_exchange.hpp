// SPDX-License-Identifier: MIT
#pragma once

// Only for the sources of this folder: whoever includes this compiles Boost.Beast.

#include "net/client_errors.hpp"
#include "net/client_tls.hpp"
#include "net/connection_pool.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace mahavishnu::net {

class http_exchange;

/// What the exchanges of a client share; used on its thread only.
struct client_core {
  explicit client_core(client_options given) : options(std::move(given)) {}

  const client_options options;
  /// First: everything below waits in it.
  boost::asio::io_context context{1};
  client_tls tls{options.ca_file};
  connection_pool pool{context, options};
  std::unordered_map<request_number, std::shared_ptr<http_exchange>> exchanges;
  bool stopping = false;
};

/// A body that is handed on as it comes.
struct piece_body {
  struct value_type {
    std::function<void(std::string_view)> take;
  };

  class reader {
  public:
    template <bool IsRequest, class Fields>
    reader(boost::beast::http::header<IsRequest, Fields>&, value_type& body) : body_(body) {}

    void init(const boost::optional<std::uint64_t>&, boost::beast::error_code& failure) {
      failure = {};
    }
    template <class Buffers>
    std::size_t put(const Buffers& buffers, boost::beast::error_code& failure) {
      failure = {};
      std::size_t taken = 0;
      for (boost::asio::const_buffer piece : boost::beast::buffers_range_ref(buffers)) {
        body_.take({static_cast<const char*>(piece.data()), piece.size()});
        taken += piece.size();
      }
      return taken;
    }
    void finish(boost::beast::error_code& failure) { failure = {}; }

  private:
    value_type& body_;
  };
};

/// One request of a client, from asking for a connection to its callback.
class http_exchange : public std::enable_shared_from_this<http_exchange> {
public:
  http_exchange(client_core& core, request_number number, client_request request, url where,
                answer_callback callback);

  void start();
  void fail(error reason);
  void cancel() { fail(explain_cancelled(where_)); }
  void end_with_client() { fail(explain_end_of_client(where_)); }

private:
  using error_code = boost::system::error_code;
  using response_parser = boost::beast::http::response_parser<piece_body>;

  /// A handler for the step that runs now; it does nothing once the exchange has gone on without
  /// it.
  auto step(void (http_exchange::*next)(error_code)) {
    return [self = shared_from_this(), connection = connection_, attempt = attempt_,
            next](error_code failure, std::size_t = 0) {
      if (!self->has_ended_ && attempt == self->attempt_)
        (*self.*next)(failure);
    };
  }

  void ask_for_connection();
  void use(connection_pool::connection_ptr connection);
  void connect();
  void on_resolved(error_code failure);
  void on_connected(error_code failure);
  void on_secured(error_code failure);

  void send();
  void on_sent(error_code failure);
  void read_head();
  void on_head(error_code failure);
  void take_head();
  void read_body();
  void on_body(error_code failure);
  void take_piece(std::string_view piece);

  void fail(error_code reason);
  void finish();
  void end(result<client_answer> outcome);
  void limit_stage(std::optional<std::chrono::milliseconds> time);
  bool is_last_use() const;

  client_core& core_;
  const request_number number_;
  client_request request_;
  url where_;
  answer_callback callback_;

  request_stage stage_ = request_stage::waiting;
  bool has_ended_ = false;
  /// Number of the connection that is tried: steps of an earlier one come too late.
  unsigned attempt_ = 0;
  /// Number of the limit on a stage: an earlier one may have come due just before it was called
  /// off.
  unsigned limit_ = 0;
  bool was_repeated_ = false;
  unsigned redirections_ = 0;
  unsigned interim_answers_ = 0;
  std::optional<url> redirected_to_;

  boost::asio::steady_timer whole_timer_;
  boost::asio::steady_timer stage_timer_;
  connection_pool::connection_ptr connection_;
  std::string head_;
  std::optional<response_parser> parser_;
  client_answer answer_;
};

} // namespace mahavishnu::net
