// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/init_gate.hpp"

#include "libim/sealed/limits.hpp"

#include <algorithm>

namespace im::sealed {

namespace {

noise::HashKey hashKey(noise::Random& random) {
    noise::HashKey key{};
    random.fill(std::as_writable_bytes(std::span(key)));
    return key;
}

}  // namespace

InitGate::InitGate(std::uint32_t initsPerSecond, noise::Random& random, TimePoint now)
    : most_(initsPerSecond),
      tokens_(random, now),
      inits_(hashKey(random)),
      proven_(hashKey(random)),
      hints_(hashKey(random)),
      second_(now) {}

void InitGate::turn(TimePoint now) {
    if (now - second_ < 1s) return;
    before_ = now - second_ < 2s ? count_ : 0;
    count_ = 0;
    second_ = now;
}

bool InitGate::underLoad(TimePoint now) {
    turn(now);
    return std::max(count_, before_) > most_;
}

InitGate::Verdict InitGate::judge(const Endpoint& from, const wire::AddressToken& token,
                                  TimePoint now) {
    const Address source = sourceKey(from.address);
    const bool isWithin = inits_.take(source, kInitAllowance, now);
    turn(now);
    if (isWithin) {
        ++count_;
        if (!underLoad(now) || tokens_.verify(from, token, now)) return Verdict::Pass;
        return Verdict::AskForToken;
    }
    if (!tokens_.verify(from, token, now)) return Verdict::AskForToken;
    if (!proven_.take(source, kProvenAllowance, now)) return Verdict::Drop;
    ++count_;
    return Verdict::Pass;
}

bool InitGate::mayHint(const Endpoint& from, TimePoint now) {
    return hints_.take(sourceKey(from.address), kHintAllowance, now);
}

wire::AddressToken InitGate::tokenFor(const Endpoint& to, TimePoint now) {
    return tokens_.token(to, now);
}

}  // namespace im::sealed
