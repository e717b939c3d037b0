// SPDX-License-Identifier: BSL-1.0
#include "tests/unit/talk/listener_story.hpp"

#include "libim/wire/utf16.hpp"
#include "tests/support/catch.hpp"

#include <utility>

namespace im::talk {

namespace {

constexpr std::string_view kIndex = "10.0.0.100:4649";
constexpr std::string_view kIndexSends = "10.0.0.100:50123";

wire::RosterEntry entry(std::string_view text) {
    const std::size_t comma = text.rfind(',');
    return {std::string(text.substr(0, comma)), endpoint(text.substr(comma + 1))};
}

std::vector<wire::RosterEntry> entries(std::initializer_list<std::string_view> texts) {
    std::vector<wire::RosterEntry> all;
    for (std::string_view text : texts) all.push_back(entry(text));
    return all;
}

ClassicListener::Options options(const ListenerStory::Setting& setting) {
    return {.self = name("alice"),
            .local = endpoint("10.0.0.1:4001"),
            .index = endpoint(kIndex),
            .patience = setting.patience,
            .seed = setting.seed,
            .rosterFirst = setting.rosterFirst};
}

std::string lineOf(const Event& event) {
    std::string line(toString(event.type));
    line += ' ' + (event.user.empty() ? "-" : event.user);
    line += ' ' + std::string(toString(event.trust));
    return line + ' ' + event.text;
}

}  // namespace

Name name(std::string_view text) {
    return Name::orThrow(text, ErrorKind::Usage);
}
Endpoint endpoint(std::string_view text) {
    return Endpoint::parse(text).value();
}

Bytes utf16(std::string_view text) {
    Bytes bytes;
    wire::appendUtf16le(bytes, text);
    return bytes;
}

void RecordingSink::send(const Destination& to, BytesView payload) {
    sent.push_back({to.to, Bytes(payload.begin(), payload.end())});
}

void RecordingSink::fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) {
    for (const Destination& one : to)
        for (BytesView payload : payloads) send(one, payload);
}

ListenerStory::ListenerStory(Setting setting) : listener(options(setting)) {}

void ListenerStory::adopt(std::initializer_list<std::string_view> texts, std::uint16_t tcpPort) {
    listener.adopt(tcpPort, entries(texts), now);
    look();
}

void ListenerStory::accept(std::uint16_t tcpPort) {
    hear("Accept," + std::to_string(tcpPort));
}

void ListenerStory::hear(std::string_view text) {
    hearFrom(kIndexSends, text);
}

void ListenerStory::hearFrom(std::string_view source, std::string_view text) {
    const Bytes bytes = utf16(text);
    listener.receive({.from = endpoint(source), .bytes = bytes}, now, *sink_);
    look();
}

void ListenerStory::roster(std::initializer_list<std::string_view> texts) {
    wholeRoster(entries(texts));
}

void ListenerStory::wholeRoster(const std::vector<wire::RosterEntry>& all) {
    REQUIRE(std::exchange(asked_, {}));
    listener.fetched(all, now, *sink_);
    look();
}

void ListenerStory::rosterFails() {
    REQUIRE(std::exchange(asked_, {}));
    listener.fetchFailed(now, *sink_);
    look();
}

void ListenerStory::advance(Duration time) {
    const TimePoint end = now + time;
    for (auto next = listener.nextDeadline(); next && *next <= end;
         next = listener.nextDeadline()) {
        REQUIRE(*next >= now);
        now = *next;
        listener.tick(now, *sink_);
        look();
        // Or the loop of a program would spin.
        REQUIRE((!listener.nextDeadline() || *listener.nextDeadline() > now));
    }
    now = end;
}

void ListenerStory::comeOnline(std::initializer_list<std::string_view> others) {
    login();
    accept();
    std::vector<wire::RosterEntry> all = entries(others);
    all.push_back(entry(kAlice));
    REQUIRE(std::exchange(asked_, {}));
    listener.fetched(all, now, *sink_);
    events();
    sent();
}

void ListenerStory::loseIndex() {
    advance(20s);
    rosterFails();
    advance(kLostAfter);
    REQUIRE(listener.state() == ClassicListener::State::Lost);
}

Lines ListenerStory::told() {
    Lines lines;
    for (const Event& event : events()) lines.push_back(lineOf(event));
    return lines;
}

std::vector<Event> ListenerStory::events() {
    return listener.takeEvents();
}

Lines ListenerStory::sent() {
    Lines texts;
    for (const RecordingSink::Sent& one : std::exchange(sink_->sent, {})) {
        CHECK(one.to == endpoint(kIndex));
        texts.push_back(wire::utf8FromUtf16le(one.payload));
    }
    return texts;
}

void ListenerStory::look() {
    if (const auto where = listener.takeFetch()) {
        REQUIRE_FALSE(asked_);
        asked_ = where;
    }
}

}  // namespace im::talk
