// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/yardstick.hpp"

#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace im::bench {

namespace {

constexpr std::size_t kBatch = 64;

iovec piece(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

void sendAll(int socket, mmsghdr* messages, std::size_t count) {
    for (std::size_t done = 0; done < count;) {
        const int sent = sendmmsg(socket, messages + done, static_cast<unsigned>(count - done), 0);
        if (sent > 0) {
            done += static_cast<std::size_t>(sent);
        } else if (errno != EINTR && errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED) {
            return;
        }
    }
}

}  // namespace

void echoServer(int socket, std::string_view answer) {
    std::array<mmsghdr, kBatch> in{};
    std::array<mmsghdr, kBatch> out{};
    std::array<sockaddr_in, kBatch> from{};
    std::array<iovec, kBatch> space{};
    static std::array<std::array<char, 2048>, kBatch> buffers;
    iovec reply = piece(answer);
    for (std::size_t i = 0; i < kBatch; ++i) {
        space[i] = {buffers[i].data(), buffers[i].size()};
        in[i].msg_hdr.msg_name = &from[i];
        in[i].msg_hdr.msg_iov = &space[i];
        in[i].msg_hdr.msg_iovlen = 1;
        out[i].msg_hdr.msg_name = &from[i];
        out[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        out[i].msg_hdr.msg_iov = &reply;
        out[i].msg_hdr.msg_iovlen = 1;
    }
    for (;;) {
        for (mmsghdr& message : in) message.msg_hdr.msg_namelen = sizeof(sockaddr_in);
        const int got = recvmmsg(socket, in.data(), kBatch, MSG_WAITFORONE, nullptr);
        if (got > 0) sendAll(socket, out.data(), static_cast<std::size_t>(got));
    }
}

void rosterServer(int listener, const std::string& body) {
    for (;;) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        for (std::size_t done = 0; done < body.size();) {
            const ssize_t sent =
                send(connection, body.data() + done, body.size() - done, MSG_NOSIGNAL);
            if (sent <= 0) break;
            done += static_cast<std::size_t>(sent);
        }
        close(connection);
    }
}

void sendToAll(int socket, std::string_view payload, std::span<const sockaddr_in> to) {
    std::array<mmsghdr, kBatch> out{};
    iovec bytes = piece(payload);
    for (std::size_t at = 0; at < to.size();) {
        const std::size_t count = std::min(kBatch, to.size() - at);
        for (std::size_t i = 0; i < count; ++i) {
            out[i].msg_hdr = {};
            out[i].msg_hdr.msg_name = const_cast<sockaddr_in*>(&to[at + i]);
            out[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
            out[i].msg_hdr.msg_iov = &bytes;
            out[i].msg_hdr.msg_iovlen = 1;
        }
        sendAll(socket, out.data(), count);
        at += count;
    }
}

void tellServer(int socket, std::string_view payload, std::span<const sockaddr_in> to) {
    std::array<char, 2048> request{};
    for (;;)
        if (recv(socket, request.data(), request.size(), 0) > 0) sendToAll(socket, payload, to);
}

void sendTrains(int socket, std::string_view payload, std::size_t count,
                std::span<const sockaddr_in> to) {
    std::string train;
    for (std::size_t i = 0; i < count; ++i) train += payload;
    const int segment = static_cast<int>(payload.size());
    setsockopt(socket, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    sendToAll(socket, train, to);
    const int none = 0;
    setsockopt(socket, IPPROTO_UDP, UDP_SEGMENT, &none, sizeof none);
}

std::size_t drain(int socket, std::size_t expected, bool coalesce) {
    const int on = coalesce ? 1 : 0;
    setsockopt(socket, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    std::array<mmsghdr, kBatch> in{};
    std::array<iovec, kBatch> space{};
    struct alignas(cmsghdr) Control {
        std::array<char, 64> bytes;
    };
    static std::array<Control, kBatch> control;
    static std::vector<std::array<char, 65536>> buffers(kBatch);
    std::size_t total = 0;
    bool isMore = false;
    while (total < expected) {
        pollfd ready{socket, POLLIN, 0};
        if (!isMore && poll(&ready, 1, 1000) == 0) break;
        if (!isMore) usleep(kReaderRest);
        for (std::size_t i = 0; i < kBatch; ++i) {
            space[i] = {buffers[i].data(), buffers[i].size()};
            in[i].msg_hdr = {};
            in[i].msg_hdr.msg_iov = &space[i];
            in[i].msg_hdr.msg_iovlen = 1;
            in[i].msg_hdr.msg_control = control[i].bytes.data();
            in[i].msg_hdr.msg_controllen = control[i].bytes.size();
        }
        const int got = recvmmsg(socket, in.data(), kBatch, MSG_DONTWAIT, nullptr);
        isMore = got == static_cast<int>(kBatch);
        for (int i = 0; i < got; ++i) {
            mmsghdr& message = in[static_cast<std::size_t>(i)];
            std::size_t segment = 0;
            for (cmsghdr* c = CMSG_FIRSTHDR(&message.msg_hdr); c != nullptr;
                 c = CMSG_NXTHDR(&message.msg_hdr, c))
                if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
                    int size = 0;
                    std::memcpy(&size, CMSG_DATA(c), sizeof size);
                    segment = static_cast<std::size_t>(size);
                }
            total += segment == 0 ? 1 : (message.msg_len + segment - 1) / segment;
        }
    }
    return total;
}

void linesToDatagrams(int in, const sockaddr_in& to, std::size_t line, bool trains) {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return;
    const int segment = static_cast<int>(line);
    if (trains) setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment);
    const std::size_t most = trains ? line * kBatch : line;
    std::vector<char> buffer(1 << 16);
    std::size_t filled = 0;
    for (ssize_t got = 0; (got = read(in, buffer.data() + filled, buffer.size() - filled)) > 0;) {
        filled += static_cast<std::size_t>(got);
        std::size_t done = 0;
        while (filled - done >= line) {
            const std::size_t size = std::min(most, (filled - done) / line * line);
            if (send(fd, buffer.data() + done, size, 0) < 0 && errno != ECONNREFUSED) return;
            done += size;
        }
        std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(done),
                  buffer.begin() + static_cast<std::ptrdiff_t>(filled), buffer.begin());
        filled -= done;
    }
    close(fd);
}

void linesFromDatagrams(int socket, int out, bool trains) {
    const int on = trains ? 1 : 0;
    setsockopt(socket, IPPROTO_UDP, UDP_GRO, &on, sizeof on);
    std::vector<char> buffer(1 << 18);
    for (;;) {
        std::size_t filled = 0;
        int flags = 0;
        while (buffer.size() - filled >= 65536) {
            const ssize_t got = recv(socket, buffer.data() + filled, 65536, flags);
            if (got < 0) break;
            filled += static_cast<std::size_t>(got);
            flags = MSG_DONTWAIT;
        }
        for (std::size_t done = 0; done < filled;) {
            const ssize_t written = write(out, buffer.data() + done, filled - done);
            if (written <= 0) _exit(0);
            done += static_cast<std::size_t>(written);
        }
    }
}

}  // namespace im::bench
