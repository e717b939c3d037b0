// SPDX-License-Identifier: BSL-1.0
#include "libim/index/classic_index.hpp"

#include "libim/index/admission.hpp"
#include "libim/wire/classic_codec.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace im::index {

namespace {

/// Directory::unreachableCount() of a user who is to be logged out for it.
constexpr std::uint8_t kIsUnreachable = 0xFF;

// Users of the store whose memory is fetched while others are entered.
constexpr std::size_t kPrefetchAhead = 16;

/// What a refused login is told.  Texts are short: the shortest login that can be has 13 letters,
/// so no answer has more than 39 (kMaxAmplification).
wire::Reject answerTo(Refusal why) {
    switch (why) {
        case Refusal::Denied:
            return {"denied", "not from your address"};
        case Refusal::BadName:
            return {"name", "not a user name"};
        case Refusal::Taken:
            return {"taken", "online elsewhere"};
        case Refusal::Full:
            return {"full", "no room for more users"};
        case Refusal::PerIp:
            return {"full", "too many at your address"};
        // Nothing is said: an answer to a flood is more flood, one to an endpoint that nobody may
        // have goes astray, and the others are no logins.
        case Refusal::Oversize:
        case Refusal::Rate:
        case Refusal::Undecodable:
        case Refusal::NotForIndex:
        case Refusal::BadEndpoint:
        case Refusal::Self:
        case Refusal::SourceMismatch:
        case Refusal::UnknownUser:
        case Refusal::RosterDenied:
        case Refusal::Count:
            return {};
    }
    return {};
}

Event eventOf(EventType type, std::string_view user, const Endpoint& endpoint,
              std::string_view text) {
    Event event;
    event.type = type;
    event.user = user;
    event.trust = Trust::None;
    event.endpoint = endpoint;
    event.text = text;
    return event;
}

}  // namespace

std::string_view toString(Refusal why) {
    switch (why) {
        case Refusal::Oversize:
            return "oversize";
        case Refusal::Rate:
            return "rate";
        case Refusal::Denied:
            return "denied";
        case Refusal::Undecodable:
            return "undecodable";
        case Refusal::NotForIndex:
            return "not-for-index";
        case Refusal::BadName:
            return "bad-name";
        case Refusal::BadEndpoint:
            return "bad-endpoint";
        case Refusal::Self:
            return "self";
        case Refusal::SourceMismatch:
            return "source-mismatch";
        case Refusal::Taken:
            return "taken";
        case Refusal::Full:
            return "full";
        case Refusal::PerIp:
            return "per-ip";
        case Refusal::UnknownUser:
            return "unknown-user";
        case Refusal::RosterDenied:
            return "roster-denied";
        case Refusal::Count:
            break;
    }
    return "-";
}

std::string_view toString(LogoutReason reason) {
    switch (reason) {
        case LogoutReason::Bye:
            return "bye";
        case LogoutReason::Lease:
            return "lease";
        case LogoutReason::Replaced:
            return "replaced";
        case LogoutReason::Unreachable:
            return "unreachable";
        case LogoutReason::Count:
            break;
    }
    return "-";
}

ClassicIndex::ClassicIndex(Policy policy, HostFacts host, Store& store, Observer& observer,
                           const HashKey& seed, TimePoint now, WallTime calendar)
    : policy_(std::move(policy)),
      host_(std::move(host)),
      store_(store),
      observer_(observer),
      now_(now),
      start_(now),
      calendarAtStart_(calendar),
      users_(seed),
      pending_(seed),
      rate_(seed),
      announcing_(seed),
      answering_(seed),
      leases_(now),
      announcements_(seed, policy_.announcementsPerPiece) {
    setAccept();
    restore();
}

void ClassicIndex::restore() {
    using Stored = std::pair<StoreKey, StoredUser>;
    std::vector<StoreKey> gone;
    const auto enter = [&](const Stored& stored) {
        if (!restore(stored.first, stored.second)) gone.push_back(stored.first);
    };
    std::vector<Stored> ahead;  // a ring once it is full; `next` is the oldest
    std::size_t next = 0;
    users_.reserve(store_.size());
    store_.follow([&](StoreKey key, const StoredUser& user) {
        users_.prefetch(user.name, user.endpoint);
        if (ahead.size() < kPrefetchAhead) return void(ahead.emplace_back(key, user));
        enter(ahead[next]);
        ahead[next] = {key, user};
        next = (next + 1) % kPrefetchAhead;
    });
    std::rotate(ahead.begin(), ahead.begin() + static_cast<std::ptrdiff_t>(next), ahead.end());
    std::ranges::for_each(ahead, enter);
    for (const StoreKey key : gone) store_.drop(key);
    users_.settle();
}

/// False for one who cannot be there any more.
bool ClassicIndex::restore(StoreKey key, const StoredUser& user) {
    latestSince_ = std::max(latestSince_, user.since);
    if (users_.find(user.name.view()) != kNoRow) return false;
    if (!isSendable(host_, user.endpoint) || isOurOwn(host_, user.endpoint)) return false;
    const Row row = users_.add(user.name, {user.endpoint, kAnyPath});
    users_.setStoreKey(row, key);
    renewLease(row);
    return true;
}

void ClassicIndex::setAccept() {
    accept_ = wire::encodeClassic(wire::Accept{host_.tcpPort});
}

void ClassicIndex::setHostFacts(HostFacts host) {
    host_ = std::move(host);
    setAccept();
}

void ClassicIndex::setPolicy(Policy policy) {
    const bool hasNewLease = policy.classicLease != policy_.classicLease;
    policy_ = std::move(policy);
    if (!hasNewLease) return;
    for (Row row = users_.first(); row != kNoRow; row = users_.next(row)) {
        leases_.cancel(row);
        renewLease(row);
    }
}

// Datagrams --------------------------------------------------------------------------------

void ClassicIndex::receive(const Datagram& datagram, TimePoint now, Sink& sink) {
    now_ = now;
    ++counters_.datagrams;
    if (datagram.truncated || datagram.bytes.size() > kMaxRequest)
        return refuse(Refusal::Oversize, datagram.from);
    // Before anything that may be answered, so that answers have the limit too.
    if (!rate_.admit(datagram.from.address, policy_.rate, now))
        return refuse(Refusal::Rate, datagram.from);

    const auto message = wire::decodeClassic(datagram.bytes);
    if (!mayUseClassic(policy_, datagram.from.address)) {
        const auto* login = message ? std::get_if<wire::Login>(&*message) : nullptr;
        if (login == nullptr) return refuse(Refusal::Denied, datagram.from);
        return refuseLogin(Refusal::Denied, login->endpoint, datagram, sink);
    }
    if (!message) return refuse(Refusal::Undecodable, datagram.from);
    std::visit([&](const auto& known) { handle(known, datagram, sink); }, *message);
}

void ClassicIndex::handle(const wire::Login& login, const Datagram& datagram, Sink& sink) {
    const auto name = Name::parse(login.name);
    if (!name) return refuseLogin(Refusal::BadName, login.endpoint, datagram, sink);
    if (const auto why = endpointRefusal(login.endpoint, datagram.from))
        return refuse(*why, datagram.from);
    decide({*name, {login.endpoint, datagram.via}, datagram}, sink);
}

void ClassicIndex::handle(const wire::Logout& logout, const Datagram& datagram, Sink& /*sink*/) {
    const auto name = Name::parse(logout.name);
    if (!name) return refuse(Refusal::BadName, datagram.from);
    if (!isFromClaimed(policy_.source, logout.endpoint, datagram.from))
        return refuse(Refusal::SourceMismatch, datagram.from);

    const Row row = users_.find(name->view());
    if (row != kNoRow && users_.destination(row).to == logout.endpoint) {
        if (!mayAnnounce(datagram.from.address, users_.size() - 1))
            return refuse(Refusal::Rate, datagram.from);
        return leave(row, LogoutReason::Bye);
    }
    const Row waiting = pending_.find(name->view(), logout.endpoint.address);
    if (waiting != kNoRow && pending_.destination(waiting).to == logout.endpoint)
        return pending_.remove(waiting);
    refuse(Refusal::UnknownUser, datagram.from);
}

void ClassicIndex::handle(const wire::Accept& /*accept*/, const Datagram& datagram,
                          Sink& /*sink*/) {
    refuse(Refusal::NotForIndex, datagram.from);
}

void ClassicIndex::handle(const wire::Talk& /*talk*/, const Datagram& datagram, Sink& /*sink*/) {
    refuse(Refusal::NotForIndex, datagram.from);
}

void ClassicIndex::handle(const wire::Reject& /*reject*/, const Datagram& datagram,
                          Sink& /*sink*/) {
    refuse(Refusal::NotForIndex, datagram.from);
}

std::optional<Refusal> ClassicIndex::endpointRefusal(const Endpoint& claimed,
                                                     const Endpoint& source) const {
    if (!isSendable(host_, claimed)) return Refusal::BadEndpoint;
    if (isOurOwn(host_, claimed)) return Refusal::Self;
    if (!isFromClaimed(policy_.source, claimed, source)) return Refusal::SourceMismatch;
    return {};
}

/// `replaced` is the row of the user who logs in from a new endpoint, or kNoRow.
std::optional<Refusal> ClassicIndex::roomRefusal(const Address& address, Row replaced) const {
    if (replaced == kNoRow && everybody() >= policy_.maxUsers) return Refusal::Full;
    if (replaced != kNoRow && users_.destination(replaced).to.address == address) return {};
    std::size_t there = users_.usersAt(address) + pending_.usersAt(address);
    if (neighbour_ != nullptr) there += neighbour_->onlineAt(address);
    if (policy_.maxPerIp != 0 && there >= policy_.maxPerIp) return Refusal::PerIp;
    return {};
}

/// The login is well-formed and from where it says: whose is the name, and is there room?
void ClassicIndex::decide(const LoginRequest& request, Sink& sink) {
    const Endpoint& endpoint = request.where.to;
    const Row known = users_.find(request.name.view());
    if (known != kNoRow && users_.destination(known).to == endpoint)
        return renew(known, request.where, sink);
    if (known != kNoRow && !users_.destination(known).to.address.sameHost(endpoint.address))
        return refuseLogin(Refusal::Taken, endpoint, request.datagram, sink);
    if (known == kNoRow && isTakenThere(request.name.view()))
        return refuseLogin(Refusal::Taken, endpoint, request.datagram, sink);

    // Who is online has shown already that he is at this host.
    const bool mustWait = known == kNoRow && mustConfirm(policy_.confirm, endpoint.address);
    if (mustWait && !mayAnswer(endpoint.address))
        return refuse(Refusal::Rate, request.datagram.from);
    const Row waiting = pending_.find(request.name.view(), endpoint.address);
    if (waiting != kNoRow) {
        if (mustWait && pending_.destination(waiting).to == endpoint)
            return remind(waiting, request.where, sink);
        pending_.remove(waiting);
    }
    if (const auto why = roomRefusal(endpoint.address, known))
        return refuseLogin(*why, endpoint, request.datagram, sink);
    const std::size_t told = known == kNoRow ? users_.size() : 2 * (users_.size() - 1);
    if (!mustWait && !mayAnnounce(request.datagram.from.address, told))
        return refuse(Refusal::Rate, request.datagram.from);

    accept(request.where, sink);
    if (mustWait) return wait(request);
    if (known != kNoRow) leave(known, LogoutReason::Replaced);
    come(request.name, request.where);
}

void ClassicIndex::renew(Row row, const Destination& where, Sink& sink) {
    users_.setPath(row, where.via);
    users_.unreachableCount(row) = 0;
    renewLease(row);
    ++counters_.renewals;
    accept(where, sink);
}

/// A client that repeats its login, perhaps because the answer was lost.  It has no longer for
/// it: else the endless repeats of a liar would keep him pending for ever.
void ClassicIndex::remind(Row waiting, const Destination& where, Sink& sink) {
    pending_.setPath(waiting, where.via);
    accept(where, sink);
}

/// Whether an answer may go to `address`: whose it is may never have asked.  Everybody on this
/// host is spared, since whoever is there can do him worse.
bool ClassicIndex::mayAnswer(const Address& address) {
    if (address.isLoopback() || !mustConfirm(policy_.confirm, address)) return true;
    if (users_.usersAt(address) > 0) return true;
    constexpr sealed::RateLimit::Allowance kAllowance{kConfirmTime,
                                                      kConfirmTime * kMaxUnprovenAnswers};
    return answering_.take(address, kAllowance, now_);
}

bool ClassicIndex::mayAnnounce(const Address& source, std::size_t datagrams) {
    // Whoever asks: what a thousand sources cause together is bounded as well.
    if (announcements_.gathered() >= kMostGathered) return false;
    if ((announcements_.gathered() + 1) * users_.size() > kMostOwed) return false;
    if (policy_.rate == 0 || datagrams == 0) return true;
    constexpr Duration kToken = Duration(std::chrono::seconds(1)) / kAnnouncementRate;
    constexpr sealed::RateLimit::Allowance kAllowance{kToken, kToken * kAnnouncementBurst};
    return announcing_.takeOrOwe(source, kAllowance, datagrams, now_);
}

void ClassicIndex::wait(const LoginRequest& request) {
    if (pending_.size() >= kMaxPending) {
        const Row oldest = pending_.oldest();
        refuse(Refusal::Full, pending_.destination(oldest).to);
        pending_.remove(oldest);
    }
    pending_.add(request.name, request.where, now_ + kConfirmTime);
}

void ClassicIndex::accept(const Destination& where, Sink& sink) {
    sink.send(where, accept_);
}

void ClassicIndex::refuse(Refusal why, const Endpoint& source) {
    ++counters_.refused[static_cast<std::size_t>(why)];
    observer_.refused(why, source);
}

/// Says why, but only to a source that is the claimed endpoint: the answer goes where the
/// question came from, so nobody can have it sent to somebody else without lying about his own
/// address, and then it is no larger than a few times what he sent.
void ClassicIndex::refuseLogin(Refusal why, const Endpoint& claimed, const Datagram& datagram,
                               Sink& sink) {
    refuse(why, datagram.from);
    if (claimed != datagram.from) return;
    if (!isSendable(host_, claimed) || isOurOwn(host_, claimed)) return;
    if (!mayAnswer(claimed.address)) return;
    sink.send({datagram.from, datagram.via}, wire::encodeClassic(answerTo(why)));
}

// Who is online ----------------------------------------------------------------------------

void ClassicIndex::come(const Name& name, const Destination& where) {
    const Row row = users_.add(name, where);
    announcements_.came({name.str(), where.to}, row, users_);
    renewLease(row);
    users_.setStoreKey(row, store_.put({name, where.to, sinceNow()}));
    roster_.came(users_, row);
    if (neighbour_ != nullptr) neighbour_->otherCame(name.view(), where.to);
    ++counters_.logins;
    observer_.happened(eventOf(EventType::Login, name.view(), where.to, where.to.toString()));
}

void ClassicIndex::leave(Row row, LogoutReason reason) {
    const Name name = users_.nameOf(row);
    const Endpoint endpoint = users_.destination(row).to;
    announcements_.leaves({name.str(), endpoint}, row, users_);
    store_.drop(users_.storeKey(row));
    roster_.left(users_, row);
    users_.remove(row);
    leases_.cancel(row);
    if (neighbour_ != nullptr) neighbour_->otherLeft(name.view(), endpoint);
    ++counters_.logouts[static_cast<std::size_t>(reason)];
    observer_.happened(eventOf(EventType::Logout, name.view(), endpoint, toString(reason)));
}

void ClassicIndex::renewLease(Row row) {
    if (policy_.classicLease > Duration{0}) leases_.set(row, now_ + policy_.classicLease);
}

/// Calendar time, as far as it is known, that never runs backwards.
std::int64_t ClassicIndex::sinceNow() {
    const auto calendar =
        calendarAtStart_ + std::chrono::duration_cast<std::chrono::milliseconds>(now_ - start_);
    latestSince_ = std::max<std::int64_t>(latestSince_, calendar.time_since_epoch().count());
    return latestSince_;
}

TableFigures ClassicIndex::tables(TimePoint now) const {
    const auto buckets = [now](const sealed::RateLimit& limit) {
        return TableFigures::Buckets{limit.inUse(now), limit.room()};
    };
    return {.users = users_.size(),
            .pending = pending_.size(),
            .nameSlots = users_.nameSlots(),
            .waiting = users_.part(Part::Waiting).size() + users_.part(Part::Latecomers).size(),
            .gathered = announcements_.gathered(),
            .lag = announcements_.isTelling() ? now - trainSince_ : Duration{},
            .requests = buckets(rate_),
            .announcements = buckets(announcing_),
            .answers = buckets(answering_)};
}

// Roster -----------------------------------------------------------------------------------

std::shared_ptr<const SharedText> ClassicIndex::fetchRoster(const Address& from, TimePoint now) {
    now_ = now;
    const bool isKnown = users_.usersAt(from) > 0 || pending_.firstFrom(from) != kNoRow;
    if (!mayUseClassic(policy_, from) || !(isKnown || isLocalNetwork(from))) {
        refuse(Refusal::RosterDenied, {from, 0});
        return nullptr;
    }
    confirm(from);
    answering_.forgive(from);
    // What a roster tells, no kill of the process takes back.
    if (!store_.settled()) store_.settle();
    ++counters_.rosters;
    return roster_.text(users_, neighbour_);
}

void ClassicIndex::confirm(const Address& from) {
    for (Row row = pending_.firstFrom(from); row != kNoRow; row = pending_.firstFrom(from)) {
        const Name name = pending_.name(row);
        const Destination where = pending_.destination(row);
        pending_.remove(row);
        if (users_.find(name.view()) != kNoRow || isTakenThere(name.view())) {
            refuse(Refusal::Taken, where.to);
        } else if (everybody() >= policy_.maxUsers) {
            refuse(Refusal::Full, where.to);
        } else if (!mayAnnounce(from, users_.size())) {
            refuse(Refusal::Rate, where.to);
        } else {
            come(name, where);
        }
    }
}

// The sealed profile's users ---------------------------------------------------------------

bool ClassicIndex::isTakenThere(std::string_view name) const {
    return neighbour_ != nullptr && neighbour_->hasName(name);
}

std::size_t ClassicIndex::everybody() const {
    return users_.size() + (neighbour_ != nullptr ? neighbour_->online() : 0);
}

bool ClassicIndex::hasName(std::string_view name) const {
    return users_.find(name) != kNoRow;
}

std::optional<Endpoint> ClassicIndex::whereIs(std::string_view name) const {
    const Row row = users_.find(name);
    if (row == kNoRow) return {};
    return users_.destination(row).to;
}

std::size_t ClassicIndex::onlineAt(const Address& address) const {
    return users_.usersAt(address) + pending_.usersAt(address);
}

std::size_t ClassicIndex::visit(std::size_t cursor, std::size_t most, const Each& each) const {
    cursor = std::min(cursor, users_.size());
    for (; cursor > 0 && most > 0; --most) {
        const Row row = users_.at(--cursor);
        each(users_.name(row), users_.destination(row).to);
    }
    return cursor;
}

void ClassicIndex::otherCame(std::string_view name, const Endpoint& endpoint) {
    roster_.otherCame(name, endpoint);
    if (users_.size() > 0) announcements_.elsewhere(wire::Login{std::string(name), endpoint}, name);
}

void ClassicIndex::otherLeft(std::string_view name, const Endpoint& endpoint) {
    roster_.otherLeft();
    if (users_.size() > 0)
        announcements_.elsewhere(wire::Logout{std::string(name), endpoint}, name);
}

bool ClassicIndex::mayTell(const Address& source, std::size_t events) {
    return mayAnnounce(source, events * users_.size());
}

// Time -------------------------------------------------------------------------------------

void ClassicIndex::tick(TimePoint now, Sink& sink, bool isBusy) {
    now_ = now;
    if (!isCommitting_) {
        endLeases();
        endUnreachable();
        endPending();
        isCommitting_ = true;
    }
    // With every tick, and for both profiles: what came while a commit was under way (a pending
    // user who was confirmed, a name claimed) would otherwise never be committed, and nothing
    // settle.
    store_.commit();
    if (store_.settled()) {
        isCommitting_ = false;
        if (!announcements_.isTelling() && announcements_.gathered() > 0) {
            announcements_.begin(users_);
            trainSince_ = now;
        }
    }
    if (!announcements_.isTelling()) return;
    const std::size_t most = isBusy ? policy_.announcementsWhenBusy : policy_.announcementsPerTick;
    counters_.announcements += announcements_.tell(users_, sink, most);
}

std::optional<TimePoint> ClassicIndex::nextDeadline() const {
    if (announcements_.isTelling()) return now_;
    if (isCommitting_) return {};  // its end is what comes next
    if (announcements_.gathered() > 0 || !unreachable_.empty()) return now_;
    return earlier(leases_.nextDeadline(), pending_.nextDeadline());
}

void ClassicIndex::endLeases() {
    std::size_t work = kMaxEndsPerTick;
    for (Row row = leases_.takeEnded(now_, work); row != kNoRow;
         row = leases_.takeEnded(now_, work))
        leave(row, LogoutReason::Lease);
}

void ClassicIndex::endPending() {
    for (std::size_t work = kMaxEndsPerTick; work > 0; --work) {
        const Row oldest = pending_.oldest();
        if (oldest == kNoRow || pending_.until(oldest) > now_) return;
        pending_.remove(oldest);
    }
}

void ClassicIndex::endUnreachable() {
    for (std::size_t work = kMaxEndsPerTick; work > 0 && !unreachable_.empty(); --work) {
        const Row row = unreachable_.back();
        unreachable_.pop_back();
        // Not if he has logged in again meanwhile, or the row has got somebody else's.
        if (users_.unreachableCount(row) == kIsUnreachable) leave(row, LogoutReason::Unreachable);
    }
}

void ClassicIndex::unreachable(const Endpoint& endpoint, TimePoint now) {
    now_ = now;
    for (Row row = users_.firstAt(endpoint); row != kNoRow; row = users_.nextAt(row))
        if (isUnreachableNow(row)) unreachable_.push_back(row);
}

/// Counts one more port-unreachable; true when it is the one that ends the login.
bool ClassicIndex::isUnreachableNow(Row row) {
    std::uint8_t& count = users_.unreachableCount(row);
    Ticks& since = users_.unreachableSince(row);
    if (count == kIsUnreachable) return false;
    if (count == 0) since = ticksUp(now_ - start_);
    if (count < kUnreachableCount) ++count;
    if (count < kUnreachableCount) return false;
    // `since` is rounded up, so a hundred at once may seem to come before the first.
    const Ticks time = ticksDown(now_ - start_);
    if (time < since || (time - since) * kTick < kUnreachableTime) return false;
    count = kIsUnreachable;
    return true;
}

}  // namespace im::index
