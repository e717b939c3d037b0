// SPDX-License-Identifier: BSL-1.0
// The Events of the classic profile, made in one place: what imevents(5) says of each column.
#pragma once

#include "libim/base/event.hpp"
#include "libim/wire/message.hpp"

#include <string>
#include <string_view>

namespace im::talk {

/// Text is the endpoint; classic knows no keys, so trust is `None`.
[[nodiscard]] Event loginEvent(std::string user, const Endpoint& endpoint);

/// Text is `bye`: classic tells no reason.
[[nodiscard]] Event logoutEvent(std::string user, const Endpoint& endpoint);

/// Status `online`, text is the endpoint, trust `Self` or `None`.
[[nodiscard]] Event rosterEvent(std::string user, const Endpoint& endpoint, Trust trust);

/// The endpoint is `source`, where the datagram came from.  Trust is left `None`.
[[nodiscard]] Event talkEvent(wire::Talk talk, const Endpoint& source);

/// `what` is `lost` or `back`.
[[nodiscard]] Event serverEvent(std::string_view what);

}  // namespace im::talk
