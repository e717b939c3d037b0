// SPDX-License-Identifier: BSL-1.0
// SealedCarrier: streams to people, and the loop.  What comes back is in sealed_news.cpp.
#include "tools/imsend/sealed_carrier.hpp"

#include "libim/app/escape.hpp"
#include "libim/app/paths.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/resolve.hpp"
#include "libim/talk/stream_limits.hpp"
#include "tools/imsend/sealed_words.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace im::imsend {

namespace {

/// Letters between two looks at the network, while more of them are there.
constexpr unsigned kAtOnce = 64;

node::KnownFile knownFile() {
    return node::KnownFile(app::dataDirectory() + "/known");
}

talk::SealedSender::Options optionsOf(const Plan& plan, const node::Session& session) {
    auto options = node::senderOptions(session, plan.patience);
    options.early = plan.early;
    return options;
}

/// Loud, and nothing goes on: who has put another key in the place of the index can read who
/// writes to whom, and vouch for keys.
const sealed::Card& pinned(node::FilePins& pins, const node::Session& session,
                           const sealed::Card& card) {
    const bool isKnown = pins.index() && pins.index()->identity == session.index;
    if (isKnown || pins.pinIndex(card) != Trust::Bad) return card;
    throw Error(ErrorKind::NoPermission,
                session.serverName + ": its key is not the one that is known: nothing was sent",
                "somebody may be in between; see imlogin(1), --trust");
}

}  // namespace

SealedCarrier::SealedCarrier(app::Tool& tool, const Plan& plan, Outcomes& outcomes,
                             node::SessionFile session)
    : tool_(tool),
      plan_(plan),
      outcomes_(outcomes),
      file_(std::move(session)),
      cards_(file_.path()),
      askers_(file_.path()),
      identity_(node::openIdentity(app::dataDirectory() + "/identity")),
      pins_(knownFile(), file_.session().serverName,
            [&tool](const std::string& what) { tool.complain(what); }),
      courier_(loop_, optionsOf(plan, file_.session()), file_.session().endpoint.address,
               pinned(pins_, file_.session(), node::indexCardOf(file_.session(), file_.path())),
               identity_.identity, random_, pins_, [this] { takeNews(); }) {
    loop_.atDeadline([this] { return courier_.nextDeadline(); }, [this] { courier_.work(); });
    const int out = tool_.out().fd();
    if (!plan_.prints() || ::fcntl(out, F_GETFD) < 0) return;
    isOutWatched_ =
        loop_.watch(out, 0, [this](net::LoopEvents) { isReaderGone_ = tool_.out().readerLeft(); });
}

SealedCarrier::~SealedCarrier() {
    if (isOutWatched_) loop_.forget(tool_.out().fd());
}

// Streams.

/// A reply goes to who waits for it; where nobody does, to whom it is addressed.
std::size_t SealedCarrier::streamTo(const app::Recipient& to, const std::string& re) {
    std::string asker;
    if (!re.empty() && !to.at)
        if (const auto waits = askers_.find(re); waits && waits->name == to.user) asker = re;
    Key key{to.toString(), asker};
    if (const auto known = byRecipient_.find(key); known != byRecipient_.end())
        return known->second;
    const std::size_t begun = begin(to, asker);
    byRecipient_.emplace(std::move(key), begun);
    return begun;
}

/// Throws Error(NoHost).
std::size_t SealedCarrier::begin(const app::Recipient& to, const std::string& asker) {
    Stream stream{to, asker, {}, {}, {}, {}, {}, {}};
    talk::SealedSender::Recipient recipient{to.user};
    if (to.at) recipient.at = net::resolveApart(to.at->host, to.at->port);
    recipient.cached = asker.empty() ? cardOf(to) : askers_.find(asker)->cached;
    stream.cached = recipient.cached;
    streams_.push_back(std::move(stream));
    return courier_.sender().add(recipient, {}, net::now());
}

/// A card that was learned, unless the session has him somewhere else since: then his program is
/// another one, most likely, and an answer from there would be waited for in vain.
std::optional<talk::SealedSender::Cached> SealedCarrier::cardOf(const app::Recipient& to) const {
    auto cached = cards_.find(to.user);
    const auto told = file_.findUser(to.user.view());
    if (!told) return cached;
    const bool isThere = cached && std::ranges::count(cached->endpoints, told->endpoint) > 0;
    if (isThere || (cached && !cards_.isOlderThanSession(to.user))) return cached;
    if (told->extra.card.empty()) return {};
    talk::SealedSender::Cached out{told->extra.card, {told->endpoint}};
    if (told->extra.behind) out.endpoints.push_back(*told->extra.behind);
    return out;
}

bool SealedCarrier::isOpen(std::size_t to) {
    Stream& stream = streams_[to];
    if (!courier_.sender().failure(to)) return true;
    if (stream.failedAt && net::now() - *stream.failedAt < kTryAgain) return false;
    courier_.sender().renew(to, net::now());
    stream.failure.reset();
    return true;
}

talk::TalkKind SealedCarrier::kindOf(const Letter& letter) const {
    if (!letter.re.empty()) return talk::TalkKind::Reply;
    return plan_.ask ? talk::TalkKind::Ask : talk::TalkKind::Talk;
}

std::string SealedCarrier::now() const {
    return app::formatTime(net::wallNow(), app::TimeStyle::Utc);
}

void SealedCarrier::send(const std::vector<app::Recipient>& to, const LetterPtr& letter,
                         bool more) {
    if (!letter->re.empty() && !talk::isMessageId(letter->re))
        throw Error(ErrorKind::Data, "re: not the ID of a message");
    for (const app::Recipient& one : to) {
        try {
            post(streamTo(one, letter->re), letter);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::NoHost) throw;
            tool_.complain(one.toString() + ": " + error.what());
            outcomes_.note(static_cast<int>(error.kind()));
            outcomes_.print({{}, one.toString(), app::Outcome::Refused, {}, {}});
            outcomes_.settle(*letter, false);
        }
    }
    if (!more || ++unsent_ >= kAtOnce) turn(Duration::zero());
}

void SealedCarrier::post(std::size_t to, const LetterPtr& letter) {
    talk::SealedSender& sender = courier_.sender();
    const talk::TalkKind kind = kindOf(*letter);
    const std::string time = now();
    for (;;) {
        if (!isOpen(to)) {
            const Waiting waiting = apart(letter, kind, time);
            settle(streams_[to], waiting, *streams_[to].failure);
            streams_[to].outbox.reset();
            return;
        }
        if (plan_.queue) sender.separate(to);
        switch (sender.push(to, kind, letter->re, time, letter->text, net::now())) {
            case talk::Push::Taken: {
                Waiting waiting = plan_.queue ? apart(letter, kind, time) : Waiting{letter};
                waiting.stream = sender.stream(to).id();
                waiting.segment = sender.stream(to).lastBegan();
                streams_[to].waiting.push_back(std::move(waiting));
                if (plan_.form == Form::Operands) sender.finish(to);
                return;
            }
            case talk::Push::TooLong:
                throw Error(ErrorKind::Data, "longer than 1 MiB");
            case talk::Push::Full:
                turn({});
                break;
            case talk::Push::Ended:
                sender.giveUp(to, net::now());
                turn(Duration::zero());
                break;
        }
    }
}

/// As it would stand in an outbox, in segments of its own.
SealedCarrier::Waiting SealedCarrier::apart(const LetterPtr& letter, talk::TalkKind kind,
                                            const std::string& time) const {
    Waiting waiting{letter};
    if (!plan_.queue) return waiting;
    waiting.head = talk::talkHead(kind, letter->re, time, file_.session().user.view());
    waiting.segments =
        static_cast<std::uint32_t>(talk::segmentsOf(waiting.head.size() + letter->text.size()));
    return waiting;
}

void SealedCarrier::locate(const std::vector<app::Recipient>& to, std::string_view text) {
    for (const app::Recipient& one : to) {
        std::optional<Endpoint> at;
        if (one.at) at = net::resolveApart(one.at->host, one.at->port);
        if (!at) at = file_.find(one.user.view());
        if (const auto cached = cards_.find(one.user); !at && cached)
            at = cached->endpoints.front();
        std::string line = app::escaped(one.toString()) + "\t" + (at ? at->toString() : "-") + "\t";
        app::appendEscaped(line, text);
        tool_.out().write(line + "\n");
    }
}

bool SealedCarrier::takesLines() const {
    return plan_.receipts == Receipts::None && !plan_.tee && !plan_.queue && !plan_.allowClassic &&
           !plan_.ask && plan_.re.empty() && plan_.rate == 0 && !plan_.dryRun;
}

std::size_t SealedCarrier::sendLines(const app::Recipient& to, std::string_view text) {
    const std::size_t known = streamTo(to, {});
    talk::Push result = talk::Push::Full;
    for (;;) {
        if (!isOpen(known)) {
            talk::SendReceipt lost = *streams_[known].failure;
            const std::size_t end = text.rfind('\n') + 1;
            lost.count = static_cast<std::uint64_t>(std::ranges::count(text.substr(0, end), '\n'));
            if (lost.count > 0) fail(streams_[known], lost);
            return end;
        }
        const std::size_t taken =
            courier_.sender().pushLines(known, now(), text, result, net::now());
        const bool isStuck = taken == 0 && result == talk::Push::Full;
        if (result == talk::Push::Ended) courier_.sender().giveUp(known, net::now());
        ++unsent_;
        turn(isStuck ? std::nullopt : std::optional(Duration::zero()));
        if (!isStuck && result != talk::Push::Ended) return taken;
        if (taken > 0) return taken;
    }
}

// The loop.

/// One turn, with what was pushed on its way.
void SealedCarrier::turn(std::optional<Duration> longest) {
    unsent_ = 0;
    courier_.work();
    loop_.runOnce(longest);
    if (isReaderGone_) throw app::ReaderLeft();
}

void SealedCarrier::waitFor(int input, std::optional<TimePoint> deadline) {
    bool isReady = false;
    const bool isOpenInput = input >= 0 && ::fcntl(input, F_GETFD) >= 0;
    const bool isWatched =
        isOpenInput && loop_.watch(input, net::kLoopRead, [&](net::LoopEvents) { isReady = true; });
    // A file, or nothing, is never waited for.
    if (input >= 0 && !isWatched) return turn(Duration::zero());
    try {
        while (!isReady && (!deadline || net::now() < *deadline)) {
            std::optional<Duration> left;
            if (deadline) left = std::max(*deadline - net::now(), Duration::zero());
            turn(left);
        }
    } catch (...) {
        loop_.forget(input);
        throw;
    }
    loop_.forget(input);
}

bool SealedCarrier::isDone() const {
    const talk::SealedSender& sender = courier_.sender();
    if (plan_.patience > Duration::zero()) return sender.isIdle();
    for (std::size_t i = 0; i < streams_.size(); ++i)
        if (!sender.failure(i) && !sender.stream(i).isAllSent()) return false;
    return true;
}

void SealedCarrier::finish() {
    const TimePoint begun = net::now();
    for (std::size_t i = 0; i < streams_.size(); ++i) courier_.sender().finish(i);
    turn(Duration::zero());
    const bool waits = plan_.patience > Duration::zero();
    while (!isDone() && (waits || net::now() - begun < kHandOver)) turn(kHandOver);
    takeNews();
    if (plan_.ask) awaitReply(begun);
    keepCards();
    if (waits)
        courier_.leave();
    else
        sayUnwaited();
}

}  // namespace im::imsend
