// SPDX-License-Identifier: BSL-1.0
// The real index of both profiles on the simulated network, with a store that survives it.  After
// every turn its tables are within their bounds.
#pragma once

#include "libim/index/sealed_index.hpp"
#include "libim/wire/deframer.hpp"
#include "tests/sim/index_node.hpp"
#include "tests/support/sealed_people.hpp"

#include <map>
#include <memory>
#include <string>

namespace im::sim {

class SealedIndexNode final : public test::PeopleIndex, private index::Observer {
public:
    static constexpr std::size_t kMaxUsers = 50;

    explicit SealedIndexNode(std::uint64_t seed);

    // PeopleIndex
    void start(TimePoint now) override;
    [[nodiscard]] const sealed::Card& card() const override;
    Bytes tcp(const Endpoint& from, BytesView bytes, TimePoint now) override;
    void tcpEnded(const Endpoint& from, TimePoint now) override;

    // Node
    void receive(const Datagram& datagram, TimePoint now, Sink& sink) override;
    void tick(TimePoint now, Sink& sink) override;
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const override;
    void endTurn(TimePoint now) override;

    /// Who is online, in both profiles.
    [[nodiscard]] talk::Contacts::Map users() const;
    [[nodiscard]] const index::SealedIndex& sealed() const { return *sealed_; }

private:
    void happened(const Event& /*event*/) override {}
    void refused(index::Refusal /*why*/, const Endpoint& /*source*/) override {}

    test::SeededRandom random_;
    noise::Identity identity_;
    CrashingStore store_;
    std::unique_ptr<index::SealedIndex> sealed_;
    std::unique_ptr<index::ClassicIndex> classic_;
    std::map<Endpoint, wire::Deframer> deframers_;
};

}  // namespace im::sim
