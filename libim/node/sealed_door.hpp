// SPDX-License-Identifier: BSL-1.0
// SealedDoor: the TCP side of the sealed profile: rosters, by the same frames as over UDP.  On a
// port of its own, because a classic visitor says nothing and wants its roster at once, so nothing
// could tell the two apart without keeping it waiting (doc/decisions/0016).  Not thread-safe.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/index/sealed_index.hpp"
#include "libim/net/frame_server.hpp"
#include "libim/net/loop.hpp"
#include "libim/net/send_queue.hpp"
#include "libim/node/index_sockets.hpp"

#include <cstddef>
#include <cstdint>

namespace im::node {

class SealedDoor {
public:
    /// Listens beside each UDP socket.  Without classic: on the roster port; beside classic: on the
    /// number behind that, or any free one where it is taken.  Throws net::BindError.
    SealedDoor(net::Loop& loop, const ServedAddresses& where, const IndexSockets& udp,
               bool besideClassic);

    /// From now on visitors are the index's, which outlives this.
    void open(index::SealedIndex& index) { index_ = &index; }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::size_t connections() const { return server_.connections(); }
    void write(const Endpoint& to, BytesView frame) { server_.write(to, frame); }

private:
    [[nodiscard]] net::FrameServer::Handlers handlers();
    [[nodiscard]] bool adopt(const ServedAddresses& where);
    [[nodiscard]] bool listenBehind(const ServedAddresses& where, const IndexSockets& udp);
    void listenAnywhere(const IndexSockets& udp);
    void listen(const IndexSockets& udp, std::uint16_t port);

    net::Loop& loop_;
    index::SealedIndex* index_ = nullptr;
    net::FrameServer server_;
    std::uint16_t port_ = 0;
};

/// What the sealed index sends: over TCP by the door, all else by the queue.
class DoorSink final : public Sink {
public:
    DoorSink(SealedDoor& door, Sink& queue) : door_(door), queue_(queue) {}
    void send(const Destination& to, BytesView payload) override {
        if (to.via == kStreamPath) return door_.write(to.to, payload);
        queue_.send(to, payload);
    }
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override {
        queue_.fanOut(payloads, to);
    }

private:
    SealedDoor& door_;
    Sink& queue_;
};

}  // namespace im::node
