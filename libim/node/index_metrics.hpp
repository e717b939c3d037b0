// SPDX-License-Identifier: BSL-1.0
// The metrics of imindex: which there are, what they are called, what they mean.  Names follow
// the Prometheus naming rules and are a promise: they grow, they are not renamed.  Each stands in
// imindex(8) and in contrib/grafana (a test holds both).
#pragma once

#include "libim/node/index_figures.hpp"
#include "libim/node/metrics_page.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace im::node {

/// What this process has taken from the system; no affair of the loop.
struct ProcessFigures {
    std::uint64_t residentBytes = 0;
    Duration cpu{0};
};

/// Asks the system for them.  The file that tells is opened once, so that the process may give up
/// opening files afterwards.
class ProcessMeter {
public:
    ProcessMeter();
    ~ProcessMeter();
    ProcessMeter(const ProcessMeter&) = delete;
    ProcessMeter& operator=(const ProcessMeter&) = delete;

    /// For any thread.
    [[nodiscard]] ProcessFigures read() const;

private:
    int statm_;
};

/// The page of /metrics.
[[nodiscard]] std::string metricsPage(const IndexFigures& figures, const ProcessFigures& process,
                                      std::string_view version, MetricsFormat format);

}  // namespace im::node
