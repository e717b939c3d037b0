// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/session.hpp"

#include "libim/sealed/limits.hpp"

#include <algorithm>
#include <utility>

namespace im::sealed {

Session::Session(const Beginning& beginning, Ciphers ciphers)
    : send_(std::move(ciphers.first)),
      receive_(std::move(ciphers.second)),
      began_(beginning.at),
      rekeyAt_(beginning.role == noise::Role::Initiator
                   ? std::chrono::ceil<Age>(beginning.rekeyAfter)
                   : kNever),
      deadAt_(std::chrono::duration_cast<Age>(kSessionLifetime)),
      local_(beginning.local),
      remote_(beginning.remote),
      peer_(beginning.peer) {}

Session::Age Session::ageAt(TimePoint then) const {
    return std::chrono::floor<Age>(std::max(then - began_, Duration::zero()));
}

bool Session::seal(BytesView records, Bytes& out) {
    if (send_.nonce() == noise::CipherState::kReservedNonce) return false;
    wire::appendBoxHeader(out, remote_, send_.nonce());
    send_.encryptWithAd({}, records, out);
    return true;
}

bool Session::open(const wire::BoxFrame& box, Bytes& out, TimePoint now) {
    if (!window_.isFresh(box.counter)) return false;
    out.clear();
    receive_.setNonce(box.counter);
    if (!receive_.decryptWithAd({}, box.sealed, out)) return false;
    window_.accept(box.counter);
    lastHeard_ = ageAt(now);
    return true;
}

void Session::endBy(TimePoint then) {
    deadAt_ = std::min(deadAt_, ageAt(then));
}

bool Session::wantsRekey(TimePoint now) const {
    if (rekeyAt_ == kNever) return false;
    return now >= began_ + rekeyAt_ || send_.nonce() >= kRekeyFrames;
}

}  // namespace im::sealed
