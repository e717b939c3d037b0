// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_keeper.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <utility>

namespace im::node {

namespace {

SessionDirectory::Extras extrasOf(const talk::SealedIndexLink& link) {
    return [&link](std::string_view user) {
        return SessionExtra{link.presence().isClassic(user), {}, {}};
    };
}

}  // namespace

void SessionKeeper::create(const talk::Contacts& contacts) {
    write(contacts, {});
}

void SessionKeeper::create(const talk::SealedIndexLink& link) {
    takeHead(link);
    write(link.presence().contacts(), extrasOf(link));
}

bool SessionKeeper::follow(const talk::ClassicListener& listener, TimePoint now,
                           const Trouble& trouble) {
    const std::uint16_t tcpPort = listener.tcpPort();
    if (std::exchange(session_.renews, listener.renews()) != listener.renews()) throttle_.change();
    if (tcpPort != 0 && std::exchange(session_.tcpPort, tcpPort) != tcpPort) throttle_.change();
    return followAll(listener.contacts(), {}, now, trouble);
}

bool SessionKeeper::follow(const talk::SealedIndexLink& link, TimePoint now,
                           const Trouble& trouble) {
    if (takeHead(link)) throttle_.change();
    return followAll(link.presence().contacts(), extrasOf(link), now, trouble);
}

bool SessionKeeper::takeHead(const talk::SealedIndexLink& link) {
    const sealed::Card& card = link.indexCard();
    const std::uint16_t told = link.accept().tcpPort;
    const std::uint16_t tcpPort = told != 0 ? told : session_.tcpPort;
    bool isNews = std::exchange(session_.profile, Profile::Sealed) != Profile::Sealed;
    isNews |= std::exchange(session_.tcpPort, tcpPort) != tcpPort;
    if (session_.indexCard == card.bytes) return isNews;
    session_.index = card.identity();
    session_.indexCard = card.bytes;
    return true;
}

bool SessionKeeper::followAll(const talk::Contacts& contacts,
                              const SessionDirectory::Extras& extras, TimePoint now,
                              const Trouble& trouble) {
    if (std::exchange(written_, contacts.version()) != contacts.version()) throttle_.change();
    const auto due = throttle_.due();
    if (!due || *due > now) return true;
    try {
        if (!isOurs()) return false;
        write(contacts, extras);
        troubled_ = false;
    } catch (const Error& problem) {
        throttle_.wrote(net::now(), net::now());
        throttle_.change();
        if (!std::exchange(troubled_, true)) trouble(problem.what());
    }
    return true;
}

void SessionKeeper::remove() {
    if (isOurs()) directory_.remove(id());
}

bool SessionKeeper::isOurs() const {
    const auto file = SessionFile::open(path());
    return file && file->session().endpoint == session_.endpoint;
}

void SessionKeeper::write(const talk::Contacts& contacts, const SessionDirectory::Extras& extras) {
    const TimePoint start = net::now();
    directory_.write(session_, contacts.all(), extras);
    throttle_.wrote(start, net::now());
    written_ = contacts.version();
}

}  // namespace im::node
