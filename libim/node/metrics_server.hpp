// SPDX-License-Identifier: BSL-1.0
// MetricsServer: /metrics and /healthz of imindex over HTTP.  The loop owns every figure; a
// request asks it for a copy at the end of a turn, and the page is written on the thread of the
// request.  A loop that does not turn is told as such, so /healthz is the health of what serves
// the users and not that of a web server beside it.
//
// Belongs to the loop's thread.  Nothing of it, no thread either, is there until it is made.
#pragma once

#include "libim/base/address.hpp"
#include "libim/net/http_server.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/loop_inquiry.hpp"
#include "libim/node/index_figures.hpp"
#include "libim/node/index_metrics.hpp"

#include <functional>
#include <optional>

namespace im::node {

/// What `request` is answered.  `ask` gives the figures, or nothing when the loop does not
/// answer.
[[nodiscard]] net::HttpResponse answerMetrics(
    const net::HttpRequest& request, const std::function<std::optional<IndexFigures>()>& ask,
    const ProcessMeter& meter);

class MetricsServer {
public:
    /// Healthy is a loop that answers within this time.
    static constexpr Duration kPatience = std::chrono::seconds(1);

    /// Binds.  Throws net::BindError.
    explicit MetricsServer(const Endpoint& where);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    /// Begins to answer.  `figures` is called on the loop's thread, at the end of turns, after
    /// whatever the loop was given for there earlier.  To be called once; `loop` turns no more
    /// after the server's end.
    void start(net::Loop& loop, std::function<IndexFigures()> figures);

    /// With the port the system chose.
    [[nodiscard]] const Endpoint& local() const { return server_.local(); }

private:
    std::optional<IndexFigures> ask();

    ProcessMeter meter_;
    IndexFigures latest_;                      // guarded by inquiry_
    std::optional<net::LoopInquiry> inquiry_;  // from start() on
    net::HttpServer server_;                   // its threads end before the others go
};

}  // namespace im::node
