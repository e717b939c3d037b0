// SPDX-License-Identifier: BSL-1.0
#include "libim/net/train_queue.hpp"

namespace im::net {

void TrainQueue::send(const Destination& to, BytesView payload) {
    waiting_.push_back({to, bytes_.size(), payload.size()});
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
}

void TrainQueue::fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) {
    for (const Destination& destination : to)
        for (const BytesView payload : payloads) send(destination, payload);
}

void TrainQueue::flush(const SocketFor& socketFor) {
    for (std::size_t first = 0, end = 0; first < waiting_.size(); first = end) {
        const Destination& to = waiting_[first].to;
        train_.clear();
        for (end = first; end < waiting_.size(); ++end) {
            const Waiting& next = waiting_[end];
            if (next.to.to != to.to || next.to.via != to.via) break;
            train_.push_back(BytesView(bytes_).subspan(next.at, next.size));
        }
        if (UdpSocket* const socket = socketFor(to.to)) socket->fanOut(train_, std::span(&to, 1));
    }
    waiting_.clear();
    bytes_.clear();
}

}  // namespace im::net
