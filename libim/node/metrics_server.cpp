// SPDX-License-Identifier: BSL-1.0
#include "libim/node/metrics_server.hpp"

#include <string>
#include <utility>

namespace im::node {

namespace {

constexpr int kNotFound = 404;
constexpr int kUnavailable = 503;

}  // namespace

net::HttpResponse answerMetrics(const net::HttpRequest& request,
                                const std::function<std::optional<IndexFigures>()>& ask,
                                const ProcessMeter& meter) {
    const bool metrics = request.path == "/metrics";
    if (!metrics && request.path != "/healthz")
        return {.status = kNotFound, .body = "there are /metrics and /healthz\n"};
    const auto figures = ask();
    if (!figures) {
        const auto seconds =
            std::chrono::duration_cast<std::chrono::seconds>(MetricsServer::kPatience).count();
        return {.status = kUnavailable,
                .body = "the loop has not answered within " + std::to_string(seconds) + " s\n"};
    }
    if (!metrics) return {.body = "ok\n"};
    const MetricsFormat format = formatFor(request.accept);
    return {.type = std::string(contentTypeOf(format)),
            .body = metricsPage(*figures, meter.read(), IM_VERSION, format)};
}

MetricsServer::MetricsServer(const Endpoint& where)
    : server_(where, [this](const net::HttpRequest& request) {
          return answerMetrics(
              request, [this] { return ask(); }, meter_);
      }) {}

/// Else the server's end would wait for who waits for the loop.
MetricsServer::~MetricsServer() {
    if (inquiry_) inquiry_->close();
}

void MetricsServer::start(net::Loop& loop, std::function<IndexFigures()> figures) {
    inquiry_.emplace(loop, [this, figures = std::move(figures)] { latest_ = figures(); });
    server_.start();
}

std::optional<IndexFigures> MetricsServer::ask() {
    std::optional<IndexFigures> copy;
    static_cast<void>(inquiry_->ask(kPatience, [&] { copy = latest_; }));
    return copy;
}

}  // namespace im::node
