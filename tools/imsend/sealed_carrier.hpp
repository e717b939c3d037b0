// SPDX-License-Identifier: BSL-1.0
// SealedCarrier: letters in the sealed profile.  A letter is done with when the addressed person's
// listener has written it; until then it, and those behind it, are on their way: sending goes on
// while input is read, and stops to be taken in where the window is full.
//
// Somebody who could not be reached is not tried again before a second has passed; what is sent to
// him meanwhile shares the fate of what was before.
#pragma once

#include "libim/net/loop.hpp"
#include "libim/node/asker_files.hpp"
#include "libim/node/file_pins.hpp"
#include "libim/node/identity_file.hpp"
#include "libim/node/outbox.hpp"
#include "libim/node/sealed_courier.hpp"
#include "libim/node/session_cards.hpp"
#include "libim/node/session_file.hpp"
#include "tools/imsend/carrier.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace im::imsend {

class SealedCarrier final : public Carrier {
public:
    static constexpr Duration kTryAgain = std::chrono::seconds(1);
    /// With `-t 0`: for so long the message may take to be handed to the network.
    static constexpr Duration kHandOver = std::chrono::seconds(5);

    /// `session` is a sealed one.  Reads the identity.
    SealedCarrier(app::Tool& tool, const Plan& plan, Outcomes& outcomes, node::SessionFile session);
    ~SealedCarrier() override;

    void send(const std::vector<app::Recipient>& to, const LetterPtr& letter, bool more) override;
    void locate(const std::vector<app::Recipient>& to, std::string_view text) override;
    void waitFor(int input, std::optional<TimePoint> deadline) override;
    void finish() override;
    [[nodiscard]] bool takesLines() const override;
    std::size_t sendLines(const app::Recipient& to, std::string_view text) override;

private:
    using Result = talk::SendResult;

    /// A letter that has no receipt yet.
    struct Waiting {
        LetterPtr letter = {};
        std::optional<wire::StreamId> stream = {};  ///< it was pushed into
        std::uint32_t segment = 0;                  ///< in which it begins, of its stream
        std::uint32_t segments = 0;                 ///< of its own; with -Q only
        std::string head = {};                      ///< what stands before the text; with -Q only
    };
    /// A stream to somebody.
    struct Stream {
        app::Recipient to;
        std::string asker;  ///< the ID of the question whose asker it leads to, or empty
        std::deque<Waiting> waiting;
        std::optional<talk::SendReceipt> failure;  ///< the last that went wrong
        std::optional<TimePoint> failedAt;
        std::optional<node::OutboxStream> outbox;  ///< while receipts are taken
        std::optional<node::OutboxId> kept;        ///< the last one
        std::optional<talk::SealedSender::Cached> cached;
    };
    using Key = std::tuple<std::string, std::string>;  ///< recipient, ID of the question

    // Streams.

    [[nodiscard]] std::size_t streamTo(const app::Recipient& to, const std::string& re);
    [[nodiscard]] std::size_t begin(const app::Recipient& to, const std::string& asker);
    [[nodiscard]] std::optional<talk::SealedSender::Cached> cardOf(const app::Recipient& to) const;
    /// False: he failed a moment ago.
    [[nodiscard]] bool isOpen(std::size_t to);
    void post(std::size_t to, const LetterPtr& letter);
    [[nodiscard]] Waiting apart(const LetterPtr& letter, talk::TalkKind kind,
                                const std::string& time) const;
    [[nodiscard]] talk::TalkKind kindOf(const Letter& letter) const;

    // What comes back.

    void takeNews();
    void take(const talk::SendReceipt& receipt);
    void settle(Stream& stream, const Waiting& waiting, const talk::SendReceipt& receipt);
    void fail(const Stream& stream, const talk::SendReceipt& receipt);
    enum class Kept : std::uint8_t { Not, InOutbox, OutOfRoom };
    [[nodiscard]] Kept keepForLater(Stream& stream, const Waiting& waiting,
                                    const talk::SendReceipt& receipt);
    [[nodiscard]] node::OutboxStream outboxFor(Stream& stream, const Waiting& waiting,
                                               const talk::SendReceipt& receipt);
    [[nodiscard]] bool sendClassic(const Stream& stream, const Waiting& waiting,
                                   const talk::SendReceipt& receipt);
    void print(const Stream& stream, const talk::SendReceipt& receipt, app::Outcome outcome);
    void keepCards();

    void turn(std::optional<Duration> longest);
    [[nodiscard]] std::string now() const;
    [[nodiscard]] bool isDone() const;
    void awaitReply(TimePoint begun);
    void sayUnwaited();

    app::Tool& tool_;
    const Plan& plan_;
    Outcomes& outcomes_;
    node::SessionFile file_;
    node::SessionCards cards_;
    node::AskerFiles askers_;
    net::Loop loop_;
    node::IdentityFile::Opened identity_;
    noise::SystemRandom random_;
    node::FilePins pins_;
    node::SealedCourier courier_;

    std::map<Key, std::size_t> byRecipient_;
    std::vector<Stream> streams_;  ///< by the number that the sender has for them
    std::optional<talk::SendReply> reply_;
    unsigned unsent_ = 0;  ///< letters pushed since the last turn
    bool isOutWatched_ = false;
    bool isReaderGone_ = false;
    bool isHinted_ = false;
};

}  // namespace im::imsend
