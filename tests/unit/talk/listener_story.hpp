// SPDX-License-Identifier: BSL-1.0
// ListenerStory: one ClassicListener, alice at 10.0.0.1:4001, and the verbs in which its cases
// are told.  Time stands still but in advance().
#pragma once

#include "libim/talk/classic_listener.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::talk {

using Lines = std::vector<std::string>;

/// Keeps what is sent.
class RecordingSink final : public Sink {
public:
    struct Sent {
        Endpoint to;
        Bytes payload;
    };
    void send(const Destination& to, BytesView payload) override;
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to) override;

    std::vector<Sent> sent;
};

class ListenerStory {
public:
    struct Setting {
        bool rosterFirst = false;
        Duration patience = kLoginPatience;
        std::uint64_t seed = 1;
    };
    ListenerStory() : ListenerStory(Setting()) {}
    explicit ListenerStory(Setting setting);

    // What happens.
    void login() { listener.login(now, *sink_); }
    void logout() { listener.logout(now, *sink_); }
    void adopt(std::initializer_list<std::string_view> entries, std::uint16_t tcpPort = 4700);
    void accept(std::uint16_t tcpPort = 4700);
    /// A datagram from the index's host, from a port that is not the index's.
    void hear(std::string_view text);
    void hearFrom(std::string_view source, std::string_view text);
    /// The fetch that was asked for brings "NAME,IP:PORT", ...
    void roster(std::initializer_list<std::string_view> entries);
    void wholeRoster(const std::vector<wire::RosterEntry>& entries);
    void rosterFails();
    /// Time goes by, tick by tick at each deadline.
    void advance(Duration time);
    /// login(), accept(), a roster of ourselves, and whatever that tells is forgotten.
    void comeOnline(std::initializer_list<std::string_view> others = {});
    /// A look fails and nothing answers the login that follows it.
    void loseIndex();

    // What it leads to.
    /// "TYPE USER TRUST TEXT" of each event since the last call.
    Lines told();
    std::vector<Event> events();
    /// "login,alice,10.0.0.1:4001" of each datagram since the last call; fails the case when one
    /// does not go to the index.
    Lines sent();
    /// Where a roster is asked for and not delivered yet.
    std::optional<Endpoint> asked() { return asked_; }

    TimePoint now{std::chrono::hours(1)};
    ClassicListener listener;

private:
    void look();

    std::unique_ptr<RecordingSink> sink_ =
        std::make_unique<RecordingSink>();  // so that stories move
    std::optional<Endpoint> asked_;
};

inline constexpr std::string_view kLogin = "login,alice,10.0.0.1:4001";
inline constexpr std::string_view kLogout = "logout,alice,10.0.0.1:4001";
inline constexpr std::string_view kAlice = "alice,10.0.0.1:4001";
inline constexpr std::string_view kBob = "bob,10.0.0.2:4002";
inline constexpr std::string_view kCarol = "carol,10.0.0.3:4003";

[[nodiscard]] Name name(std::string_view text);
[[nodiscard]] Endpoint endpoint(std::string_view text);
[[nodiscard]] Bytes utf16(std::string_view text);

}  // namespace im::talk
