// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_metrics.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace im::node {

namespace {

constexpr MetricsPage::Label kClassic{"profile", "classic"};
constexpr MetricsPage::Label kSealed{"profile", "sealed"};

/// A row for each reason of an enumeration.
template <typename Reason, typename Counts>
void addReasons(MetricsPage& page, const MetricsPage::Label& profile, const Counts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i)
        page.add({profile, {"reason", toString(static_cast<Reason>(i))}}, counts[i]);
}

void addUsers(MetricsPage& page, const IndexFigures& figures) {
    page.gauges({"imindex_users", "Users online."});
    page.add({kClassic}, figures.tables.users);
    page.add({kSealed}, figures.sealedUsers);
    page.gauges({"imindex_pending_logins", "Logins that wait for their user's roster fetch."});
    page.add({kClassic}, figures.tables.pending);
    page.counters({"imindex_logins", "Users who came online."});
    page.add({kClassic}, figures.index.logins);
    page.add({kSealed}, figures.sealed.logins);
    page.counters({"imindex_renewals", "Logins of users who were online there already."});
    page.add({kClassic}, figures.index.renewals);
    page.counters({"imindex_logouts", "Users who went, by reason."});
    addReasons<index::LogoutReason>(page, kClassic, figures.index.logouts);
    addReasons<index::LogoutReason>(page, kSealed, figures.sealed.logouts);
    page.counters({"imindex_refusals", "Requests that had no effect, by reason."});
    addReasons<index::Refusal>(page, kClassic, figures.index.refused);
    addReasons<index::Refusal>(page, kSealed, figures.sealed.refused);
    page.counters({"imindex_deferred_handshakes",
                   "Sealed handshakes that came while enough were at work, by outcome."});
    page.add({{"outcome", "later"}}, figures.inits.putOff);
    page.add({{"outcome", "shed"}}, figures.inits.shed);
}

void addDatagrams(MetricsPage& page, const IndexFigures& figures) {
    const net::UdpCounters& udp = figures.udp;
    page.counter({"imindex_received_datagrams", "Datagrams taken from the kernel."}, udp.received);
    page.counter({"imindex_received_bytes", "Bytes of their payloads.", "bytes"},
                 udp.receivedBytes);
    page.counter({"imindex_receive_overruns", "Datagrams lost because a receive buffer was full."},
                 udp.overrun);
    page.counter({"imindex_sent_datagrams", "Datagrams handed to the kernel."}, udp.sent);
    page.counter({"imindex_sent_bytes", "Bytes of their payloads.", "bytes"}, udp.sentBytes);
    page.counter({"imindex_sent_trains", "Messages that held several datagrams."}, udp.trains);
    page.counters({"imindex_unsent_datagrams", "Datagrams not sent, by reason."});
    page.add({{"reason", "refused"}}, udp.refused);
    page.add({{"reason", "congested"}}, udp.congested);
    page.add({{"reason", "no-socket"}}, figures.homeless);
    page.gauges(
        {"imindex_socket_buffer_bytes", "Socket buffers as the kernel granted them.", "bytes"});
    for (const IndexFigures::Socket& socket : figures.sockets) {
        const std::string local = socket.local.toString();
        page.add({{"socket", local}, {"direction", "receive"}}, socket.receiveBuffer);
        page.add({{"socket", local}, {"direction", "send"}}, socket.sendBuffer);
    }
}

void addFanOuts(MetricsPage& page, const IndexFigures& figures) {
    const net::FanOutCounters& fanOuts = figures.fanOuts;
    page.counter({"imindex_announcements", "Logins and logouts told, each time to one user."},
                 figures.index.announcements);
    page.gauge({"imindex_fanout_waiting_users", "Users who have not heard all that is being told."},
               std::uint64_t{figures.tables.waiting});
    page.gauge({"imindex_fanout_gathered_announcements", "What is to be told after that."},
               std::uint64_t{figures.tables.gathered});
    page.gauge({"imindex_fanout_lag_seconds", "Since what is being told was begun.", "seconds"},
               figures.tables.lag);
    page.gauge({"imindex_fanout_last_datagrams", "Announcements that the last fan-out had."},
               fanOuts.last);
    page.gauge({"imindex_fanout_largest_datagrams", "Announcements that the largest one had."},
               fanOuts.largest);
    page.gauge({"imindex_fanout_last_seconds", "Time that the last fan-out took.", "seconds"},
               fanOuts.lastTook);
    page.histogram({"imindex_fanout_seconds", "Time that fan-outs took.", "seconds"},
                   fanOuts.times);
}

void addRoster(MetricsPage& page, const IndexFigures& figures) {
    const net::TcpCounters& tcp = figures.tcp;
    page.counter({"imindex_roster_fetches", "Rosters given to who asked."}, figures.index.rosters);
    page.counter({"imindex_roster_bytes", "Bytes of rosters handed to the kernel.", "bytes"},
                 tcp.bytes);
    page.gauge({"imindex_roster_connections", "TCP connections open."},
               std::uint64_t{figures.connections});
    page.counters({"imindex_roster_cut_connections", "TCP connections cut off, by reason."});
    page.add({{"reason", "shed"}}, tcp.shed);
    page.add({{"reason", "slow"}}, tcp.slow);
    page.counter({"imindex_descriptor_shortages", "Times that no descriptor was left to accept."},
                 tcp.noDescriptor);
}

void addStore(MetricsPage& page, const IndexFigures& figures) {
    const index::StoreFigures& store = figures.store;
    page.counter({"imindex_state_commits", "Commits to the state file that succeeded."},
                 store.commits);
    page.counter({"imindex_state_commit_failures", "Commits that failed or took too long."},
                 store.failures);
    page.gauge({"imindex_state_unwritten_changes", "Changes that only memory knows."},
               std::uint64_t{store.unwritten});
    page.gauge({"imindex_state_commit_lag_seconds",
                "Time from a change to its commit, the latest or the one under way.", "seconds"},
               store.lag);
}

void addTables(MetricsPage& page, const IndexFigures& figures) {
    const index::TableFigures& tables = figures.tables;
    page.gauge({"imindex_name_table_entries", "Names in the table of names."},
               std::uint64_t{tables.users});
    page.gauge({"imindex_name_table_slots", "Slots of that table; it grows at three quarters."},
               std::uint64_t{tables.nameSlots});
    page.gauges({"imindex_rate_buckets", "Sources that have used some of their allowance."});
    page.add({{"limit", "requests"}}, tables.requests.inUse);
    page.add({{"limit", "announcements"}}, tables.announcements.inUse);
    page.add({{"limit", "answers"}}, tables.answers.inUse);
    page.gauges({"imindex_rate_bucket_room", "Sources for which there is room so far."});
    page.add({{"limit", "requests"}}, tables.requests.room);
    page.add({{"limit", "announcements"}}, tables.announcements.room);
    page.add({{"limit", "answers"}}, tables.answers.room);
}

void addProcess(MetricsPage& page, const IndexFigures& figures, const ProcessFigures& process) {
    page.histogram(
        {"imindex_turn_seconds", "Time from a wake-up of the loop to its next wait.", "seconds"},
        figures.turns);
    page.gauge({"process_start_time_seconds", "When it began to serve, since 1970.", "seconds"},
               Duration(figures.startedAt.time_since_epoch()));
    page.gauge({"process_resident_memory_bytes", "Memory that is in use.", "bytes"},
               process.residentBytes);
    page.counter({"process_cpu_seconds", "Processor time of all threads.", "seconds"}, process.cpu);
}

Duration durationOf(const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

/// The second number of /proc/self/statm; 0 when there is none.
std::uint64_t residentPages(int statm) {
    std::array<char, 128> text{};
    const ssize_t size = ::pread(statm, text.data(), text.size(), 0);
    if (size <= 0) return 0;
    const std::string_view all(text.data(), static_cast<std::size_t>(size));
    const std::string_view second = all.substr(std::min(all.find(' '), all.size() - 1) + 1);
    std::uint64_t pages = 0;
    std::from_chars(second.data(), second.data() + second.size(), pages);
    return pages;
}

}  // namespace

ProcessMeter::ProcessMeter() : statm_(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC)) {}

ProcessMeter::~ProcessMeter() {
    if (statm_ >= 0) ::close(statm_);
}

ProcessFigures ProcessMeter::read() const {
    ProcessFigures process;
    process.residentBytes =
        residentPages(statm_) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0)
        process.cpu = durationOf(usage.ru_utime) + durationOf(usage.ru_stime);
    return process;
}

std::string metricsPage(const IndexFigures& figures, const ProcessFigures& process,
                        std::string_view version, MetricsFormat format) {
    MetricsPage page(format);
    page.info({"imindex_build", "The program."}, {{"version", version}});
    addUsers(page, figures);
    addDatagrams(page, figures);
    addFanOuts(page, figures);
    addRoster(page, figures);
    addStore(page, figures);
    addTables(page, figures);
    addProcess(page, figures, process);
    return page.finish();
}

}  // namespace im::node
