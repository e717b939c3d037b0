// SPDX-License-Identifier: BSL-1.0
#include "libim/net/http_server.hpp"

#include "libim/net/clock.hpp"
#include "libim/net/udp_socket.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/net/http_visitor.hpp"

#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using im::net::BindError;
using im::net::HttpLimits;
using im::net::HttpRequest;
using im::net::HttpResponse;
using im::net::HttpServer;
using im::net::test::at;
using im::net::test::bodyOf;
using im::net::test::HttpVisitor;
using im::net::test::statusOf;

namespace {

HttpResponse echo(const HttpRequest& request) {
    if (request.path != "/here") return {.status = 404, .body = "not " + request.path};
    return {.type = "text/x-test", .body = "accept " + request.accept};
}

/// A server that runs.
struct Inn {
    explicit Inn(const HttpLimits& limits = {}, HttpServer::Handler handler = echo)
        : server(at("127.0.0.1:0"), std::move(handler), limits) {
        server.start();
    }
    [[nodiscard]] HttpVisitor visitor() const { return HttpVisitor(server.local()); }

    HttpServer server;
};

std::ptrdiff_t threadsHere() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

bool contains(const std::string& text, std::string_view piece) {
    return text.find(piece) != std::string::npos;
}

}  // namespace

TEST_CASE("A page that is there comes with its type and its length, and the connection ends",
          "[net]") {
    const Inn inn;
    const std::string answer = inn.visitor().get("/here?query=1", "Accept: a/b\r\n");
    CHECK(statusOf(answer) == "200");
    CHECK(contains(answer, "Content-Type: text/x-test\r\n"));
    CHECK(contains(answer, "Content-Length: 10\r\n"));
    CHECK(bodyOf(answer) == "accept a/b");
    CHECK(statusOf(inn.visitor().get("/elsewhere")) == "404");
}

TEST_CASE("Connections are not kept, even for who asks for it", "[net]") {
    const Inn inn;
    const HttpVisitor visitor = inn.visitor();
    CHECK(contains(visitor.get("/here", "Connection: keep-alive\r\n"), "Connection: Close\r\n"));
    CHECK(visitor.isOver());
}

TEST_CASE("HEAD gets the header of the page and no body", "[net]") {
    const Inn inn;
    const std::string answer = inn.visitor().ask("HEAD /here HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(statusOf(answer) == "200");
    CHECK(contains(answer, "Content-Length: 7\r\n"));
    CHECK(bodyOf(answer).empty());
}

TEST_CASE("Other methods get 405 and hear which do", "[net]") {
    const Inn inn;
    for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "BREW"}) {
        const std::string answer =
            inn.visitor().ask(std::string(method) + " /here HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(statusOf(answer) == "405");
        CHECK(contains(answer, "Allow: GET, HEAD\r\n"));
    }
}

TEST_CASE("A request with a body gets 413", "[net]") {
    const Inn inn;
    CHECK(statusOf(inn.visitor().get("/here", "Content-Length: 3\r\n")) == "413");
    CHECK(statusOf(inn.visitor().get("/here", "Transfer-Encoding: chunked\r\n")) == "413");
    CHECK(statusOf(inn.visitor().get("/here", "Content-Length: 0\r\n")) == "200");
}

TEST_CASE("What is no request ends its connection and hurts nobody else", "[net]") {
    const Inn inn;
    for (const std::string& rubbish :
         {std::string("\0\1\2\3\r\n\r\n", 8), std::string("GET\r\n\r\n"), std::string(9000, 'A'),
          "GET /" + std::string(17000, 'x') + " HTTP/1.1\r\n\r\n"}) {
        CHECK(statusOf(inn.visitor().ask(rubbish)) != "200");
    }
    CHECK(statusOf(inn.visitor().get("/here")) == "200");
}

TEST_CASE("A request that does not end is read no further than kLongestRequest", "[net]") {
    const Inn inn;
    const HttpVisitor visitor = inn.visitor();
    visitor.say("GET /here HTTP/1.1\r\n");
    for (std::size_t said = 0; said < HttpServer::kLongestRequest; said += 1000)
        visitor.say("A: " + std::string(995, 'x') + "\r\n");
    CHECK(statusOf(visitor.hear()) != "200");
}

TEST_CASE("A visitor that drips is cut off when its time is up", "[net]") {
    const Inn inn({.threads = 1, .waiting = 4, .longest = 200ms});
    const HttpVisitor visitor = inn.visitor();
    const auto start = im::net::now();
    visitor.say("GET /here HTTP/1.1\r\n");
    for (int i = 0; i < 5; ++i) {
        visitor.say("A");
        static_cast<void>(::poll(nullptr, 0, 70));
    }
    CHECK(statusOf(visitor.hear()) != "200");
    CHECK(im::net::now() - start < 2s);
    CHECK(statusOf(inn.visitor().get("/here")) == "200");
}

TEST_CASE("Silent visitors delay others by their time at most, not by its multiple", "[net]") {
    const Inn inn({.threads = 1, .waiting = 8, .longest = 300ms});
    std::vector<HttpVisitor> silent;
    for (int i = 0; i < 6; ++i) silent.push_back(inn.visitor());
    static_cast<void>(::poll(nullptr, 0, 400));
    // Their time has run while they waited for the one thread.
    const auto start = im::net::now();
    CHECK(statusOf(inn.visitor().get("/here")) == "200");
    CHECK(im::net::now() - start < 250ms);
}

TEST_CASE("Above the limits a connection is closed as it comes", "[net]") {
    const Inn inn({.threads = 1, .waiting = 2, .longest = 1500ms});
    std::vector<HttpVisitor> many;
    for (int i = 0; i < 20; ++i) many.push_back(inn.visitor());
    const auto start = im::net::now();
    CHECK(many.back().isOver());
    CHECK(im::net::now() - start < 1s);
}

TEST_CASE("A reader that takes nothing costs its time and no more", "[net]") {
    const Inn inn({.threads = 1, .waiting = 4, .longest = 300ms}, [](const HttpRequest& request) {
        const std::size_t size = request.path == "/large" ? std::size_t{64} << 20U : 1;
        return HttpResponse{.body = std::string(size, 'x')};
    });
    const HttpVisitor lazy = inn.visitor();
    lazy.say("GET /large HTTP/1.1\r\n\r\n");
    static_cast<void>(::poll(nullptr, 0, 500));
    CHECK(statusOf(inn.visitor().get("/small")) == "200");
}

TEST_CASE("A handler that throws is an error of its request alone", "[net]") {
    const Inn inn({}, [](const HttpRequest& request) -> HttpResponse {
        if (request.path == "/throw") throw std::runtime_error("as the test wants it");
        return {.body = "fine"};
    });
    CHECK(statusOf(inn.visitor().get("/throw")) != "200");
    CHECK(bodyOf(inn.visitor().get("/")) == "fine");
}

TEST_CASE("Several requests are answered at once", "[net]") {
    std::atomic<int> inside = 0;
    std::atomic<bool> met = false;
    const Inn inn({.threads = 2, .waiting = 4, .longest = 5s}, [&](const HttpRequest&) {
        ++inside;
        for (int i = 0; i < 300 && !met; ++i) {
            met = met || inside == 2;
            static_cast<void>(::poll(nullptr, 0, 10));
        }
        return HttpResponse{};
    });
    {
        const std::jthread other([&] { static_cast<void>(inn.visitor().get("/")); });
        static_cast<void>(inn.visitor().get("/"));
    }
    CHECK(met);
}

TEST_CASE("The end of a server does not wait for visitors that are slow", "[net]") {
    auto inn = std::make_unique<Inn>();
    const HttpVisitor silent = inn->visitor();
    const HttpVisitor half = inn->visitor();
    half.say("GET /here HT");
    CHECK(statusOf(inn->visitor().get("/here")) == "200");
    const auto start = im::net::now();
    inn.reset();
    CHECK(im::net::now() - start < 1s);
    CHECK(silent.isOver());
    CHECK(half.isOver());
}

TEST_CASE("There is no thread before start, and none after the end", "[net]") {
    const auto before = threadsHere();
    {
        HttpServer server(at("127.0.0.1:0"), echo);
        CHECK(threadsHere() == before);
        server.start();
        CHECK(threadsHere() > before);
    }
    CHECK(threadsHere() == before);
}

TEST_CASE("A web server's port that is in use is a BindError that says which", "[net]") {
    const HttpServer first(at("127.0.0.1:0"), echo);
    try {
        const HttpServer second(first.local(), echo);
        FAIL("two servers on one port");
    } catch (const BindError& e) {
        CHECK(e.errnum() == EADDRINUSE);
        CHECK(contains(e.what(), "TCP " + first.local().toString()));
    }
}

TEST_CASE("A web server takes its port again over connections that have just ended", "[net]") {
    im::Endpoint where;
    {
        const Inn inn;
        where = inn.server.local();
        CHECK(statusOf(inn.visitor().get("/here")) == "200");
    }
    CHECK_NOTHROW(HttpServer(where, echo));
}

TEST_CASE("Without a descriptor for a visitor the server rests and then goes on", "[net]") {
    const Inn inn;
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const HttpVisitor waiting = inn.visitor();
    CHECK(statusOf(waiting.get("/here")) == "200");
    const HttpVisitor unlucky = [&] {
        const HttpVisitor first = inn.visitor();
        CHECK(statusOf(first.get("/here")) == "200");
        return inn.visitor();
    }();
    const rlimit none{3, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &none);
    rusage start{};
    ::getrusage(RUSAGE_SELF, &start);
    static_cast<void>(::poll(nullptr, 0, 300));
    rusage end{};
    ::getrusage(RUSAGE_SELF, &end);
    ::setrlimit(RLIMIT_NOFILE, &before);
    CHECK(end.ru_utime.tv_sec * 1000000 + end.ru_utime.tv_usec + end.ru_stime.tv_sec * 1000000 +
              end.ru_stime.tv_usec - start.ru_utime.tv_sec * 1000000 - start.ru_utime.tv_usec -
              start.ru_stime.tv_sec * 1000000 - start.ru_stime.tv_usec <
          100'000);
    CHECK(statusOf(unlucky.get("/here")) == "200");
}
