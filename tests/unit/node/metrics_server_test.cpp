// SPDX-License-Identifier: BSL-1.0
#include "libim/node/metrics_server.hpp"

#include "libim/net/clock.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/net/http_visitor.hpp"

#include <poll.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using im::net::Loop;
using im::net::test::at;
using im::net::test::bodyOf;
using im::net::test::HttpVisitor;
using im::net::test::statusOf;
using im::node::answerMetrics;
using im::node::IndexFigures;
using im::node::MetricsServer;
using im::node::ProcessMeter;

namespace {

/// A loop that owns figures and changes them all in every turn.
struct Index {
    Index() : server(at("127.0.0.1:0")) {
        loop.atEndOfTurn([this] {
            ++figures.udp.received;
            ++figures.udp.sent;
        });
        server.start(loop, [this] { return figures; });
    }
    [[nodiscard]] std::string get(std::string_view path) const {
        return HttpVisitor(server.local()).get(path);
    }

    Loop loop;
    IndexFigures figures;
    MetricsServer server;
};

/// The value of a sample; -1: not there.
long valueOf(const std::string& page, const std::string& name) {
    const auto at = page.find("\n" + name + " ");
    return at == std::string::npos ? -1 : std::stol(page.substr(at + name.size() + 2));
}

}  // namespace

TEST_CASE("The format of the page is that of the Accept header") {
    const auto ask = [] { return std::optional(IndexFigures{}); };
    const auto plain = answerMetrics({"/metrics", "*/*"}, ask, ProcessMeter());
    CHECK(plain.status == 200);
    CHECK(plain.type == "text/plain; version=0.0.4; charset=utf-8");
    CHECK(plain.body.find("\nimindex_users{") != std::string::npos);
    const auto open =
        answerMetrics({"/metrics", "application/openmetrics-text"}, ask, ProcessMeter());
    CHECK(open.type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
    CHECK(open.body.ends_with("# EOF\n"));
}

TEST_CASE("The process is measured") {
    const ProcessMeter meter;
    const auto before = meter.read();
    CHECK(before.residentBytes > 1 << 20);
    const std::string large(std::size_t{64} << 20U, 'x');
    const auto after = meter.read();
    CHECK(after.residentBytes > before.residentBytes + large.size() / 2);
    CHECK(after.cpu >= before.cpu);
    CHECK(after.cpu > im::Duration{0});
}

TEST_CASE("A loop that does not answer is neither healthy nor measured") {
    const auto ask = [] { return std::optional<IndexFigures>(); };
    for (const char* const path : {"/healthz", "/metrics"}) {
        const auto answer = answerMetrics({path, {}}, ask, ProcessMeter());
        CHECK(answer.status == 503);
        CHECK(answer.body == "the loop has not answered within 1 s\n");
    }
}

TEST_CASE("Other paths are not found, and the loop is not asked") {
    const auto ask = []() -> std::optional<IndexFigures> { throw std::runtime_error("asked"); };
    for (const char* const path : {"/", "/metrics/", "/healthz2", ""})
        CHECK(answerMetrics({path, {}}, ask, ProcessMeter()).status == 404);
}

TEST_CASE("A loop that turns is healthy, one that stands is not, and may become so again") {
    Index index;
    std::atomic<bool> done = false;
    std::string healthy;
    {
        const std::jthread asks([&] {
            healthy = index.get("/healthz");
            done = true;
        });
        while (!done) index.loop.runOnce(10ms);
    }
    CHECK(statusOf(healthy) == "200");
    CHECK(bodyOf(healthy) == "ok\n");

    const auto start = im::net::now();
    CHECK(statusOf(index.get("/healthz")) == "503");
    const auto took = im::net::now() - start;
    CHECK(took >= 1s);
    CHECK(took < 3s);

    done = false;
    {
        const std::jthread asks([&] {
            healthy = index.get("/healthz");
            done = true;
        });
        while (!done) index.loop.runOnce(10ms);
    }
    CHECK(statusOf(healthy) == "200");
}

TEST_CASE(
    "Scrapes in parallel to a turning loop each see one moment of it, and none before the last") {
    Index index;
    constexpr int kThreads = 4;
    std::atomic<int> left = kThreads;
    std::atomic<int> wrong = 0;
    const auto scrape = [&] {
        long last = 0;
        for (int i = 0; i < 50; ++i) {
            const std::string page = index.get("/metrics");
            const long received = valueOf(page, "imindex_received_datagrams_total");
            if (received < last || received != valueOf(page, "imindex_sent_datagrams_total"))
                ++wrong;
            last = received;
        }
        --left;
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < kThreads; ++i) threads.emplace_back(scrape);
        while (left > 0) index.loop.runOnce(1ms);
    }
    CHECK(wrong == 0);
}

TEST_CASE("The end does not wait for who waits for the loop") {
    auto index = std::make_unique<Index>();
    const HttpVisitor waits(index->server.local());
    waits.say("GET /healthz HTTP/1.1\r\n\r\n");
    // Until the question has come.
    pollfd rung{index->loop.descriptor(), POLLIN, 0};
    REQUIRE(::poll(&rung, 1, 5000) == 1);
    const auto start = im::net::now();
    index.reset();
    CHECK(im::net::now() - start < 900ms);
}
