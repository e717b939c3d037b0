// SPDX-License-Identifier: BSL-1.0
#include "libim/talk/events.hpp"

#include <utility>

namespace im::talk {

namespace {

Event presenceEvent(EventType type, std::string user, const Endpoint& endpoint) {
    Event event;
    event.type = type;
    event.user = std::move(user);
    event.trust = Trust::None;
    event.endpoint = endpoint;
    return event;
}

}  // namespace

Event loginEvent(std::string user, const Endpoint& endpoint) {
    Event event = presenceEvent(EventType::Login, std::move(user), endpoint);
    event.text = endpoint.toString();
    return event;
}

Event logoutEvent(std::string user, const Endpoint& endpoint) {
    Event event = presenceEvent(EventType::Logout, std::move(user), endpoint);
    event.text = "bye";
    return event;
}

Event rosterEvent(std::string user, const Endpoint& endpoint, Trust trust) {
    Event event = presenceEvent(EventType::Roster, std::move(user), endpoint);
    event.trust = trust;
    event.status = "online";
    event.text = endpoint.toString();
    return event;
}

Event talkEvent(wire::Talk talk, const Endpoint& source) {
    Event event = presenceEvent(EventType::Talk, std::move(talk.sender), source);
    event.sent = std::move(talk.time);
    event.text = std::move(talk.text);
    return event;
}

Event serverEvent(std::string_view what) {
    Event event;
    event.type = EventType::Server;
    event.text = what;
    return event;
}

}  // namespace im::talk
