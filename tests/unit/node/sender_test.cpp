// SPDX-License-Identifier: BSL-1.0
#include "libim/node/sender.hpp"

#include "libim/base/error.hpp"
#include "libim/wire/classic_codec.hpp"
#include "tests/support/catch.hpp"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using im::Duration;
using im::Endpoint;
using im::Error;
using im::ErrorKind;
using im::TimePoint;
using im::net::Delivery;
using im::node::Commas;
using im::node::Sender;
using im::node::SenderWorld;
using im::node::SendReport;
using im::node::talkDatagram;
using im::node::Target;
using Result = im::node::SendReport::Result;

namespace {

Endpoint at(std::uint16_t port) {
    return {im::Address::v4({127, 0, 0, 1}), port};
}

/// A world that a story is told in: who listens where, what session and index say.
class Story final : public SenderWorld {
public:
    void sessionHas(const std::string& user, const Endpoint& where) { session_[user] = where; }
    void sessionForgets(const std::string& user) { session_.erase(user); }
    void indexHas(const std::string& user, const Endpoint& where) {
        index_.push_back({user, where});
    }
    void indexForgetsAll() { index_.clear(); }
    void indexIsSilent(bool silent = true) { silent_ = silent; }
    void listens(const Endpoint& where) { listening_.insert(where); }
    void leaves(const Endpoint& where) { listening_.erase(where); }
    /// Refusals from there arrive only while they are waited for.
    void isFarAway(const Endpoint& where) { far_.insert(where); }
    void passes(Duration time) { now_ += time; }

    std::vector<SendReport> send(const std::vector<Target>& to, bool wait = true) {
        return sender_.send(to, im::asBytes("hi"), wait);
    }
    SendReport send(const std::string& user, bool wait = true) {
        return send(std::vector<Target>{{user, "", 0}}, wait).at(0);
    }
    Sender& sender() { return sender_; }

    std::vector<Endpoint> arrived;
    int asked = 0;
    int waited = 0;
    int looked = 0;

    TimePoint now() override { return now_; }
    std::optional<Endpoint> cached(const std::string& user) override {
        ++looked;
        const auto found = session_.find(user);
        if (found == session_.end()) return {};
        return found->second;
    }
    Roster askIndex() override {
        ++asked;
        if (silent_) {
            now_ += 5s;
            return im::Unexpected<std::string>("the index does not answer");
        }
        return index_;
    }
    Endpoint resolve(const std::string& host, std::uint16_t port) override {
        if (host == "nowhere") throw Error(ErrorKind::NoHost, "nowhere: does not resolve");
        return at(port);
    }
    Handed deliver(const Endpoint& to, im::BytesView) override {
        Handed out;
        if (late_.erase(to) > 0) out.earlier = Delivery::Refused;
        if (listening_.count(to) > 0) {
            arrived.push_back(to);
        } else if (far_.count(to) > 0) {
            late_.insert(to);
        } else {
            out.delivery = Delivery::Refused;
        }
        return out;
    }
    std::vector<Delivery> settle(std::span<const Endpoint> to) override {
        ++waited;
        std::vector<Delivery> out;
        for (const Endpoint& one : to)
            out.push_back(late_.erase(one) > 0 ? Delivery::Refused : Delivery::Sent);
        return out;
    }

private:
    TimePoint now_{};
    std::map<std::string, Endpoint> session_;
    std::vector<im::wire::RosterEntry> index_;
    std::set<Endpoint> listening_;
    std::set<Endpoint> far_;
    std::set<Endpoint> late_;
    bool silent_ = false;
    Sender sender_{*this};
};

}  // namespace

TEST_CASE("A user of the session is sent to without asking the index", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.listens(at(5000));
    const auto report = story.send("bob");
    CHECK(report.result == Result::Sent);
    CHECK(report.endpoint == at(5000));
    CHECK(report.status() == 0);
    CHECK(story.arrived == std::vector{at(5000)});
    CHECK(story.asked == 0);
}

TEST_CASE("A user who is not in the session is asked for at the index, once", "[node]") {
    Story story;
    story.indexHas("bob", at(5000));
    story.listens(at(5000));
    CHECK(story.send("bob").result == Result::Sent);
    CHECK(story.send("bob").result == Result::Sent);
    CHECK(story.asked == 1);
    CHECK(story.arrived.size() == 2);
}

TEST_CASE("Of several entries of a name at the index the newest counts", "[node]") {
    Story story;
    story.indexHas("bob", at(5000));
    story.indexHas("bob", at(5001));
    story.listens(at(5001));
    CHECK(story.send("bob").endpoint == at(5001));
}

TEST_CASE("Somebody the index does not know is 67", "[node]") {
    Story story;
    story.indexHas("bob", at(5000));
    const auto report = story.send("alice");
    CHECK(report.result == Result::Unknown);
    CHECK(report.why == "no such user");
    CHECK(report.status() == 67);
    CHECK_FALSE(report.endpoint);
}

TEST_CASE("Somebody unknown here, and a silent index, is 69", "[node]") {
    Story story;
    story.indexIsSilent();
    const auto report = story.send("bob");
    CHECK(report.result == Result::Timeout);
    CHECK(report.why == "the index does not answer");
    CHECK(report.status() == 69);
}

TEST_CASE("With a silent index, people whose endpoint is known still get their messages",
          "[node]") {
    Story story;
    story.indexIsSilent();
    story.sessionHas("bob", at(5000));
    story.listens(at(5000));
    CHECK(story.send("bob").result == Result::Sent);
    CHECK(story.asked == 0);
}

TEST_CASE("A refusal by the session's endpoint sends to where the index has the user", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.indexHas("bob", at(6000));
    story.listens(at(6000));
    const auto report = story.send("bob");
    CHECK(report.result == Result::Sent);
    CHECK(report.endpoint == at(6000));
    CHECK(story.asked == 1);
    CHECK(story.arrived == std::vector{at(6000)});

    SECTION("and the session's word is not believed again") {
        story.passes(2s);
        CHECK(story.send("bob").endpoint == at(6000));
        CHECK(story.asked == 1);
    }
    SECTION("until the session says something new") {
        story.listens(at(7000));
        story.sessionHas("bob", at(7000));
        story.passes(2s);
        CHECK(story.send("bob").endpoint == at(7000));
    }
}

TEST_CASE("A refusal is 69 when the index has no better endpoint", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    SECTION("because it has the same") {
        story.indexHas("bob", at(5000));
    }
    SECTION("because it has none") {}
    SECTION("because it is silent") {
        story.indexIsSilent();
    }
    const auto report = story.send("bob");
    CHECK(report.result == Result::Refused);
    CHECK(report.why == "nobody listens at 127.0.0.1:5000");
    CHECK(report.status() == 69);
    CHECK(story.asked == 1);
}

TEST_CASE("A refusal at both endpoints is 69 and names the newer", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.indexHas("bob", at(6000));
    const auto report = story.send("bob");
    CHECK(report.result == Result::Refused);
    CHECK(report.endpoint == at(6000));
}

TEST_CASE("user@host:port needs neither session nor index", "[node]") {
    Story story;
    story.listens(at(5000));
    CHECK(story.send({{"bob", "127.0.0.1", 5000}}).at(0).result == Result::Sent);
    CHECK(story.send({{"bob", "127.0.0.1", 5001}}).at(0).result == Result::Refused);
    CHECK(story.asked == 0);
    CHECK(story.looked == 0);
}

TEST_CASE("A host that does not resolve is 68 and does not stop the others", "[node]") {
    Story story;
    story.listens(at(5000));
    const auto reports = story.send({{"bob", "nowhere", 5000}, {"carol", "here", 5000}});
    CHECK(reports.at(0).result == Result::NoHost);
    CHECK(reports.at(0).status() == 68);
    CHECK(reports.at(0).why == "nowhere: does not resolve");
    CHECK(reports.at(1).result == Result::Sent);
}

TEST_CASE("Several recipients each get the message and a report, in order", "[node]") {
    Story story;
    story.sessionHas("alice", at(4000));
    story.sessionHas("bob", at(5000));
    story.listens(at(4000));
    const auto reports = story.send({{"bob", "", 0}, {"carol", "", 0}, {"alice", "", 0}});
    CHECK(reports.at(0).result == Result::Refused);
    CHECK(reports.at(1).result == Result::Unknown);
    CHECK(reports.at(2).result == Result::Sent);
    CHECK(story.asked == 1);
}

TEST_CASE("A refusal from another host is noticed when it is waited for", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.isFarAway(at(5000));
    SECTION("and is 69 when he is nowhere else") {
        CHECK(story.send("bob").result == Result::Refused);
        CHECK(story.waited == 1);
    }
    SECTION("and the message goes to where the index has him") {
        story.indexHas("bob", at(6000));
        story.listens(at(6000));
        const auto report = story.send("bob");
        CHECK(report.result == Result::Sent);
        CHECK(report.endpoint == at(6000));
        CHECK(story.arrived == std::vector{at(6000)});
    }
    SECTION("also when that one refuses as late") {
        story.indexHas("bob", at(6000));
        story.isFarAway(at(6000));
        CHECK(story.send("bob").result == Result::Refused);
        CHECK(story.waited == 2);
    }
}

TEST_CASE("A refusal nobody waited for is told with the next message", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.isFarAway(at(5000));
    CHECK(story.send("bob", false).status() == 0);
    CHECK(story.waited == 0);
    const auto report = story.send("bob", true);
    CHECK(report.earlierRefused);
    CHECK(report.status() == 69);
}

TEST_CASE("A message behind a late refusal goes to where the index has the user", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.isFarAway(at(5000));
    story.indexHas("bob", at(6000));
    story.listens(at(6000));
    CHECK(story.send("bob", false).result == Result::Sent);
    const auto report = story.send("bob", false);
    CHECK(report.result == Result::Sent);
    CHECK(report.earlierRefused);
    CHECK(report.endpoint == at(6000));
    CHECK(story.arrived == std::vector{at(6000)});
}

TEST_CASE("A stream follows a user who logs in somewhere else", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.listens(at(5000));
    story.listens(at(6000));
    CHECK(story.send("bob").endpoint == at(5000));
    story.sessionHas("bob", at(6000));
    CHECK(story.send("bob").endpoint == at(5000));  // within the second
    story.passes(1s);
    CHECK(story.send("bob").endpoint == at(6000));
    CHECK(story.looked == 2);
}

TEST_CASE("A stream to a user who logged out is refused by the index's word", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.listens(at(5000));
    CHECK(story.send("bob").result == Result::Sent);
    story.sessionForgets("bob");
    story.passes(1s);
    CHECK(story.send("bob").result == Result::Unknown);
    CHECK(story.asked == 1);
}

TEST_CASE("A stream of lines to an absent user asks the index once a second", "[node]") {
    Story story;
    for (int i = 0; i < 100; ++i) CHECK(story.send("bob").result == Result::Unknown);
    CHECK(story.asked == 1);
    story.passes(1s);
    story.indexHas("bob", at(5000));
    story.listens(at(5000));
    CHECK(story.send("bob").result == Result::Sent);
    CHECK(story.asked == 2);
}

TEST_CASE("A silent index is waited for once, not once a line or a recipient", "[node]") {
    Story story;
    story.indexIsSilent();
    const auto reports = story.send({{"bob", "", 0}, {"carol", "", 0}});
    CHECK(reports.at(0).result == Result::Timeout);
    CHECK(reports.at(1).result == Result::Timeout);
    CHECK(story.send("dave").result == Result::Timeout);
    CHECK(story.asked == 1);
    story.passes(10s);
    story.indexIsSilent(false);
    CHECK(story.send("dave").result == Result::Unknown);
    CHECK(story.asked == 2);
}

TEST_CASE("A listener that comes back to its port gets the later messages", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    CHECK(story.send("bob").result == Result::Refused);
    story.listens(at(5000));
    CHECK(story.send("bob").result == Result::Sent);
}

TEST_CASE("A dry run says where a message would go and sends nothing", "[node]") {
    Story story;
    story.sessionHas("bob", at(5000));
    story.listens(at(5000));
    CHECK(story.sender().locate({"bob", "", 0}).endpoint == at(5000));
    CHECK(story.sender().locate({"eve", "", 0}).result == Result::Unknown);
    CHECK(story.arrived.empty());
}

TEST_CASE("The datagram of a talk is the classic one", "[node]") {
    const auto bytes = talkDatagram("18:25:01", "alice", "hello", Commas::Keep);
    CHECK(bytes.size() == 50);
    const auto message = im::wire::decodeClassic(bytes);
    REQUIRE(message);
    CHECK(std::get<im::wire::Talk>(*message) == im::wire::Talk{"18:25:01", "alice", "hello"});
}

TEST_CASE("Commas stay, or become wide for a .NET client that stops at the first", "[node]") {
    const auto text = [](Commas commas) {
        const auto message =
            im::wire::decodeClassic(talkDatagram("1", "alice", "one,two,,three", commas));
        return std::get<im::wire::Talk>(*message).text;
    };
    CHECK(text(Commas::Keep) == "one,two,,three");
    CHECK(text(Commas::Wide) == "one，two，，three");
}

TEST_CASE("A text of 32,000 UTF-16 units goes, one more is 65", "[node]") {
    const auto size = [](const std::string& text) {
        return talkDatagram("18:25:01", std::string(32, 'a'), text, Commas::Keep).size();
    };
    const auto refused = [&](const std::string& text) {
        try {
            static_cast<void>(size(text));
        } catch (const Error& problem) {
            return problem.kind() == ErrorKind::Data;
        }
        return false;
    };
    CHECK(size(std::string(32'000, 'x')) < im::wire::kMaxDatagram);
    CHECK(refused(std::string(32'001, 'x')));
    std::string emoji;  // two units each
    for (int i = 0; i < 16'000; ++i) emoji += "😀";
    CHECK_FALSE(refused(emoji));
    CHECK(refused(emoji + "x"));
}

TEST_CASE("A text that is not valid UTF-8 is 65", "[node]") {
    for (const char* text : {"\xff", "a\xc0\x80", "\xed\xa0\x80", "\xe2\x82"}) {
        try {
            static_cast<void>(talkDatagram("1", "alice", text, Commas::Keep));
            FAIL("it was taken");
        } catch (const Error& problem) {
            CHECK(problem.kind() == ErrorKind::Data);
        }
    }
}
