// SPDX-License-Identifier: BSL-1.0
// IndexProbe: asks an index of which nothing is known, or whose key seems to be gone, for its
// card: `hello` at 0, 1 and 3 s; no HINT within 7 s means that no sealed index is there.  Not a
// byte of the sealed profile goes out before (it would end a .NET server's receive loop).
// No socket, no clock; not thread-safe.
#pragma once

#include "libim/base/datagram.hpp"
#include "libim/base/expected.hpp"
#include "libim/noise/random.hpp"
#include "libim/sealed/card.hpp"
#include "libim/talk/timer.hpp"
#include "libim/wire/frame.hpp"

#include <optional>

namespace im::talk {

class IndexProbe {
public:
    explicit IndexProbe(const Destination& index) : index_(index) {}

    /// Sends the first hello.
    void start(TimePoint now, noise::Random& random, Sink& sink);
    void stop();
    [[nodiscard]] bool isUnderWay() const { return silent_.isSet(); }

    /// The card of the index, verified as its own (not against a pin), or why it is none; nothing
    /// when the datagram is no answer to us.  With a card the probe is over.
    std::optional<Expected<sealed::Card, sealed::CardRefusal>> receive(const Datagram& datagram,
                                                                       sealed::UnixSeconds wall);
    /// True once, when nobody has answered.
    [[nodiscard]] bool tick(TimePoint now, Sink& sink);
    [[nodiscard]] std::optional<TimePoint> nextDeadline() const;

private:
    Destination index_;
    wire::SessionIndex asked_ = 0;
    Timer again_;
    Timer silent_;
    Duration gap_{};
};

}  // namespace im::talk
