// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sender.hpp"

#include "libim/base/utf8.hpp"
#include "libim/wire/classic_codec.hpp"
#include "libim/wire/utf16.hpp"

#include <algorithm>
#include <utility>

namespace im::node {

namespace {

std::string withWideCommas(std::string_view text) {
    constexpr std::string_view kWideComma = "\uFF0C";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == ',') {
            out += kWideComma;
        } else {
            out.push_back(c);
        }
    }
    return out;
}

/// The last one of that name: a .NET server lists a user once per login, the newest last.
std::optional<Endpoint> findIn(const std::vector<wire::RosterEntry>& roster,
                               std::string_view user) {
    const auto found =
        std::find_if(roster.rbegin(), roster.rend(),
                     [user](const wire::RosterEntry& entry) { return entry.name == user; });
    if (found == roster.rend()) return {};
    return found->endpoint;
}

void refuse(SendReport& report, net::Delivery why) {
    report.result = SendReport::Result::Refused;
    report.why = (why == net::Delivery::Refused ? "nobody listens at " : "no way leads to ") +
                 report.endpoint->toString();
}

}  // namespace

Bytes talkDatagram(std::string_view time, std::string_view sender, std::string_view text,
                   Commas commas) {
    if (!isValidUtf8(text)) throw Error(ErrorKind::Data, "message: not valid UTF-8");
    const std::size_t units = wire::utf16Units(text);
    if (units > wire::kMaxTalkUnits)
        throw Error(ErrorKind::Data, "message: too long: " + std::to_string(units) +
                                         " UTF-16 units, at most " +
                                         std::to_string(wire::kMaxTalkUnits));
    return wire::encodeClassic(
        wire::Talk{std::string(time), std::string(sender),
                   commas == Commas::Wide ? withWideCommas(text) : std::string(text)});
}

int SendReport::status() const {
    switch (result) {
        case Result::Sent:
            return earlierRefused ? static_cast<int>(ErrorKind::Unavailable) : 0;
        case Result::Unknown:
            return static_cast<int>(ErrorKind::NoUser);
        case Result::Refused:
        case Result::Timeout:
            return static_cast<int>(ErrorKind::Unavailable);
        case Result::NoHost:
            return static_cast<int>(ErrorKind::NoHost);
    }
    return static_cast<int>(ErrorKind::Software);
}

std::vector<SendReport> Sender::send(std::span<const Target> to, BytesView datagram, bool wait) {
    if (peers_.size() > kMostPeers) peers_.clear();
    std::vector<Sending> sendings;
    sendings.reserve(to.size());
    for (const Target& target : to) {
        Sending& sending = sendings.emplace_back(Sending{target, peers_[target], {}});
        locate(sending);
        if (!sending.peer.endpoint) continue;
        deliver(sending, datagram);
        const bool refused = sending.report.result == SendReport::Result::Refused;
        if ((refused || sending.report.earlierRefused) && hasMoved(sending))
            deliver(sending, datagram);
    }
    if (wait) settle(sendings, datagram);
    std::vector<SendReport> reports;
    reports.reserve(sendings.size());
    for (Sending& sending : sendings) reports.push_back(std::move(sending.report));
    return reports;
}

SendReport Sender::locate(const Target& target) {
    Sending sending{target, peers_[target], {}};
    locate(sending);
    return std::move(sending.report);
}

void Sender::locate(Sending& sending) {
    const auto& [user, host, port] = sending.target;
    Peer& peer = sending.peer;
    SendReport& report = sending.report;
    try {
        if (host.empty()) {
            lookUp(user, peer);
        } else if (!peer.endpoint) {
            peer.endpoint = world_.resolve(host, port);
        }
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::NoHost) throw;
        report.result = SendReport::Result::NoHost;
        report.why = error.what();
        return;
    }
    report.endpoint = peer.endpoint;
    if (peer.endpoint) return;
    const bool silent = roster_ && !*roster_;
    report.result = silent ? SendReport::Result::Timeout : SendReport::Result::Unknown;
    report.why = silent ? roster_->error() : "no such user";
}

void Sender::lookUp(const std::string& user, Peer& peer) {
    const TimePoint now = world_.now();
    if (peer.endpoint && peer.lookedAt && now - *peer.lookedAt < kLookAgain) return;
    peer.lookedAt = now;
    const auto cached = world_.cached(user);
    if (cached && cached != peer.outdated) {
        peer = {cached, now, false, {}};
        return;
    }
    // What only the index knew stays good until it is refused.
    if (peer.endpoint && peer.fromIndex) return;
    peer.endpoint = findAtIndex(user);
    peer.fromIndex = true;
}

std::optional<Endpoint> Sender::findAtIndex(const std::string& user) {
    const Duration counts = roster_ && !*roster_ ? kSilenceCounts : kAskAgain;
    if (!roster_ || world_.now() - askedAt_ >= counts) {
        roster_ = world_.askIndex();
        askedAt_ = world_.now();
    }
    if (!*roster_) return {};
    return findIn(**roster_, user);
}

void Sender::deliver(Sending& sending, BytesView datagram) {
    SendReport& report = sending.report;
    report.endpoint = sending.peer.endpoint;
    report.result = SendReport::Result::Sent;
    report.why.clear();
    const auto handed = world_.deliver(*report.endpoint, datagram);
    if (handed.earlier != net::Delivery::Sent) report.earlierRefused = true;
    if (handed.delivery != net::Delivery::Sent) refuse(report, handed.delivery);
}

bool Sender::hasMoved(Sending& sending) {
    if (!sending.target.host.empty()) return false;
    Peer& peer = sending.peer;
    const auto found = findAtIndex(sending.target.user);
    if (!found || found == peer.endpoint) return false;
    peer.outdated = peer.endpoint;
    peer.endpoint = found;
    peer.fromIndex = true;
    return true;
}

void Sender::settle(std::vector<Sending>& sendings, BytesView datagram) {
    // Twice: what is refused may be sent to a new place, and be refused there.
    for (int round = 0; round < 2; ++round) {
        std::vector<Sending*> sent;
        std::vector<Endpoint> endpoints;
        for (Sending& sending : sendings) {
            if (sending.report.result != SendReport::Result::Sent) continue;
            sent.push_back(&sending);
            endpoints.push_back(*sending.report.endpoint);
        }
        bool again = false;
        const auto deliveries = world_.settle(endpoints);
        for (std::size_t i = 0; i < sent.size(); ++i) {
            if (deliveries[i] == net::Delivery::Sent) continue;
            refuse(sent[i]->report, deliveries[i]);
            if (!hasMoved(*sent[i])) continue;
            deliver(*sent[i], datagram);
            again = true;
        }
        if (!again) return;
    }
}

}  // namespace im::node
