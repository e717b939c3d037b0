// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_figures.hpp"

#include <numeric>
#include <string_view>

namespace im::node {

namespace {

void append(std::string& line, std::string_view name, std::uint64_t value) {
    if (!line.empty()) line += ' ';
    line.append(name).append("=").append(std::to_string(value));
}

/// One number for each value of `Reason`.
template <typename Reason, typename Counts>
void appendEach(std::string& line, const std::string& prefix, const Counts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i)
        append(line, prefix + std::string(toString(static_cast<Reason>(i))), counts[i]);
}

void appendSealed(std::string& line, const IndexFigures& figures) {
    const index::SealedCounters& of = figures.sealed;
    append(line, "sealed-users", figures.sealedUsers);
    append(line, "sealed-names", figures.names);
    append(line, "sealed-frames", of.frames);
    append(line, "sealed-hellos", of.hellos);
    append(line, "sealed-inits-put-off", figures.inits.putOff);
    append(line, "sealed-inits-shed", figures.inits.shed);
    append(line, "sealed-logins", of.logins);
    append(line, "sealed-takeovers", of.takeovers);
    append(line, "sealed-claims", of.claims);
    append(line, "sealed-logouts",
           std::accumulate(of.logouts.begin(), of.logouts.end(), std::uint64_t{0}));
    append(line, "sealed-lookups", of.lookups);
    append(line, "sealed-syncs", of.syncs);
    append(line, "sealed-resyncs", of.resyncs);
    append(line, "sealed-deltas", of.deltas);
    append(line, "sealed-rosters", of.rosters);
    append(line, "sealed-refused",
           std::accumulate(of.refused.begin(), of.refused.end(), std::uint64_t{0}));
}

void appendNetwork(std::string& line, const IndexFigures& figures) {
    append(line, "sent", figures.udp.sent);
    append(line, "receive-buffer", figures.receiveBuffer);
    append(line, "lost-receive-buffer-full", figures.udp.overrun);
    append(line, "unsent-refused", figures.udp.refused);
    append(line, "unsent-congested", figures.udp.congested);
    append(line, "unsent-no-socket", figures.homeless);
    append(line, "roster-shed", figures.tcp.shed);
    append(line, "roster-slow", figures.tcp.slow);
    append(line, "no-descriptor", figures.tcp.noDescriptor);
}

}  // namespace

std::string counterLine(const IndexFigures& figures) {
    std::string line;
    const index::Counters& of = figures.index;
    append(line, "users", figures.tables.users);
    append(line, "pending", figures.tables.pending);
    append(line, "datagrams", of.datagrams);
    append(line, "logins", of.logins);
    append(line, "renewals", of.renewals);
    append(line, "logouts",
           std::accumulate(of.logouts.begin(), of.logouts.end(), std::uint64_t{0}));
    appendEach<index::LogoutReason>(line, "logouts-", of.logouts);
    append(line, "announcements", of.announcements);
    append(line, "rosters", of.rosters);
    appendEach<index::Refusal>(line, "refused-", of.refused);
    appendSealed(line, figures);
    appendNetwork(line, figures);
    append(line, "state-commits", figures.store.commits);
    append(line, "state-failures", figures.store.failures);
    append(line, "state-unwritten", figures.store.unwritten);
    return line;
}

}  // namespace im::node
