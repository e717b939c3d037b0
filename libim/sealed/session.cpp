// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/session.hpp"

#include "libim/sealed/limits.hpp"

#include <algorithm>
#include <utility>

namespace im::sealed {

Session::Session(const Beginning& beginning, Ciphers ciphers)
    : send_(std::move(ciphers.first)),
      receive_(std::move(ciphers.second)),
      lastHeard_(beginning.at),
      rekeyAt_(beginning.at + beginning.rekeyAfter),
      deadAt_(beginning.at + kSessionLifetime),
      local_(beginning.local),
      remote_(beginning.remote),
      peer_(beginning.peer),
      role_(beginning.role) {}

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
    lastHeard_ = now;
    return true;
}

void Session::endBy(TimePoint then) {
    deadAt_ = std::min(deadAt_, then);
}

bool Session::wantsRekey(TimePoint now) const {
    if (role_ != noise::Role::Initiator || rekeyTold_) return false;
    return now >= rekeyAt_ || send_.nonce() >= kRekeyFrames;
}

}  // namespace im::sealed
