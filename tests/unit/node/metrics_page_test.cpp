// SPDX-License-Identifier: BSL-1.0
#include "libim/node/metrics_page.hpp"

#include "tests/support/catch.hpp"

#include <string>

using namespace std::chrono_literals;
using im::DurationHistogram;
using im::node::contentTypeOf;
using im::node::formatFor;
using im::node::MetricsFormat;
using im::node::MetricsPage;

TEST_CASE("A counter has _total in its samples, and in its plain family name too") {
    MetricsPage open(MetricsFormat::OpenMetrics);
    open.counter({"x_bytes", "What it is.", "bytes"}, std::uint64_t{5});
    CHECK(open.finish() ==
          "# TYPE x_bytes counter\n# UNIT x_bytes bytes\n# HELP x_bytes What it is.\n"
          "x_bytes_total 5\n# EOF\n");
    MetricsPage plain(MetricsFormat::Plain);
    plain.counter({"x_bytes", "What it is.", "bytes"}, std::uint64_t{5});
    CHECK(plain.finish() ==
          "# TYPE x_bytes_total counter\n# HELP x_bytes_total What it is.\nx_bytes_total 5\n");
}

TEST_CASE("Labels stand in the order given, their values escaped") {
    MetricsPage page(MetricsFormat::Plain);
    page.gauges({"x", "h"});
    page.add({{"a", "1"}, {"b", "a\"b\\c\nd"}}, std::uint64_t{7});
    page.add({}, std::uint64_t{8});
    CHECK(page.finish() == "# TYPE x gauge\n# HELP x h\nx{a=\"1\",b=\"a\\\"b\\\\c\\nd\"} 7\nx 8\n");
}

TEST_CASE("A quote in help is escaped in OpenMetrics only") {
    for (const auto& [format, help] :
         {std::pair{MetricsFormat::OpenMetrics, R"(say \"\\\" and \n)"},
          std::pair{MetricsFormat::Plain, R"(say "\\" and \n)"}}) {
        MetricsPage page(format);
        page.gauges({"x", "say \"\\\" and \n"});
        CHECK(page.finish().find(std::string("# HELP x ") + help + "\n") != std::string::npos);
    }
}

TEST_CASE("Times are in seconds, exact to the nanosecond, without idle zeros") {
    const auto shown = [](im::Duration time) {
        MetricsPage page(MetricsFormat::Plain);
        page.gauge({"t", "h"}, time);
        const std::string text = page.finish();
        return text.substr(text.find("\nt ") + 3);
    };
    CHECK(shown(0s) == "0\n");
    CHECK(shown(1ns) == "0.000000001\n");
    CHECK(shown(1500ms) == "1.5\n");
    CHECK(shown(100s) == "100\n");
    CHECK(shown(1'795'384'168'512ms) == "1795384168.512\n");
    CHECK(shown(-1s) == "0\n");
}

TEST_CASE("A histogram is cumulative, and its bounds are spelled as OpenMetrics wants them") {
    DurationHistogram histogram;
    histogram.note(10us);
    histogram.note(80us);
    histogram.note(20s);
    MetricsPage page(MetricsFormat::OpenMetrics);
    page.histogram({"t_seconds", "h", "seconds"}, histogram);
    CHECK(page.finish() == R"(# TYPE t_seconds histogram
# UNIT t_seconds seconds
# HELP t_seconds h
t_seconds_bucket{le="1e-05"} 1
t_seconds_bucket{le="5e-05"} 1
t_seconds_bucket{le="0.0001"} 2
t_seconds_bucket{le="0.0005"} 2
t_seconds_bucket{le="0.001"} 2
t_seconds_bucket{le="0.005"} 2
t_seconds_bucket{le="0.01"} 2
t_seconds_bucket{le="0.05"} 2
t_seconds_bucket{le="0.1"} 2
t_seconds_bucket{le="0.5"} 2
t_seconds_bucket{le="1.0"} 2
t_seconds_bucket{le="5.0"} 2
t_seconds_bucket{le="10.0"} 2
t_seconds_bucket{le="+Inf"} 3
t_seconds_sum 20.00009
t_seconds_count 3
# EOF
)");
}

TEST_CASE("What is info in OpenMetrics is a gauge of 1 in the plain format") {
    MetricsPage open(MetricsFormat::OpenMetrics);
    open.info({"x_build", "h"}, {{"version", "1"}});
    CHECK(open.finish() ==
          "# TYPE x_build info\n# HELP x_build h\n"
          "x_build_info{version=\"1\"} 1\n# EOF\n");
    MetricsPage plain(MetricsFormat::Plain);
    plain.info({"x_build", "h"}, {{"version", "1"}});
    CHECK(plain.finish() ==
          "# TYPE x_build_info gauge\n# HELP x_build_info h\n"
          "x_build_info{version=\"1\"} 1\n");
}

TEST_CASE("OpenMetrics goes to who names it, the plain format to all others") {
    CHECK(formatFor("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5") ==
          MetricsFormat::OpenMetrics);
    CHECK(formatFor("text/html,*/*") == MetricsFormat::Plain);
    CHECK(formatFor("") == MetricsFormat::Plain);
    CHECK(contentTypeOf(MetricsFormat::OpenMetrics) ==
          "application/openmetrics-text; version=1.0.0; charset=utf-8");
    CHECK(contentTypeOf(MetricsFormat::Plain) == "text/plain; version=0.0.4; charset=utf-8");
}
