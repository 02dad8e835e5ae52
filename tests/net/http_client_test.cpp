// SPDX-License-Identifier: MIT
#include "net/client_support.hpp"

#include <atomic>

using namespace mahavishnu;
using namespace mahavishnu::test;
using namespace std::chrono_literals;

TEST_CASE("a request is answered with status, headers and body") {
  auto server = open_server(echo);
  auto one = open_client();
  auto answer = exchange(*one, ask_for(url_of(*server, "/path?query")));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "GET /path?query ");
  REQUIRE(net::find_header(answer->headers, "content-type"));
  CHECK(*net::find_header(answer->headers, "content-type") == "text/plain");
}

TEST_CASE("method, headers and body arrive, and the client's own headers are not overruled") {
  std::promise<http_request> seen;
  auto server = open_server([&](http_request request, http_answer answer) {
    seen.set_value(std::move(request));
    answer.reply({});
  });
  auto one = open_client();
  auto request = ask_for(url_of(*server));
  request.method = "POST";
  request.body = std::string(100'000, 'x');
  request.headers = {{"X-Name", "value"}, {"Host", "intruder"}, {"content-length", "1"}};
  CHECK(exchange(*one, std::move(request)));
  auto arrived = wait_for(seen.get_future());
  CHECK(arrived.method == "POST");
  CHECK(arrived.body.size() == 100'000);
  CHECK(*net::find_header(arrived.headers, "x-name") == "value");
  CHECK(*net::find_header(arrived.headers, "host") ==
        "127.0.0.1:" + std::to_string(server->port()));
}

TEST_CASE("a status that says no is an answer and no error") {
  auto server = open_server([](http_request request, http_answer answer) {
    http_response response;
    response.status = request.target == "/500" ? 500 : 404;
    answer.reply(std::move(response));
  });
  auto one = open_client();
  CHECK(exchange(*one, ask_for(url_of(*server, "/500")))->status == 500);
  CHECK(exchange(*one, ask_for(url_of(*server, "/404")))->status == 404);
}

TEST_CASE("HEAD, and an answer without content, have no body to wait for") {
  auto server = open_server([](http_request request, http_answer answer) {
    http_response response;
    response.status = request.target == "/204" ? 204 : 200;
    response.body = "body";
    answer.reply(std::move(response));
  });
  auto one = open_client();
  auto request = ask_for(url_of(*server));
  request.method = "HEAD";
  CHECK(exchange(*one, request)->body.empty());
  CHECK(exchange(*one, ask_for(url_of(*server, "/204")))->status == 204);
  CHECK(exchange(*one, ask_for(url_of(*server)))->body == "body");
}

TEST_CASE("interim answers are passed over, but not for ever") {
  raw_server server{[](raw_connection& connection) {
    auto request = connection.receive();
    connection.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" +
                    raw_answer("done"));
    connection.receive();
    while (connection.send("HTTP/1.1 103 Early Hints\r\n\r\n")) {
    }
  }};
  auto one = open_client();
  CHECK(exchange(*one, ask_for(server.url()))->body == "done");
  CHECK_THAT(failure_of(exchange(*one, ask_for(server.url()))), ContainsSubstring("no HTTP"));
}

TEST_CASE("a body of unknown length ends with the connection or with its last chunk") {
  raw_server server{[](raw_connection& connection) {
    auto request = connection.receive();
    if (request.starts_with("GET /chunks"))
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n");
    else
      connection.send("HTTP/1.1 200 OK\r\n\r\nabcde");
  }};
  auto one = open_client();
  CHECK(exchange(*one, ask_for(server.url("/chunks")))->body == "abcde");
  CHECK(exchange(*one, ask_for(server.url("/end")))->body == "abcde");
}

TEST_CASE("a body can be taken piece by piece, after its head") {
  std::promise<void> first_is_here;
  raw_server server{[&](raw_connection& connection) {
    connection.receive();
    connection.send("HTTP/1.1 200 OK\r\nX-Name: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "3\r\none\r\n");
    if (first_is_here.get_future().wait_for(deadline) != std::future_status::ready)
      return; // the test fails where it waits for the answer
    connection.send("3\r\ntwo\r\n0\r\n\r\n");
  }};
  auto one = open_client();
  auto request = ask_for(server.url());
  std::string seen;
  request.on_head = [&](const net::answer_head& head) {
    seen += std::to_string(head.status) + *net::find_header(head.headers, "x-name") + ' ';
  };
  request.on_piece = [&](std::string_view piece) {
    if (seen.ends_with(' '))
      first_is_here.set_value();
    seen += piece;
  };
  auto answer = exchange(*one, std::move(request));
  REQUIRE(answer);
  CHECK(seen == "200a onetwo");
  CHECK(answer->body.empty());
}

TEST_CASE("a redirection is followed within the origin, and is an answer when it leaves it") {
  auto server = open_server([](http_request request, http_answer answer) {
    http_response response;
    response.body = request.method + request.body;
    if (request.target != "/end") {
      response.status = request.target == "/moved" ? 301 : 307;
      response.body = "elsewhere";
      response.headers = {{"Location", request.target == "/out"    ? "http://127.0.0.1:1/"
                                       : request.target == "/loop" ? "/loop"
                                                                   : "/end"}};
    }
    answer.reply(std::move(response));
  });
  auto one = open_client();
  auto post_to = [&](std::string_view target) {
    auto request = ask_for(url_of(*server, target));
    request.method = "POST";
    request.body = "!";
    return request;
  };
  CHECK(exchange(*one, post_to("/start"))->body == "POST!");
  CHECK(exchange(*one, post_to("/out"))->status == 307);
  CHECK(exchange(*one, post_to("/loop"))->status == 307);
  CHECK(exchange(*one, post_to("/moved"))->status == 301); // would become a GET
  CHECK(exchange(*one, ask_for(url_of(*server, "/moved")))->body == "GET");
}

TEST_CASE("a request that cannot be sent as it is fails before anything is sent") {
  auto one = open_client();
  CHECK(exchange(*one, ask_for("no url")).error().code == errc::invalid_argument);
  auto request = ask_for("http://127.0.0.1:1/");
  request.headers = {{"X", "a\r\nY: b"}};
  CHECK(exchange(*one, request).error().code == errc::invalid_argument);
  request.headers.clear();
  request.method = "GET / HTTP/1.1\r\nX:";
  CHECK(exchange(*one, request).error().code == errc::invalid_argument);
}

TEST_CASE("many requests at once from many threads are all answered") {
  auto server = open_server(echo);
  auto one = open_client();
  constexpr int threads = 4;
  constexpr int each = 100;
  std::vector<std::future<outcome>> outcomes[threads];
  std::vector<std::thread> senders;
  for (int i = 0; i < threads; ++i)
    senders.emplace_back([&, i] {
      for (int k = 0; k < each; ++k)
        outcomes[i].push_back(
            start(*one, ask_for(url_of(*server, "/" + std::to_string(i * each + k)))));
    });
  for (auto& sender : senders)
    sender.join();
  for (int i = 0; i < threads; ++i)
    for (int k = 0; k < each; ++k) {
      auto answer = wait_for(std::move(outcomes[i][static_cast<std::size_t>(k)]));
      REQUIRE(answer);
      CHECK(answer->body == "GET /" + std::to_string(i * each + k) + ' ');
    }
}

TEST_CASE("the end of the client ends every request with an error, waiting ones as well") {
  std::atomic<int> ended = 0;
  raw_server server{[](raw_connection& connection) { connection.wait_for_close(); }};
  client_options options;
  options.max_connections_per_origin = 2;
  auto one = open_client(options);
  std::atomic<int> shut_down = 0;
  auto* client = one.get(); // still there while its destructor runs
  for (int i = 0; i < 10; ++i)
    client->send(ask_for(server.url()), [&, client](const outcome& result) {
      ++ended;
      if (result.has_error() && result.error().code == errc::shutting_down)
        ++shut_down;
      client->send(ask_for(server.url()), [&](const outcome&) { ++ended; });
    });
  one.reset();
  CHECK(ended == 20);
  CHECK(shut_down == 10);
}

TEST_CASE("a delayed task runs in its time, and not once it is called off") {
  std::unique_ptr<http_client::delayed_task> kept;
  std::promise<bool> ran;
  std::promise<void> dropped;
  auto one = open_client();
  one->post([&] {
    auto called_off = one->post_after(0ms, [&] { ran.set_value(false); });
    called_off.reset();
    kept = one->post_after(1ms, [&] { ran.set_value(one->is_own_thread()); });
  });
  CHECK(wait_for(ran.get_future()));
  CHECK_FALSE(one->is_own_thread());
  one->post([&] {
    kept = one->post_after(1h, [] {});
    dropped.set_value();
  });
  wait_for(dropped.get_future());
  one->post([&] { kept.reset(); });
}
