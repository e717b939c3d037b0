// SPDX-License-Identifier: BSL-1.0
// SealedListener: what imlisten is in the sealed profile: holds the login, takes the streams of
// others, knows who they are, shows each message once, and acknowledges what is written.
//
// Who is a sender?  His card proves that a key calls itself by a name; that the name is that key's
// only the pin or the index can say.  Pinned: heard at once.  Another key pinned: refused, and one
// `key` event tells the new fingerprint.  Unknown: his INIT waits (kMaxWaiting, 2 s) for the index,
// then he is pinned; what he says from that process has trust `new`.
//
// Classic datagrams are dropped with one notice for each source, unless `allowClassic`; and a
// pinned name is never shown for one of them (sealed.md 2.13).
//
// No socket, no clock, no thread.  Not thread-safe.  Models im::Protocol.
#pragma once

#include "libim/noise/random.hpp"
#include "libim/sealed/transport.hpp"
#include "libim/talk/sealed_index_link.hpp"
#include "libim/talk/stream_table.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace im::talk {

/// Who asks by `imsend --ask`: its process, which waits.  A reply goes there.
struct Asker {
    std::string id;  ///< of the message
    sealed::Card card;
    Endpoint endpoint;
};

/// What became of a message that was to be shown.
enum class Shown : std::uint8_t {
    Written,
    Later,   ///< written() or unseen() says it, in the order of the calls
    Unseen,  ///< not shown, and nobody will say that it was
};

/// Who reads the events: standard output, a command.
class ListenReader {
public:
    ListenReader() = default;
    ListenReader(const ListenReader&) = delete;
    ListenReader& operator=(const ListenReader&) = delete;
    virtual ~ListenReader() = default;

    /// Presence, `key`, `server`, and talk in classic: nobody waits for a receipt of it.
    virtual void tell(const Event& event) = 0;
    /// A message or a gap.  `isHurried`: the answer to its first datagram waits for it.
    [[nodiscard]] virtual Shown show(const Event& event, bool isHurried) = 0;
    /// Shown just before, and its sender waits for a reply.
    virtual void asked(const Asker& asker) = 0;
    /// For a person, on stderr: "bob speaks classic, which is not shown; ...".
    virtual void notice(const std::string& text) = 0;
};

class SealedListener final : public sealed::TransportEvents, public IndexLinkEvents {
public:
    struct Options {
        SealedIndexLink::Options link;
        bool allowClassic = false;
    };

    /// `identity`, `random`, `pins` and `reader` outlive the object.  `index` verifies and is
    /// pinned.
    SealedListener(Options options, const sealed::Card& index, const noise::Identity& identity,
                   const sealed::CardClock& clock, noise::Random& random, Pins& pins,
                   ListenReader& reader, TimePoint now);

    void start(TimePoint now, Sink& sink) { link_.start(now, sink); }
    void adopt(const Contacts& known, TimePoint now, Sink& sink) { link_.adopt(known, now, sink); }
    void logout(TimePoint now, Sink& sink);

    void receive(const Datagram& datagram, TimePoint now, Sink& sink);
    void tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

    /// The `count` oldest that show() called Later are written now, or will not be.
    void written(std::size_t count, TimePoint now, Sink& sink);
    void unseen(std::size_t count, TimePoint now, Sink& sink);
    /// What is neither yet.
    [[nodiscard]] std::size_t unwritten() const;

    /// For the roster's connection and the state of the login.
    [[nodiscard]] SealedIndexLink& link() { return link_; }
    [[nodiscard]] const SealedIndexLink& link() const { return link_; }
    [[nodiscard]] sealed::Transport& transport() { return transport_; }
    [[nodiscard]] const StreamTable& streams() const { return streams_; }

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
    void moved(wire::SessionIndex session, const Destination& to, TimePoint now,
               Sink& sink) override;
    void rekeyDue(wire::SessionIndex session, TimePoint now, Sink& sink) override;
    void closed(wire::SessionIndex session, std::uint64_t owner, sealed::Ending why,
                wire::CloseCode code, std::string_view text, TimePoint now, Sink& sink) override;
    void keyRotated(const sealed::Card& card, TimePoint now, Sink& sink) override;
    void keyRetired(std::uint32_t generation) override;

    // IndexLinkEvents

    void found(const FoundPeer& peer, TimePoint now, Sink& sink) override;
    void notFound(std::string_view name, NotFound why, TimePoint now, Sink& sink) override;
    void owned(std::string_view name, const noise::IdentityKey& identity, TimePoint now,
               Sink& sink) override;

private:
    using Identity = noise::IdentityKey;
    /// Somebody who may talk to us.
    struct Person {
        sealed::Card card;
        Trust trust = Trust::Ok;
        Endpoint endpoint;
        std::size_t sessions = 0;
    };

    /// Pinned a moment ago.  New is the process in which he first spoke, until it has gone.
    struct Newcomer {
        std::string name;
        std::optional<noise::PublicKey> key;

        [[nodiscard]] bool isStill(const sealed::Card& card) const {
            return name == card.body.name && (!key || *key == card.sessionKey());
        }
    };

    /// Of somebody, one that has a session with us.
    struct Process {
        sealed::Card card;
        Endpoint endpoint;
    };

    [[nodiscard]] Trust judge(const sealed::Card& card) const;
    sealed::Answer askAbout(const sealed::Card& card);
    sealed::Answer refuse(const sealed::Card& card);
    void vouch(const std::string& name, const std::optional<Identity>& his, TimePoint now,
               Sink& sink);
    void tellKey(const std::string& name, const Identity& identity);
    Person& meet(const sealed::Card& card, Trust trust, const Endpoint& at);
    void forgetSomebody();

    void takeData(const StreamSource& source, const wire::DataRecord& data, TimePoint now,
                  Sink* sink);
    void showAll(bool isHurried, TimePoint now);
    void settle(TimePoint now);
    void decide(std::size_t count, Shown what, TimePoint now, Sink& sink);
    Shown showOne(const StreamDelivery& delivery, bool isHurried);
    void tellPresence();
    void sendAcks(TimePoint now, Sink& sink);
    void takeClassic(const Datagram& datagram);
    void noticeOnce(const Address& source, const std::string& text);
    void askIndex(TimePoint now, Sink& sink);

    Options options_;
    Pins& pins_;
    ListenReader& reader_;
    sealed::Transport transport_;
    SealedIndexLink link_;
    StreamTable streams_;

    std::map<Identity, Person> people_;
    std::map<wire::SessionIndex, Process> sessions_;
    std::map<std::string, std::set<Identity>, std::less<>> strangers_;  ///< being asked about
    std::vector<std::string> toAsk_;
    std::map<Identity, Newcomer> newcomers_;     ///< the index has just vouched for them
    std::map<Identity, std::string> impostors_;  ///< the index says that the name is another's
    std::set<Identity> keysTold_;
    std::set<Address> noticed_;
    std::vector<StreamAck> acks_;  ///< taken out while an INIT was answered
    std::deque<Shown> pending_;    ///< in order, from the first that is decided Later on
};

}  // namespace im::talk
