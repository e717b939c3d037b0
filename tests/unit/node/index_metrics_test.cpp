// SPDX-License-Identifier: BSL-1.0
#include "libim/node/index_metrics.hpp"

#include "tests/support/catch.hpp"

#include <cstddef>
#include <string>

using namespace std::chrono_literals;
using im::Endpoint;
using im::node::counterLine;
using im::node::IndexFigures;
using im::node::MetricsFormat;
using im::node::metricsPage;
using im::node::ProcessFigures;

namespace {

/// Every number is another one, so that no two can be exchanged.
IndexFigures someFigures() {
    IndexFigures figures;
    figures.startedAt = im::WallTime(1'795'384'168'512ms);
    figures.index.datagrams = 1;
    figures.index.logins = 2;
    figures.index.renewals = 3;
    figures.index.logouts = {4, 5, 6, 7};
    figures.index.announcements = 8;
    figures.index.rosters = 9;
    for (std::size_t i = 0; i < figures.index.refused.size(); ++i)
        figures.index.refused[i] = 10 + i;
    figures.tables = {.users = 30,
                      .pending = 31,
                      .nameSlots = 32,
                      .waiting = 44,
                      .gathered = 45,
                      .lag = 46ms,
                      .requests = {33, 34},
                      .announcements = {35, 36},
                      .answers = {37, 38}};
    figures.sealedUsers = 110;
    figures.sealed.logins = 111;
    figures.sealed.logouts = {112, 113, 114, 115};
    for (std::size_t i = 0; i < figures.sealed.refused.size(); ++i)
        figures.sealed.refused[i] = 120 + i;
    figures.inits = {.putOff = 134, .shed = 135};
    figures.udp = {.received = 40,
                   .receivedBytes = 41,
                   .overrun = 42,
                   .sent = 43,
                   .sentBytes = 44,
                   .trains = 45,
                   .refused = 46,
                   .congested = 47};
    figures.homeless = 48;
    figures.fanOuts.last = 50;
    figures.fanOuts.largest = 51;
    figures.fanOuts.lastTook = 52ms;
    figures.fanOuts.times.note(52ms);
    figures.fanOuts.times.note(11s);
    figures.sockets = {{Endpoint::parse("127.0.0.1:4649").value(), 60, 61},
                       {Endpoint::parse("[::1]:4649").value(), 62, 63}};
    figures.receiveBuffer = 64;
    figures.store = {.commits = 70, .failures = 71, .unwritten = 72, .lag = 73ms};
    figures.tcp = {.accepted = 80,
                   .served = 81,
                   .bytes = 82,
                   .refused = 83,
                   .shed = 84,
                   .slow = 85,
                   .noDescriptor = 86};
    figures.connections = 87;
    figures.turns.note(90us);
    return figures;
}

constexpr ProcessFigures kProcess{.residentBytes = 91, .cpu = 92ms};

constexpr const char* kPage = R"(# TYPE imindex_build info
# HELP imindex_build The program.
imindex_build_info{version="1.2.3"} 1
# TYPE imindex_users gauge
# HELP imindex_users Users online.
imindex_users{profile="classic"} 30
imindex_users{profile="sealed"} 110
# TYPE imindex_pending_logins gauge
# HELP imindex_pending_logins Logins that wait for their user's roster fetch.
imindex_pending_logins{profile="classic"} 31
# TYPE imindex_logins counter
# HELP imindex_logins Users who came online.
imindex_logins_total{profile="classic"} 2
imindex_logins_total{profile="sealed"} 111
# TYPE imindex_renewals counter
# HELP imindex_renewals Logins of users who were online there already.
imindex_renewals_total{profile="classic"} 3
# TYPE imindex_logouts counter
# HELP imindex_logouts Users who went, by reason.
imindex_logouts_total{profile="classic",reason="bye"} 4
imindex_logouts_total{profile="classic",reason="lease"} 5
imindex_logouts_total{profile="classic",reason="replaced"} 6
imindex_logouts_total{profile="classic",reason="unreachable"} 7
imindex_logouts_total{profile="sealed",reason="bye"} 112
imindex_logouts_total{profile="sealed",reason="lease"} 113
imindex_logouts_total{profile="sealed",reason="replaced"} 114
imindex_logouts_total{profile="sealed",reason="unreachable"} 115
# TYPE imindex_refusals counter
# HELP imindex_refusals Requests that had no effect, by reason.
imindex_refusals_total{profile="classic",reason="oversize"} 10
imindex_refusals_total{profile="classic",reason="rate"} 11
imindex_refusals_total{profile="classic",reason="denied"} 12
imindex_refusals_total{profile="classic",reason="undecodable"} 13
imindex_refusals_total{profile="classic",reason="not-for-index"} 14
imindex_refusals_total{profile="classic",reason="bad-name"} 15
imindex_refusals_total{profile="classic",reason="bad-endpoint"} 16
imindex_refusals_total{profile="classic",reason="self"} 17
imindex_refusals_total{profile="classic",reason="source-mismatch"} 18
imindex_refusals_total{profile="classic",reason="taken"} 19
imindex_refusals_total{profile="classic",reason="full"} 20
imindex_refusals_total{profile="classic",reason="per-ip"} 21
imindex_refusals_total{profile="classic",reason="unknown-user"} 22
imindex_refusals_total{profile="classic",reason="roster-denied"} 23
imindex_refusals_total{profile="sealed",reason="oversize"} 120
imindex_refusals_total{profile="sealed",reason="rate"} 121
imindex_refusals_total{profile="sealed",reason="denied"} 122
imindex_refusals_total{profile="sealed",reason="undecodable"} 123
imindex_refusals_total{profile="sealed",reason="not-for-index"} 124
imindex_refusals_total{profile="sealed",reason="bad-name"} 125
imindex_refusals_total{profile="sealed",reason="bad-endpoint"} 126
imindex_refusals_total{profile="sealed",reason="self"} 127
imindex_refusals_total{profile="sealed",reason="source-mismatch"} 128
imindex_refusals_total{profile="sealed",reason="taken"} 129
imindex_refusals_total{profile="sealed",reason="full"} 130
imindex_refusals_total{profile="sealed",reason="per-ip"} 131
imindex_refusals_total{profile="sealed",reason="unknown-user"} 132
imindex_refusals_total{profile="sealed",reason="roster-denied"} 133
# TYPE imindex_deferred_handshakes counter
# HELP imindex_deferred_handshakes Sealed handshakes that came while enough were at work, by outcome.
imindex_deferred_handshakes_total{outcome="later"} 134
imindex_deferred_handshakes_total{outcome="shed"} 135
# TYPE imindex_received_datagrams counter
# HELP imindex_received_datagrams Datagrams taken from the kernel.
imindex_received_datagrams_total 40
# TYPE imindex_received_bytes counter
# UNIT imindex_received_bytes bytes
# HELP imindex_received_bytes Bytes of their payloads.
imindex_received_bytes_total 41
# TYPE imindex_receive_overruns counter
# HELP imindex_receive_overruns Datagrams lost because a receive buffer was full.
imindex_receive_overruns_total 42
# TYPE imindex_sent_datagrams counter
# HELP imindex_sent_datagrams Datagrams handed to the kernel.
imindex_sent_datagrams_total 43
# TYPE imindex_sent_bytes counter
# UNIT imindex_sent_bytes bytes
# HELP imindex_sent_bytes Bytes of their payloads.
imindex_sent_bytes_total 44
# TYPE imindex_sent_trains counter
# HELP imindex_sent_trains Messages that held several datagrams.
imindex_sent_trains_total 45
# TYPE imindex_unsent_datagrams counter
# HELP imindex_unsent_datagrams Datagrams not sent, by reason.
imindex_unsent_datagrams_total{reason="refused"} 46
imindex_unsent_datagrams_total{reason="congested"} 47
imindex_unsent_datagrams_total{reason="no-socket"} 48
# TYPE imindex_socket_buffer_bytes gauge
# UNIT imindex_socket_buffer_bytes bytes
# HELP imindex_socket_buffer_bytes Socket buffers as the kernel granted them.
imindex_socket_buffer_bytes{socket="127.0.0.1:4649",direction="receive"} 60
imindex_socket_buffer_bytes{socket="127.0.0.1:4649",direction="send"} 61
imindex_socket_buffer_bytes{socket="[::1]:4649",direction="receive"} 62
imindex_socket_buffer_bytes{socket="[::1]:4649",direction="send"} 63
# TYPE imindex_announcements counter
# HELP imindex_announcements Logins and logouts told, each time to one user.
imindex_announcements_total 8
# TYPE imindex_fanout_waiting_users gauge
# HELP imindex_fanout_waiting_users Users who have not heard all that is being told.
imindex_fanout_waiting_users 44
# TYPE imindex_fanout_gathered_announcements gauge
# HELP imindex_fanout_gathered_announcements What is to be told after that.
imindex_fanout_gathered_announcements 45
# TYPE imindex_fanout_lag_seconds gauge
# UNIT imindex_fanout_lag_seconds seconds
# HELP imindex_fanout_lag_seconds Since what is being told was begun.
imindex_fanout_lag_seconds 0.046
# TYPE imindex_fanout_last_datagrams gauge
# HELP imindex_fanout_last_datagrams Announcements that the last fan-out had.
imindex_fanout_last_datagrams 50
# TYPE imindex_fanout_largest_datagrams gauge
# HELP imindex_fanout_largest_datagrams Announcements that the largest one had.
imindex_fanout_largest_datagrams 51
# TYPE imindex_fanout_last_seconds gauge
# UNIT imindex_fanout_last_seconds seconds
# HELP imindex_fanout_last_seconds Time that the last fan-out took.
imindex_fanout_last_seconds 0.052
# TYPE imindex_fanout_seconds histogram
# UNIT imindex_fanout_seconds seconds
# HELP imindex_fanout_seconds Time that fan-outs took.
imindex_fanout_seconds_bucket{le="1e-05"} 0
imindex_fanout_seconds_bucket{le="5e-05"} 0
imindex_fanout_seconds_bucket{le="0.0001"} 0
imindex_fanout_seconds_bucket{le="0.0005"} 0
imindex_fanout_seconds_bucket{le="0.001"} 0
imindex_fanout_seconds_bucket{le="0.005"} 0
imindex_fanout_seconds_bucket{le="0.01"} 0
imindex_fanout_seconds_bucket{le="0.05"} 0
imindex_fanout_seconds_bucket{le="0.1"} 1
imindex_fanout_seconds_bucket{le="0.5"} 1
imindex_fanout_seconds_bucket{le="1.0"} 1
imindex_fanout_seconds_bucket{le="5.0"} 1
imindex_fanout_seconds_bucket{le="10.0"} 1
imindex_fanout_seconds_bucket{le="+Inf"} 2
imindex_fanout_seconds_sum 11.052
imindex_fanout_seconds_count 2
# TYPE imindex_roster_fetches counter
# HELP imindex_roster_fetches Rosters given to who asked.
imindex_roster_fetches_total 9
# TYPE imindex_roster_bytes counter
# UNIT imindex_roster_bytes bytes
# HELP imindex_roster_bytes Bytes of rosters handed to the kernel.
imindex_roster_bytes_total 82
# TYPE imindex_roster_connections gauge
# HELP imindex_roster_connections TCP connections open.
imindex_roster_connections 87
# TYPE imindex_roster_cut_connections counter
# HELP imindex_roster_cut_connections TCP connections cut off, by reason.
imindex_roster_cut_connections_total{reason="shed"} 84
imindex_roster_cut_connections_total{reason="slow"} 85
# TYPE imindex_descriptor_shortages counter
# HELP imindex_descriptor_shortages Times that no descriptor was left to accept.
imindex_descriptor_shortages_total 86
# TYPE imindex_state_commits counter
# HELP imindex_state_commits Commits to the state file that succeeded.
imindex_state_commits_total 70
# TYPE imindex_state_commit_failures counter
# HELP imindex_state_commit_failures Commits that failed or took too long.
imindex_state_commit_failures_total 71
# TYPE imindex_state_unwritten_changes gauge
# HELP imindex_state_unwritten_changes Changes that only memory knows.
imindex_state_unwritten_changes 72
# TYPE imindex_state_commit_lag_seconds gauge
# UNIT imindex_state_commit_lag_seconds seconds
# HELP imindex_state_commit_lag_seconds Time from a change to its commit, the latest or the one under way.
imindex_state_commit_lag_seconds 0.073
# TYPE imindex_name_table_entries gauge
# HELP imindex_name_table_entries Names in the table of names.
imindex_name_table_entries 30
# TYPE imindex_name_table_slots gauge
# HELP imindex_name_table_slots Slots of that table; it grows at three quarters.
imindex_name_table_slots 32
# TYPE imindex_rate_buckets gauge
# HELP imindex_rate_buckets Sources that have used some of their allowance.
imindex_rate_buckets{limit="requests"} 33
imindex_rate_buckets{limit="announcements"} 35
imindex_rate_buckets{limit="answers"} 37
# TYPE imindex_rate_bucket_room gauge
# HELP imindex_rate_bucket_room Sources for which there is room so far.
imindex_rate_bucket_room{limit="requests"} 34
imindex_rate_bucket_room{limit="announcements"} 36
imindex_rate_bucket_room{limit="answers"} 38
# TYPE imindex_turn_seconds histogram
# UNIT imindex_turn_seconds seconds
# HELP imindex_turn_seconds Time from a wake-up of the loop to its next wait.
imindex_turn_seconds_bucket{le="1e-05"} 0
imindex_turn_seconds_bucket{le="5e-05"} 0
imindex_turn_seconds_bucket{le="0.0001"} 1
imindex_turn_seconds_bucket{le="0.0005"} 1
imindex_turn_seconds_bucket{le="0.001"} 1
imindex_turn_seconds_bucket{le="0.005"} 1
imindex_turn_seconds_bucket{le="0.01"} 1
imindex_turn_seconds_bucket{le="0.05"} 1
imindex_turn_seconds_bucket{le="0.1"} 1
imindex_turn_seconds_bucket{le="0.5"} 1
imindex_turn_seconds_bucket{le="1.0"} 1
imindex_turn_seconds_bucket{le="5.0"} 1
imindex_turn_seconds_bucket{le="10.0"} 1
imindex_turn_seconds_bucket{le="+Inf"} 1
imindex_turn_seconds_sum 0.00009
imindex_turn_seconds_count 1
# TYPE process_start_time_seconds gauge
# UNIT process_start_time_seconds seconds
# HELP process_start_time_seconds When it began to serve, since 1970.
process_start_time_seconds 1795384168.512
# TYPE process_resident_memory_bytes gauge
# UNIT process_resident_memory_bytes bytes
# HELP process_resident_memory_bytes Memory that is in use.
process_resident_memory_bytes 91
# TYPE process_cpu_seconds counter
# UNIT process_cpu_seconds seconds
# HELP process_cpu_seconds Processor time of all threads.
process_cpu_seconds_total 0.092
# EOF
)";

}  // namespace

TEST_CASE("Every figure of the index stands on the page under its own name") {
    CHECK(metricsPage(someFigures(), kProcess, "1.2.3", MetricsFormat::OpenMetrics) == kPage);
}

TEST_CASE("The plain page has the samples of the other, in the same order") {
    const auto samples = [](std::string page) {
        std::string kept;
        for (std::size_t at = 0; at < page.size();) {
            const std::size_t end = page.find('\n', at) + 1;
            if (page[at] != '#') kept += page.substr(at, end - at);
            at = end;
        }
        return kept;
    };
    const std::string plain = metricsPage(someFigures(), kProcess, "1.2.3", MetricsFormat::Plain);
    CHECK(samples(plain) == samples(kPage));
    CHECK(plain.find("# UNIT") == std::string::npos);
    CHECK(plain.find("# EOF") == std::string::npos);
}

TEST_CASE("The line of counters is made of the same figures") {
    CHECK(counterLine(someFigures()) ==
          "users=30 pending=31 datagrams=1 logins=2 renewals=3 logouts=22 logouts-bye=4 "
          "logouts-lease=5 logouts-replaced=6 logouts-unreachable=7 announcements=8 "
          "rosters=9 refused-oversize=10 refused-rate=11 refused-denied=12 "
          "refused-undecodable=13 refused-not-for-index=14 refused-bad-name=15 "
          "refused-bad-endpoint=16 refused-self=17 refused-source-mismatch=18 "
          "refused-taken=19 refused-full=20 refused-per-ip=21 refused-unknown-user=22 "
          "refused-roster-denied=23 sealed-users=110 sealed-names=0 sealed-frames=0 "
          "sealed-hellos=0 sealed-inits-put-off=134 sealed-inits-shed=135 sealed-logins=111 "
          "sealed-takeovers=0 sealed-claims=0 sealed-logouts=454 "
          "sealed-lookups=0 sealed-syncs=0 sealed-resyncs=0 sealed-deltas=0 sealed-rosters=0 "
          "sealed-refused=1771 sent=43 receive-buffer=64 lost-receive-buffer-full=42 "
          "unsent-refused=46 "
          "unsent-congested=47 unsent-no-socket=48 roster-shed=84 roster-slow=85 "
          "no-descriptor=86 state-commits=70 state-failures=71 state-unwritten=72");
}
