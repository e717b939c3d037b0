// SPDX-License-Identifier: BSL-1.0
#include "libim/net/http_server.hpp"

#include "libim/net/http_sockets.hpp"
#include "libim/net/sockaddr.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/ThreadPool.h>

#include <optional>
#include <utility>

namespace im::net {

namespace {

using Poco::Net::HTTPRequest;
using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;

// Threads that have nothing to do end after this; one stays for the next scrape.  Short, because
// POCO wakes them once when it stops, and one that begins to wait just then waits to the end.
constexpr int kThreadIdleSeconds = 1;

bool hasBody(const HTTPServerRequest& request) {
    return request.getChunkedTransferEncoding() ||
           (request.hasContentLength() && request.getContentLength64() > 0);
}

HttpResponse answerTo(const HTTPServerRequest& request, const HttpServer::Handler& handler) {
    const std::string& method = request.getMethod();
    if (method != HTTPRequest::HTTP_GET && method != HTTPRequest::HTTP_HEAD)
        return {.status = 405, .body = "only GET and HEAD\n"};
    if (hasBody(request)) return {.status = 413, .body = "no body wanted\n"};
    const std::string& uri = request.getURI();
    return handler({uri.substr(0, uri.find('?')), request.get("Accept", {})});
}

class Answering final : public Poco::Net::HTTPRequestHandler {
public:
    explicit Answering(const HttpServer::Handler& handler) : handler_(handler) {}

    void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
        const HttpResponse answer = answerTo(request, handler_);
        response.setStatusAndReason(static_cast<HTTPServerResponse::HTTPStatus>(answer.status));
        if (answer.status == 405) response.set("Allow", "GET, HEAD");
        response.setContentType(answer.type);
        response.set("Cache-Control", "no-store");
        response.sendBuffer(answer.body.data(), answer.body.size());
    }

private:
    const HttpServer::Handler& handler_;
};

class Answerers final : public Poco::Net::HTTPRequestHandlerFactory {
public:
    explicit Answerers(HttpServer::Handler handler) : handler_(std::move(handler)) {}

    Poco::Net::HTTPRequestHandler* createRequestHandler(
        const HTTPServerRequest& /*request*/) override {
        return new Answering(handler_);
    }

private:
    HttpServer::Handler handler_;
};

Poco::Net::HTTPServerParams* paramsOf(const HttpLimits& limits) {
    auto* const params = new Poco::Net::HTTPServerParams;
    params->setKeepAlive(false);
    params->setMaxThreads(limits.threads);
    params->setMaxQueued(limits.waiting);
    params->setThreadIdleTime(kThreadIdleSeconds * Poco::Timespan::SECONDS);
    return params;
}

}  // namespace

class HttpServer::Running {
public:
    Running(const Endpoint& local, Handler handler, const HttpLimits& limits)
        : limits_(limits),
          door_(new HttpDoor(local, limits.longest)),
          socket_(door_),
          local_(localEndpoint(static_cast<int>(door_->sockfd()))),
          handler_(std::move(handler)) {}

    ~Running() {
        if (!server_) return;
        door_->wake();
        server_->stopAll(true);
        threads_->joinAll();
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    void start() {
        threads_.emplace(1, limits_.threads);
        server_.emplace(new Answerers(std::move(handler_)), *threads_, socket_, paramsOf(limits_));
        server_->start();
    }

    [[nodiscard]] const Endpoint& local() const { return local_; }

private:
    HttpLimits limits_;
    HttpDoor* door_;  // socket_ owns it
    HttpServerSocket socket_;
    Endpoint local_;
    Handler handler_;  // until start()
    std::optional<Poco::ThreadPool> threads_;
    std::optional<Poco::Net::HTTPServer> server_;
};

HttpServer::HttpServer(const Endpoint& local, Handler handler, const HttpLimits& limits)
    : running_(std::make_unique<Running>(local, std::move(handler), limits)) {}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
    running_->start();
}

const Endpoint& HttpServer::local() const {
    return running_->local();
}

}  // namespace im::net
