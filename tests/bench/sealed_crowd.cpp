// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/sealed_crowd.hpp"

#include "libim/net/clock.hpp"
#include "libim/talk/index_probe.hpp"
#include "libim/wire/sealed_codec.hpp"

#include <chrono>

namespace im::bench {

namespace {

constexpr double kPatience = 10;
constexpr std::size_t kUnderWay = 16;

sealed::UnixSeconds wall() {
    return static_cast<sealed::UnixSeconds>(
        std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

Endpoint endpointAt(std::uint32_t host, std::uint16_t port) {
    return *Endpoint::parse(hostText(host) + ":" + std::to_string(port));
}

std::string_view textOf(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

BytesView bytesOf(std::string_view text) {
    return std::as_bytes(std::span(text));
}

}  // namespace

sealed::Card cardOf(const Index& index) {
    noise::initialise();
    noise::SystemRandom random;
    Crowd crowd;
    AsUser sink(crowd, kFirstUser, index.at());
    const Destination to{endpointAt(kLoopback, index.port)};
    talk::IndexProbe probe(to);
    probe.start(net::now(), random, sink);
    const double end = now() + kPatience;
    while (now() < end)
        for (const Crowd::Arrival& arrival : crowd.receive(0.1))
            if (const auto card = probe.receive({to.to, bytesOf(arrival.bytes)}, wall());
                card && *card)
                return **card;
    giveUp("no sealed index answers");
}

void AsUser::send(const Destination& /*where*/, BytesView payload) {
    crowd.send(host, to, textOf(payload));
}

void AsUser::fanOut(std::span<const BytesView> payloads, std::span<const Destination> where) {
    for (const BytesView payload : payloads)
        for (const Destination& one : where) send(one, payload);
}

SealedUser::SealedUser(std::size_t number, const Crowd& crowd, const Index& at,
                       const sealed::Card& index, noise::Random& random)
    : name_(userName(number)),
      host_(kFirstUser + static_cast<std::uint32_t>(number)),
      index_{endpointAt(kLoopback, at.port)},
      card_(index),
      identity_(noise::Identity::generate(random)),
      out_(crowd, host_, at.at()),
      transport_(sealed::clientSettings(),
                 {identity_, index.identity(), sealed::CardRole::User, name_},
                 sealed::CardClock(wall(), net::now()), random, *this, net::now()) {}

void SealedUser::login() {
    Bytes records;
    const std::string line = wire::encodeSealed(wire::SealedLogin{name_, {}, {}});
    wire::appendRecord(records, wire::TextRecord{line});
    if (!transport_.connect(card_, std::span(&index_, 1), records, net::now(), out_))
        giveUp("no handshake can begin");
}

void SealedUser::ping() {
    transport_.ping(session_, {std::byte{1}}, net::now(), out_);
}

void SealedUser::logout() {
    isOnline_ = false;
    transport_.close(session_, wire::CloseCode::Bye, {}, net::now(), out_);
}

void SealedUser::receive(std::string_view bytes) {
    transport_.receive({index_.to, bytesOf(bytes)}, net::now(), out_);
}

void SealedUser::established(wire::SessionIndex session, const sealed::Card& /*peer*/,
                             const wire::Records& /*records*/, TimePoint /*now*/, Sink& /*sink*/) {
    session_ = session;
    ping();
}

void SealedUser::received(wire::SessionIndex /*session*/, const wire::Records& records,
                          std::uint64_t /*counter*/, TimePoint /*now*/, Sink& /*sink*/) {
    for (const wire::Record& record : records) {
        if (std::holds_alternative<wire::PongRecord>(record)) isOnline_ = true;
        if (std::holds_alternative<wire::TextRecord>(record)) ++heard_;
    }
}

SealedCrowd::SealedCrowd(const Index& index, std::size_t count) : card_(cardOf(index)) {
    for (std::size_t i = 0; i < count; ++i)
        users_.push_back(std::make_unique<SealedUser>(i, crowd_, index, card_, random_));
}

bool SealedCrowd::hear(double patience) {
    const auto& arrivals = crowd_.receive(patience);
    for (const Crowd::Arrival& arrival : arrivals) {
        const std::size_t user = arrival.host - kFirstUser;
        if (user < users_.size()) users_[user]->receive(arrival.bytes);
    }
    return !arrivals.empty();
}

void SealedCrowd::logInAll(bool leaving) {
    std::size_t begun = 0;
    std::vector<std::size_t> underWay;
    double last = now();
    while (begun < users_.size() || !underWay.empty()) {
        for (; begun < users_.size() && underWay.size() < kUnderWay; ++begun) {
            users_[begun]->login();
            underWay.push_back(begun);
        }
        hear(0.1);
        const auto done = std::erase_if(underWay, [&](std::size_t i) {
            if (!users_[i]->isOnline()) return false;
            if (leaving) users_[i]->logout();
            return true;
        });
        if (done > 0) last = now();
        if (now() > last + kPatience) giveUp("a sealed login gets no answer");
    }
}

}  // namespace im::bench
