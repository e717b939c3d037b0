// SPDX-License-Identifier: BSL-1.0
// SealedSender: what imsend is in the sealed profile: messages to one person or to many, a stream
// to each, until each is written by its listener or there is a reason why not.
//
// To each recipient: a cached card is used at once, with the oldest messages in the INIT; without
// an answer in 300 ms the index is asked beside it, and what answers first wins.  Without a card
// the index is asked first.  The name's pin decides whether a card is the person's; an unknown
// name is pinned on the index's word.  What the stream has under way when a session ends goes on
// in another one.
//
// With `ask`, the process takes the reply to a message: an INIT from its recipient, with a message
// that names it (talk_message.hpp).
//
// No socket, no clock, no thread.  Not thread-safe.  Models im::Protocol.
#pragma once

#include "libim/noise/random.hpp"
#include "libim/sealed/transport.hpp"
#include "libim/talk/sealed_index_link.hpp"
#include "libim/talk/stream_sender.hpp"
#include "libim/talk/stream_table.hpp"
#include "libim/talk/talk_message.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::talk {

/// What became of a message.  The worst of several is the exit status (commandline.md).
enum class SendResult : std::uint8_t {
    Delivered,   ///< 0: the listener has written it
    Offline,     ///< 69
    Classic,     ///< 69: has only classic; `--allow-classic`
    Unknown,     ///< 67
    NoIndex,     ///< 69: where he is only the index could have said
    Refused,     ///< 77: the listener does not take us for whom we say
    KeyChanged,  ///< 77: his key is not the pinned one
    Limit,       ///< 65: too long for him
    Timeout,     ///< 75: sent, no receipt in time, or taken and not shown
};

struct SendReceipt {
    std::size_t recipient = 0;  ///< what add() gave
    wire::MessageNumber number = 0;
    std::uint64_t count = 1;  ///< messages from `number` on; 1 for each push()
    std::string id;           ///< of the first
    SendResult result = SendResult::Delivered;
    Duration took{};  ///< since push()
    /// Where it was sent to; with Classic, where the index says that he is.
    std::optional<Endpoint> endpoint;
};

/// The reply to a message that was sent with `ask`.
struct SendReply {
    std::size_t recipient = 0;
    std::string id;  ///< of the question
    std::string text;
    Trust trust = Trust::Ok;
};

class SealedSender final : public sealed::TransportEvents, public IndexLinkEvents {
public:
    struct Options {
        SealedIndexLink::Options link;  ///< `login` and `wantsRoster` are not looked at
        bool early = true;              ///< text in the first datagram
        /// Time for the receipt of each message, from push() on or, when that is later, since his
        /// listener last took something of the stream; zero: one waits for no receipt.
        Duration timeout = std::chrono::seconds(5);
    };

    /// What a session file or a lookup of an earlier run says of somebody.
    struct Cached {
        Bytes card;
        std::vector<Endpoint> endpoints;

        friend bool operator==(const Cached&, const Cached&) = default;
    };
    /// Who is written to, and how he is reached.
    struct Recipient {
        Name name;
        std::optional<Cached> cached = {};
        /// Only there, whatever the index says: of it one wants the card.
        std::optional<Endpoint> at = {};
    };
    /// A stream out of an outbox.
    struct Resumed {
        wire::StreamId stream = 0;
        StreamBeginning beginning;
    };

    /// `identity`, `random` and `pins` outlive the object.  `index` verifies and is pinned.
    SealedSender(Options options, const sealed::Card& index, const noise::Identity& identity,
                 const sealed::CardClock& clock, noise::Random& random, Pins& pins, TimePoint now);

    /// Somebody to write to.  The number by which he is known from now on.
    std::size_t add(const Recipient& recipient, const std::optional<Resumed>& resumed,
                    TimePoint now);
    std::size_t add(const Name& name, const std::optional<Cached>& cached,
                    const std::optional<Resumed>& resumed, TimePoint now) {
        return add(Recipient{name, cached, {}}, resumed, now);
    }
    /// He failed, and all his messages have had their receipts: another stream, and another
    /// attempt.
    void renew(std::size_t to, TimePoint now);
    /// No more attempts: what has no receipt gets Timeout, and later renew().
    void giveUp(std::size_t to, TimePoint now);
    /// Why he will not be reached.
    [[nodiscard]] std::optional<SendResult> failure(std::size_t of) const {
        return peers_[of]->failed;
    }

    /// One message to him; goes out by the next tick().  `time` as in talk_message.hpp.
    [[nodiscard]] Push push(std::size_t to, TalkKind kind, std::string_view reply,
                            std::string_view time, std::string_view text, TimePoint now);
    /// All lines that end in `text` and find room, as StreamSender::pushLines; one receipt may tell
    /// of many of them.
    [[nodiscard]] std::size_t pushLines(std::size_t to, std::string_view time,
                                        std::string_view text, Push& result, TimePoint now);
    /// The next message to him shares no segment with one before (an outbox keeps them so).
    void separate(std::size_t to) { peers_[to]->stream.separate(); }
    /// A message of the outbox (StreamSender::restore); before any push().
    [[nodiscard]] bool restore(std::size_t to, std::string_view message,
                               wire::SegmentNumber beganAt, TimePoint now);
    /// Nothing more to him.
    void finish(std::size_t to);

    void receive(const Datagram& datagram, TimePoint now, Sink& sink);
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;
    /// Ends all sessions in good order.
    void leave(TimePoint now, Sink& sink);

    /// What has become of messages since the last call, in the order of each stream.
    [[nodiscard]] std::vector<SendReceipt> takeReceipts() { return std::exchange(receipts_, {}); }
    [[nodiscard]] std::vector<SendReply> takeReplies() { return std::exchange(replies_, {}); }
    /// Every message has its receipt.
    [[nodiscard]] bool isIdle() const;
    [[nodiscard]] const StreamSender& stream(std::size_t of) const { return peers_[of]->stream; }
    /// The latest card and address of somebody, to be cached.
    [[nodiscard]] std::optional<Cached> found(std::size_t of) const;
    [[nodiscard]] SealedIndexLink& link() { return link_; }
    [[nodiscard]] sealed::Transport& transport() { return transport_; }

    // TransportEvents

    sealed::Answer introduced(const sealed::Introduction& introduction, TimePoint now) override;
    void confirmed(wire::SessionIndex session, const sealed::Card& peer, const wire::Records& early,
                   TimePoint now, Sink& sink) override;
    void established(wire::SessionIndex session, const sealed::Card& peer,
                     const wire::Records& records, TimePoint now, Sink& sink) override;
    void unanswered(wire::SessionIndex session, TimePoint now, Sink& sink) override;
    void cardRefreshed(wire::SessionIndex session, const sealed::Card& card) override;
    void received(wire::SessionIndex session, const wire::Records& records, std::uint64_t counter,
                  TimePoint now, Sink& sink) override;
    void moved(wire::SessionIndex, const Destination&, TimePoint, Sink&) override {}
    void rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) override;
    void closed(wire::SessionIndex session, std::uint64_t owner, sealed::Ending why,
                wire::CloseCode code, std::string_view text, TimePoint now, Sink& sink) override;
    void keyRotated(const sealed::Card& card, TimePoint now, Sink& sink) override;
    void keyRetired(std::uint32_t generation) override;

    // IndexLinkEvents

    void found(const FoundPeer& peer, TimePoint now, Sink& sink) override;
    void notFound(std::string_view name, NotFound why, TimePoint now, Sink& sink) override;

private:
    /// Messages that were pushed at once and have no receipt.
    struct Waiting {
        wire::MessageNumber number = 0;
        std::uint64_t count = 1;
        TimePoint since;
    };
    struct Peer {
        Peer(std::size_t known, Name of, StreamSender carrying)
            : number(known), name(std::move(of)), stream(std::move(carrying)) {}
        std::size_t number;
        Name name;
        std::optional<Endpoint> at;  ///< only there
        std::optional<Endpoint> classicAt;
        StreamSender stream;
        std::optional<sealed::Card> card;
        std::vector<Endpoint> endpoints;
        std::vector<wire::SessionIndex> connecting;
        wire::SessionIndex session = 0;
        bool isAsked = false;                 ///< the index, about him
        TimePoint mayAsk = TimePoint::min();  ///< not oftener than once a second
        std::optional<SendResult> verdict;    ///< why it will not be, if nothing answers
        std::optional<SendResult> failed;     ///< for good
        Timer doubt;                          ///< ask the index beside the cached card
        Timer again;                          ///< another INIT
        Timer sentence;                       ///< the verdict holds
        std::deque<Waiting> waiting;
        wire::MessageNumber pushed = 0;
        bool isUnseen = false;  ///< the listener says so of what it acknowledges
        std::map<std::string, wire::MessageNumber> asked;  ///< by ID
    };

    [[nodiscard]] Peer* bySession(wire::SessionIndex session);
    [[nodiscard]] Peer* askedOf(const noise::IdentityKey& identity);

    void takeCached(Peer& peer, const Cached& cached, TimePoint now);
    void begin(Peer& peer, TimePoint now, Sink& sink);
    void connect(Peer& peer, TimePoint now, Sink& sink);
    void ask(Peer& peer, TimePoint now, Sink& sink);
    void take(Peer& peer, const FoundPeer& found, TimePoint now, Sink& sink);
    void pump(Peer& peer, TimePoint now, Sink& sink);
    void tickPeer(Peer& peer, TimePoint now, Sink& sink);
    void takeRecords(Peer& peer, const wire::Records& records, TimePoint now, Sink& sink);
    void settle(Peer& peer, TimePoint now);
    void expire(Peer& peer, TimePoint now);
    void fail(Peer& peer, SendResult why, TimePoint now);
    void dropSessions(Peer& peer, TimePoint now, Sink& sink);
    [[nodiscard]] TimePoint expiry(const Peer& peer) const;
    void report(Peer& peer, const Waiting& waiting, SendResult result, TimePoint now);
    void takeReplyData(const StreamSource& source, const wire::DataRecord& data, TimePoint now);
    void sendAcks(TimePoint now, Sink& sink);

    Options options_;
    noise::Random& random_;
    Pins& pins_;
    sealed::Transport transport_;
    SealedIndexLink link_;
    StreamTable streams_;  ///< of replies
    std::vector<std::unique_ptr<Peer>> peers_;
    std::multimap<std::string, std::size_t, std::less<>> names_;
    std::map<wire::SessionIndex, noise::IdentityKey> repliers_;
    std::vector<StreamAck> acks_;
    std::vector<SendReceipt> receipts_;
    std::vector<SendReply> replies_;
};

}  // namespace im::talk
