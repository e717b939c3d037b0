// SPDX-License-Identifier: BSL-1.0
// HttpServer: answers GET and HEAD with short pages, for metrics and health checks.  POCO's HTTP
// server on sockets that keep to the limits below; its types stay behind this header.
//
// It is no part of a loop: it has threads of its own, one that accepts and up to
// HttpLimits::threads that answer, none before start().  The object belongs to one thread; the
// handler is called on the server's, several at a time.
//
// A visitor is one request on one connection, of which at most kLongestRequest bytes are read,
// and all of it within HttpLimits::longest.  So a slow one costs a thread for that long, and only
// other visitors ever wait for it.  Answered here: 405 to other methods, 413 to a request with a
// body, 400 to what is no request.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/time.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace im::net {

struct HttpRequest {
    std::string path;    ///< without the query
    std::string accept;  ///< the header of that name
};

struct HttpResponse {
    int status = 200;
    std::string type = "text/plain; charset=utf-8";
    std::string body;
};

struct HttpLimits {
    /// Requests answered at once.
    int threads = 4;
    /// Connections that wait for a thread; above, one is closed as soon as it comes.
    int waiting = 12;
    /// From accept to the last byte handed to the kernel.
    Duration longest = std::chrono::seconds(5);
};

class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;

    static constexpr std::size_t kLongestRequest = 16384;

    /// Binds and listens.  Port 0: any free one.  Throws BindError.
    HttpServer(const Endpoint& local, Handler handler, const HttpLimits& limits = {});
    /// Ends what is under way; waits for handlers that are running.
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    /// Begins to answer.  To be called once.
    void start();

    /// With the port the system chose.
    [[nodiscard]] const Endpoint& local() const;

private:
    class Running;  // POCO's side
    std::unique_ptr<Running> running_;
};

}  // namespace im::net
