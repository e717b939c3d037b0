// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/crowd.hpp"

#include "tests/bench/yardstick.hpp"

#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <thread>

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace im::bench {

namespace {

constexpr std::size_t kBatch = 64;
constexpr std::size_t kLongest = 2048;
constexpr std::size_t kLongestTrain = 65536;

iovec piece(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

/// Of one destination: datagrams gather and leave in one call.
class Outgoing {
public:
    Outgoing(int socket, const sockaddr_in& to) : socket_(socket), to_(to) {}
    void add(std::string_view bytes) {
        iovec& at = pieces_[count_];
        at = piece(bytes);
        msghdr& header = messages_[count_++].msg_hdr;
        header = {};
        header.msg_name = &to_;
        header.msg_namelen = sizeof to_;
        header.msg_iov = &at;
        header.msg_iovlen = 1;
    }
    void flush() {
        for (std::size_t done = 0; done < count_;) {
            const int sent =
                sendmmsg(socket_, &messages_[done], static_cast<unsigned>(count_ - done), 0);
            if (sent > 0) done += static_cast<std::size_t>(sent);
        }
        count_ = 0;
    }

private:
    int socket_;
    sockaddr_in to_;
    std::array<mmsghdr, 2 * kWindow> messages_{};
    std::array<iovec, 2 * kWindow> pieces_{};
    std::size_t count_ = 0;
};

std::size_t takeAnswers(int socket) {
    static std::array<std::array<char, kLongest>, kBatch> buffers;
    std::array<mmsghdr, kBatch> in{};
    std::array<iovec, kBatch> space{};
    for (std::size_t i = 0; i < kBatch; ++i) {
        space[i] = {buffers[i].data(), buffers[i].size()};
        in[i].msg_hdr.msg_iov = &space[i];
        in[i].msg_hdr.msg_iovlen = 1;
    }
    const int got = recvmmsg(socket, in.data(), kBatch, MSG_DONTWAIT, nullptr);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace

double closedLoop(int socket, const sockaddr_in& server, const std::vector<std::string>& requests,
                  const std::vector<std::string>& second) {
    Outgoing out(socket, server);
    const double begin = now();
    std::size_t sent = 0;
    std::size_t answered = 0;
    while (answered < requests.size()) {
        for (; sent < requests.size() && sent - answered < kWindow; ++sent) {
            out.add(requests[sent]);
            if (!second.empty()) out.add(second[sent]);
        }
        out.flush();
        pollfd ready{socket, POLLIN, 0};
        if (poll(&ready, 1, 2000) == 0)
            giveUp(std::to_string(requests.size() - answered) + " of " +
                   std::to_string(requests.size()) + " answers missing");
        answered += takeAnswers(socket);
    }
    return now() - begin;
}

void sendPaced(int socket, const sockaddr_in& server, const std::vector<std::string>& requests) {
    for (std::size_t i = 0; i < requests.size(); ++i) {
        sendTo(socket, server, requests[i]);
        if (i % kWindow == kWindow - 1) usleep(500);
    }
}

Listeners::Listeners() : socket_(udpSocket(INADDR_ANY, 0, kBuffer)) {}

Listeners::~Listeners() {
    close(socket_);
}

Listeners::Heard Listeners::during(std::size_t expected, bool coalesce,
                                   const std::function<void()>& act) const {
    std::size_t got = 0;
    const double begin = now();
    double end = begin;
    std::thread reader([&] {
        got = drain(socket_, expected, coalesce);
        end = now();
    });
    act();
    reader.join();
    return {end - begin, got};
}

Crowd::Crowd(bool coalesce)
    : socket_(udpSocket(INADDR_ANY, 0, kBuffer)),
      longest_(coalesce ? kLongestTrain : kLongest),
      space_(kBatch * longest_) {
    const int on = 1;
    if (coalesce) setsockopt(socket_, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    setsockopt(socket_, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    setsockopt(socket_, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

Crowd::~Crowd() {
    close(socket_);
}

void Crowd::send(std::uint32_t host, const sockaddr_in& to, std::string_view bytes) const {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> control{};
    sockaddr_in destination = to;
    iovec payload = piece(bytes);
    msghdr header{};
    header.msg_name = &destination;
    header.msg_namelen = sizeof destination;
    header.msg_iov = &payload;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* source = CMSG_FIRSTHDR(&header);
    source->cmsg_level = IPPROTO_IP;
    source->cmsg_type = IP_PKTINFO;
    source->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};
    info.ipi_spec_dst.s_addr = htonl(host);
    std::memcpy(CMSG_DATA(source), &info, sizeof info);
    sendmsg(socket_, &header, 0);
}

namespace {

template <typename T>
T valueOf(const cmsghdr* control) {
    T value{};
    std::memcpy(&value, CMSG_DATA(control), sizeof value);
    return value;
}

/// Adds the datagrams of one message: several when they came as a train.
void split(msghdr& header, std::string_view bytes, std::vector<Crowd::Arrival>& into) {
    Crowd::Arrival one{0, 0, {}};
    std::size_t segment = bytes.size();
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
            one.host = ntohl(valueOf<in_pktinfo>(c).ipi_addr.s_addr);
        if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
            segment = static_cast<std::size_t>(valueOf<int>(c));
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
        const auto time = valueOf<timespec>(c);
        one.at = static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    }
    for (; !bytes.empty(); bytes.remove_prefix(std::min(segment, bytes.size()))) {
        one.bytes = bytes.substr(0, segment);
        into.push_back(one);
    }
}

}  // namespace

const std::vector<Crowd::Arrival>& Crowd::receive(double patience) {
    arrivals_.clear();
    pollfd ready{socket_, POLLIN, 0};
    if (poll(&ready, 1, static_cast<int>(patience * 1e3)) <= 0) return arrivals_;
    struct alignas(cmsghdr) Control {
        std::array<char, 128> bytes;
    };
    std::array<Control, kBatch> control{};
    std::array<mmsghdr, kBatch> in{};
    std::array<iovec, kBatch> space{};
    for (std::size_t i = 0; i < kBatch; ++i) {
        space[i] = {&space_[i * longest_], longest_};
        in[i].msg_hdr.msg_iov = &space[i];
        in[i].msg_hdr.msg_iovlen = 1;
        in[i].msg_hdr.msg_control = control[i].bytes.data();
        in[i].msg_hdr.msg_controllen = control[i].bytes.size();
    }
    const int got = recvmmsg(socket_, in.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(got, 0)); ++i)
        split(in[i].msg_hdr, {&space_[i * longest_], in[i].msg_len}, arrivals_);
    return arrivals_;
}

double Crowd::calendar() {
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

bool isAccept(std::string_view bytes) {
    static const std::string verb = utf16("Accept,");
    return bytes.starts_with(verb);
}

}  // namespace im::bench
