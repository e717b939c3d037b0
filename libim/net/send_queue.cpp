// SPDX-License-Identifier: BSL-1.0
#include "libim/net/send_queue.hpp"

#include "libim/net/clock.hpp"

#include <algorithm>

namespace im::net {

namespace {

// Destinations sorted out for one socket at a time.
constexpr std::size_t kAtOnce = 256;

bool fits(const UdpSocket& socket, const Destination& to) {
    return socket.isV4() == to.to.address.isV4();
}

/// Which of `sockets` sends to `to`; their number when none can.
std::size_t pick(std::span<UdpSocket* const> sockets, const Destination& to) {
    const unsigned number = UdpSocket::socketOf(to.via);
    const auto ofPath = [&](const UdpSocket* s) { return s->number() == number && fits(*s, to); };
    auto found = sockets.end();
    if (number != 0) found = std::find_if(sockets.begin(), sockets.end(), ofPath);
    if (found == sockets.end())
        found = std::find_if(sockets.begin(), sockets.end(),
                             [&](const UdpSocket* s) { return fits(*s, to); });
    return static_cast<std::size_t>(found - sockets.begin());
}

}  // namespace

void SendQueue::send(const Destination& to, BytesView payload) {
    unicasts_.push_back({to, bytes_.size(), payload.size()});
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
}

void SendQueue::fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) {
    if (!payloads.empty() && !to.empty()) fanOuts_.push_back({payloads, to});
}

void SendQueue::flush(UdpSocket& socket) {
    UdpSocket* const only = &socket;
    flush(std::span(&only, 1));
}

void SendQueue::flush(std::span<UdpSocket* const> sockets) {
    flushUnicasts(sockets);
    if (!fanOuts_.empty()) flushFanOuts(sockets);
    fanOuts_.clear();
    unicasts_.clear();
    bytes_.clear();
}

void SendQueue::flushUnicasts(std::span<UdpSocket* const> sockets) {
    for (std::size_t socket = 0; socket <= sockets.size(); ++socket) {
        batch_.clear();
        for (const Unicast& unicast : unicasts_) {
            if (pick(sockets, unicast.to) != socket) continue;
            batch_.push_back({unicast.to, BytesView(bytes_).subspan(unicast.at, unicast.size)});
        }
        if (socket == sockets.size())
            homeless_ += batch_.size();
        else if (!batch_.empty())
            sockets[socket]->sendBatch(batch_);
    }
}

void SendQueue::flushFanOuts(std::span<UdpSocket* const> sockets) {
    const TimePoint before = now();
    std::uint64_t datagrams = 0;
    for (const FanOut& fanOut : fanOuts_) {
        flushFanOut(fanOut, sockets);
        datagrams += fanOut.payloads.size() * fanOut.to.size();
    }
    fanOutCounters_.last = datagrams;
    fanOutCounters_.largest = std::max(fanOutCounters_.largest, datagrams);
    fanOutCounters_.lastTook = now() - before;
    fanOutCounters_.times.note(fanOutCounters_.lastTook);
}

void SendQueue::flushFanOut(const FanOut& fanOut, std::span<UdpSocket* const> sockets) {
    for (auto to = fanOut.to; !to.empty(); to = to.subspan(std::min(kAtOnce, to.size()))) {
        const auto some = to.first(std::min(kAtOnce, to.size()));
        for (std::size_t socket = 0; socket <= sockets.size(); ++socket) {
            destinations_.clear();
            for (const Destination& destination : some) {
                if (pick(sockets, destination) == socket) destinations_.push_back(destination);
            }
            if (socket == sockets.size())
                homeless_ += destinations_.size() * fanOut.payloads.size();
            else if (!destinations_.empty())
                sockets[socket]->fanOut(fanOut.payloads, destinations_);
        }
    }
}

}  // namespace im::net
