// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_keeper.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <utility>

namespace im::node {

void SessionKeeper::create(const talk::Contacts& contacts) {
    write(contacts);
}

bool SessionKeeper::follow(const talk::ClassicListener& listener, TimePoint now,
                           const std::function<void(const std::string&)>& trouble) {
    const talk::Contacts& contacts = listener.contacts();
    const std::uint16_t tcpPort = listener.tcpPort();
    if (std::exchange(written_, contacts.version()) != contacts.version()) throttle_.change();
    if (std::exchange(session_.renews, listener.renews()) != listener.renews()) throttle_.change();
    if (tcpPort != 0 && std::exchange(session_.tcpPort, tcpPort) != tcpPort) throttle_.change();
    const auto due = throttle_.due();
    if (!due || *due > now) return true;
    try {
        if (!isOurs()) return false;
        write(contacts);
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

void SessionKeeper::write(const talk::Contacts& contacts) {
    const TimePoint start = net::now();
    directory_.write(session_, contacts.all());
    throttle_.wrote(start, net::now());
    written_ = contacts.version();
}

}  // namespace im::node
