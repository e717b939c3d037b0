// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/index_probe.hpp"

#include "libim/sealed/path_validation.hpp"
#include "libim/talk/sealed_limits.hpp"
#include "libim/wire/hello.hpp"

#include <variant>

namespace im::talk {

void IndexProbe::start(TimePoint now, noise::Random& random, Sink& sink) {
    do asked_ = random.number32();
    while (asked_ == 0);
    gap_ = kHelloRetry;
    again_.set(now + gap_);
    silent_.set(now + kHelloPatience);
    sink.send(index_, wire::encodeHello(asked_));
}

void IndexProbe::stop() {
    again_.stop();
    silent_.stop();
}

std::optional<Expected<sealed::Card, sealed::CardRefusal>> IndexProbe::receive(
    const Datagram& datagram, sealed::UnixSeconds wall) {
    if (!isUnderWay() || datagram.truncated || datagram.from != index_.to) return {};
    const auto frame = wire::parseFrame(datagram.bytes);
    if (!frame) return {};
    const auto* hint = std::get_if<wire::HintFrame>(&*frame);
    if (hint == nullptr || hint->receiver != asked_ || hint->card.empty()) return {};
    auto card = sealed::verifyIndexCard(hint->card, wall);
    if (card) stop();
    return card;
}

bool IndexProbe::tick(TimePoint now, Sink& sink) {
    if (silent_.fired(now)) {
        stop();
        return true;
    }
    if (again_.fired(now)) {
        gap_ *= 2;
        if (gap_ <= kHelloGapMost) again_.set(now + gap_);
        sink.send(index_, wire::encodeHello(asked_));
    }
    return false;
}

std::optional<TimePoint> IndexProbe::nextDeadline() const {
    return earlier(again_.at(), silent_.at());
}

}  // namespace im::talk
