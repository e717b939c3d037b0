// SPDX-License-Identifier: BSL-1.0
// SealedCourier: a SealedSender on sockets of its own and on a loop: what imsend sends with, and an
// imlisten that flushes an outbox.  Never blocks; not thread-safe; it belongs to the loop.
//
//     SealedCourier courier(loop, options, index, identity, random, pins, [&] { … });
//     loop.atDeadline([&] { return courier.nextDeadline(); }, [&] { courier.work(); });
//     const auto bob = courier.sender().add(…);
//     courier.sender().push(bob, …);
//     courier.wake();                       // by the end of this turn it is on its way
//     while (!courier.sender().isIdle()) loop.runOnce();
//     courier.leave();
//
// Deadlines are its owner's to give to the loop: they stay there, and couriers come and go.
#pragma once

#include "libim/net/loop.hpp"
#include "libim/net/train_queue.hpp"
#include "libim/net/udp_socket.hpp"
#include "libim/node/session_text.hpp"
#include "libim/talk/sealed_sender.hpp"

#include <functional>
#include <optional>

namespace im::node {

/// The index of a session, by the card that stands in it.  Throws Error(Configuration) when that
/// does not verify, Unavailable when it has ended.
[[nodiscard]] sealed::Card indexCardOf(const Session& session, const std::string& path);

/// What a sender of that session is given; the patience with its index is `timeout`, or what is
/// usual where that is zero.
[[nodiscard]] talk::SealedSender::Options senderOptions(const Session& session, Duration timeout);

class SealedCourier {
public:
    /// `identity`, `random`, `pins` and the loop outlive it.  Messages come from `from`, where that
    /// is an address of this host, else from what routing chooses.  `news` is called by
    /// work(), where receipts and replies are taken.  Throws net::BindError.
    SealedCourier(net::Loop& loop, const talk::SealedSender::Options& options, const Address& from,
                  const sealed::Card& index, const noise::Identity& identity, noise::Random& random,
                  talk::Pins& pins, std::function<void()> news);
    ~SealedCourier();
    SealedCourier(const SealedCourier&) = delete;
    SealedCourier& operator=(const SealedCourier&) = delete;

    [[nodiscard]] talk::SealedSender& sender() { return sender_; }
    [[nodiscard]] const talk::SealedSender& sender() const { return sender_; }
    /// Something was pushed: it goes out in the next turn, or by the end of this one.
    void wake() { isAwake_ = true; }
    /// When to call work() at the latest.
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;
    /// Sends what is to be sent now, and tells the news.
    void work();
    /// Ends the sessions.
    void leave();

private:
    [[nodiscard]] net::UdpSocket* socketFor(const Endpoint& to);
    void watch(net::UdpSocket& socket);
    void receive(net::UdpSocket& socket);
    void flush();

    net::Loop& loop_;
    net::UdpSocket socket_;
    std::optional<net::UdpSocket> other_;  ///< of the other family, once somebody is there
    talk::SealedSender sender_;
    std::function<void()> news_;
    net::TrainQueue queue_;
    bool isAwake_ = false;
};

}  // namespace im::node
