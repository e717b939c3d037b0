// SPDX-License-Identifier: BSL-1.0
// Sealed users: each a sealed::Transport at an address of 127.0.0.0/8 of its own, all of them on
// one socket and in one thread.  They log in, keep alive, take deltas, log out.
#pragma once

#include "libim/noise/random.hpp"
#include "libim/sealed/transport.hpp"
#include "tests/bench/crowd.hpp"
#include "tests/bench/index_server.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace im::bench {

/// The card of the index that listens there.
sealed::Card cardOf(const Index& index);

/// Sends as the user at `host`.
struct AsUser final : Sink {
    AsUser(const Crowd& from, std::uint32_t as, const sockaddr_in& at)
        : crowd(from), host(as), to(at) {}
    void send(const Destination& where, BytesView payload) override;
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> where) override;
    const Crowd& crowd;
    std::uint32_t host;
    sockaddr_in to;
};

class SealedUser final : public sealed::TransportEvents {
public:
    /// `crowd` and `random` outlive the object.  Makes an identity and a card.
    SealedUser(std::size_t number, const Crowd& crowd, const Index& at, const sealed::Card& index,
               noise::Random& random);

    std::uint32_t host() const { return host_; }
    /// The index has said that he is on the roster.
    bool isOnline() const { return isOnline_; }
    /// Lines of deltas that he was told.
    std::size_t heard() const { return heard_; }

    void login();
    void ping();
    void logout();
    void receive(std::string_view bytes);

    // TransportEvents: what a client of the index meets.

    sealed::Answer introduced(const sealed::Introduction&, TimePoint) override { return {}; }
    void confirmed(wire::SessionIndex, const sealed::Card&, const wire::Records&, TimePoint,
                   Sink&) override {}
    void established(wire::SessionIndex session, const sealed::Card&, const wire::Records& records,
                     TimePoint, Sink&) override;
    void unanswered(wire::SessionIndex, TimePoint, Sink&) override {}
    void cardRefreshed(wire::SessionIndex, const sealed::Card&) override {}
    void received(wire::SessionIndex, const wire::Records& records, std::uint64_t, TimePoint,
                  Sink&) override;
    void moved(wire::SessionIndex, const Destination&, TimePoint, Sink&) override {}
    void rekeyDue(wire::SessionIndex, TimePoint, Sink&) override {}
    void closed(wire::SessionIndex, std::uint64_t, sealed::Ending, wire::CloseCode,
                std::string_view, TimePoint, Sink&) override {
        isOnline_ = false;
    }
    void keyRotated(const sealed::Card&, TimePoint, Sink&) override {}
    void keyRetired(std::uint32_t) override {}

private:
    std::string name_;
    std::uint32_t host_;
    Destination index_;
    const sealed::Card& card_;
    noise::Identity identity_;
    AsUser out_;
    sealed::Transport transport_;
    wire::SessionIndex session_ = 0;
    bool isOnline_ = false;
    std::size_t heard_ = 0;
};

class SealedCrowd {
public:
    SealedCrowd(const Index& index, std::size_t count);

    SealedUser& user(std::size_t i) { return *users_[i]; }
    std::size_t size() const { return users_.size(); }
    /// Takes what comes within `patience` seconds; false when nothing did.
    bool hear(double patience);
    /// Logs everybody in, kWindow under way; those in `leaving` log out again at once, so that
    /// nobody is told.  Gives up when somebody does not get in.
    void logInAll(bool leaving);

private:
    noise::SystemRandom random_;
    Crowd crowd_;
    sealed::Card card_;
    std::vector<std::unique_ptr<SealedUser>> users_;
};

}  // namespace im::bench
