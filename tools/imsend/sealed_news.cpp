// SPDX-License-Identifier: BSL-1.0
// SealedCarrier: what comes back.
#include "libim/app/escape.hpp"
#include "libim/app/paths.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/one_shot_udp.hpp"
#include "libim/node/sender.hpp"
#include "tools/imsend/sealed_carrier.hpp"
#include "tools/imsend/sealed_words.hpp"

#include <array>
#include <utility>

namespace im::imsend {

void SealedCarrier::takeNews() {
    for (const talk::SendReceipt& receipt : courier_.sender().takeReceipts()) take(receipt);
    // Whoever flushes an outbox may have them now.
    for (Stream& stream : streams_) stream.outbox.reset();
    for (talk::SendReply& reply : courier_.sender().takeReplies())
        if (!reply_) reply_ = std::move(reply);
}

void SealedCarrier::take(const talk::SendReceipt& receipt) {
    Stream& stream = streams_[receipt.recipient];
    if (receipt.result != Result::Delivered) {
        stream.failure = receipt;
        stream.failedAt = net::now();
        // What was kept for later goes out under the same numbers: this stream sends no more.
        if (plan_.queue && !courier_.sender().failure(receipt.recipient))
            courier_.sender().giveUp(receipt.recipient, net::now());
    } else if (!stream.asker.empty()) {
        askers_.forget(stream.asker);
    }
    // Lines that went many at once have no letters.
    if (stream.waiting.empty() && receipt.result != Result::Delivered) fail(stream, receipt);
    for (std::uint64_t i = 0; i < receipt.count && !stream.waiting.empty(); ++i) {
        const Waiting waiting = std::move(stream.waiting.front());
        stream.waiting.pop_front();
        settle(stream, waiting, receipt);
    }
}

void SealedCarrier::settle(Stream& stream, const Waiting& waiting,
                           const talk::SendReceipt& receipt) {
    if (receipt.result == Result::Delivered) {
        print(stream, receipt, app::Outcome::Delivered);
        return outcomes_.settle(*waiting.letter, true);
    }
    const Kept kept = keepForLater(stream, waiting, receipt);
    if (kept == Kept::InOutbox || sendClassic(stream, waiting, receipt))
        return outcomes_.settle(*waiting.letter, true);
    if (kept == Kept::Not) fail(stream, receipt);
    print(stream, receipt, outcomeOf(receipt.result));
    outcomes_.settle(*waiting.letter, false);
}

void SealedCarrier::fail(const Stream& stream, const talk::SendReceipt& receipt) {
    const std::string& index = file_.session().serverName;
    std::string what = stream.to.toString() + ": " + whyOf(receipt.result, index);
    if (receipt.count > 1) what += " (" + std::to_string(receipt.count) + " messages)";
    tool_.complain(what);
    outcomes_.note(statusOf(receipt.result));
    const std::string hint = hintOf(receipt.result, stream.to.user.str());
    const bool isKnown = plan_.queue && receipt.result == Result::Offline;
    if (!hint.empty() && !isKnown && !std::exchange(isHinted_, true)) tool_.hint(hint);
}

/// -Q.  An address is no person: nobody announces it.
SealedCarrier::Kept SealedCarrier::keepForLater(Stream& stream, const Waiting& waiting,
                                                const talk::SendReceipt& receipt) {
    const bool mayWait = receipt.result == Result::Offline || receipt.result == Result::NoIndex ||
                         receipt.result == Result::Timeout;
    if (!plan_.queue || !mayWait || stream.to.at) return Kept::Not;
    try {
        if (!stream.outbox) stream.outbox = outboxFor(stream, waiting, receipt);
        stream.outbox->append(waiting.head + waiting.letter->text, waiting.segments,
                              net::wallNow());
    } catch (const Error& error) {
        tool_.complain(stream.to.toString() + ": not kept: " + error.what());
        outcomes_.note(static_cast<int>(error.kind()));
        return Kept::OutOfRoom;
    }
    print(stream, receipt, app::Outcome::Queued);
    return Kept::InOutbox;
}

/// Under the numbers that it was sent with, so that a listener that has shown it knows it again.
/// What nobody can have seen goes behind what was kept before, where that still waits.
node::OutboxStream SealedCarrier::outboxFor(Stream& stream, const Waiting& waiting,
                                            const talk::SendReceipt& receipt) {
    const node::Outbox outbox(app::stateDirectory() + "/outbox");
    if (stream.kept && receipt.result != Result::Timeout)
        if (auto same = outbox.claim(*stream.kept)) return std::move(*same);
    const node::Session& session = file_.session();
    const auto key = pins_.keyOf(stream.to.user.view());
    auto fresh = outbox.create({.stream = waiting.stream ? *waiting.stream : random_.number64(),
                                .from = session.user,
                                .to = stream.to.user,
                                .identity = key.value_or(noise::IdentityKey{}),
                                .index = session.index,
                                .server = session.serverName,
                                .first = waiting.segment,
                                .created = net::wallNow()});
    stream.kept = {fresh.content().head.stream, stream.to.user};
    return fresh;
}

/// --allow-classic, to somebody of whom the index says that he has nothing else.
bool SealedCarrier::sendClassic(const Stream& stream, const Waiting& waiting,
                                const talk::SendReceipt& receipt) {
    if (!plan_.allowClassic || receipt.result != Result::Classic || !receipt.endpoint) return false;
    try {
        const Bytes datagram =
            node::talkDatagram(net::talkTime(net::wallNow()), file_.session().user.view(),
                               waiting.letter->text, plan_.commas);
        net::OneShotUdp socket(*receipt.endpoint, file_.session().endpoint.address);
        net::Delivery delivery = socket.send(datagram);
        std::array<net::OneShotUdp*, 1> one{&socket};
        if (delivery == net::Delivery::Sent)
            delivery = net::settle(one, net::OneShotUdp::kRefusalTime).front();
        if (delivery != net::Delivery::Sent) {
            tool_.complain(stream.to.toString() + ": refused");
            outcomes_.note(static_cast<int>(ErrorKind::Unavailable));
            print(stream, receipt, app::Outcome::Refused);
            return false;
        }
    } catch (const Error& error) {
        tool_.complain(stream.to.toString() + ": " + error.what());
        outcomes_.note(static_cast<int>(error.kind()));
        return false;
    }
    print(stream, receipt, app::Outcome::Sent);
    return true;
}

void SealedCarrier::print(const Stream& stream, const talk::SendReceipt& receipt,
                          app::Outcome outcome) {
    if (plan_.receipts == Receipts::None) return;
    app::Receipt line;
    line.id = receipt.id;
    line.to = stream.to.toString();
    line.outcome = outcome;
    line.endpoint = receipt.endpoint;
    line.milliseconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(receipt.took).count());
    outcomes_.print(line);
}

/// For the next imsend.
void SealedCarrier::keepCards() {
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        const Stream& stream = streams_[i];
        const auto found = courier_.sender().found(i);
        if (!found || found == stream.cached || stream.to.at || !stream.asker.empty()) continue;
        (void)cards_.keep(stream.to.user, *found);
    }
}

/// -t 0: what has gone out and not failed was sent; nobody knows more.
void SealedCarrier::sayUnwaited() {
    for (std::size_t i = 0; i < streams_.size(); ++i) {
        Stream& stream = streams_[i];
        const bool isGone = courier_.sender().stream(i).isAllSent();
        talk::SendReceipt receipt;
        receipt.recipient = i;
        if (!isGone) receipt.result = Result::NoIndex;
        for (const Waiting& waiting : std::exchange(stream.waiting, {})) {
            if (!isGone) fail(stream, receipt);
            print(stream, receipt, isGone ? app::Outcome::Sent : app::Outcome::Timeout);
            outcomes_.settle(*waiting.letter, isGone);
        }
    }
}

/// --ask.  The question had its receipt, or its failure is the status.
void SealedCarrier::awaitReply(TimePoint begun) {
    const TimePoint end = begun + plan_.patience;
    while (!reply_ && outcomes_.status() == 0 && net::now() < end) turn(end - net::now());
    if (reply_) {
        // What drives a terminal is for a program that reads it, not for a terminal.
        const bool isRaw = !tool_.out().isTerminal();
        return tool_.out().write((isRaw ? reply_->text : app::escaped(reply_->text)) + "\n");
    }
    if (outcomes_.status() == 0) outcomes_.note(1);
}

}  // namespace im::imsend
