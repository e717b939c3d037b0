// SPDX-License-Identifier: BSL-1.0
// What a batch announces, against a naive index that tells everybody everything at once.
#include "tests/support/catch.hpp"
#include "tests/unit/index/random.hpp"
#include "tests/unit/index/world.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <vector>

using namespace im::index;
using namespace im::index::test;

namespace {

/// One datagram at a time, one send for each user: the rules without any of the machinery.
class NaiveIndex {
public:
    explicit NaiveIndex(bool mustConfirm) : mustConfirm_(mustConfirm) {}

    void login(const std::string& name, const std::string& endpoint) {
        const auto known = find(online_, name);
        if (known == online_.end() && mustConfirm_) {
            std::erase_if(pending_, [&](const User& user) { return user.name == name; });
            pending_.push_back({name, endpoint});
            return;
        }
        if (known != online_.end() && known->endpoint == endpoint) return;
        if (known != online_.end()) leave(name);
        come(name, endpoint);
    }

    void logout(const std::string& name, const std::string& endpoint) {
        const auto known = find(online_, name);
        if (known != online_.end() && known->endpoint == endpoint) return leave(name);
        std::erase_if(pending_, [&](const User& user) {
            return user.name == name && user.endpoint == endpoint;
        });
    }

    void confirm(const std::string& name) {
        const auto waiting = find(pending_, name);
        if (waiting == pending_.end()) return;
        const User user = *waiting;
        pending_.erase(waiting);
        come(user.name, user.endpoint);
    }

    Lines names() const {
        Lines all;
        for (const User& user : online_) all.push_back(user.name);
        return all;
    }

    std::map<std::string, Lines> heard;

private:
    struct User {
        std::string name;
        std::string endpoint;
    };

    static std::vector<User>::iterator find(std::vector<User>& users, const std::string& name) {
        return std::ranges::find(users, name, &User::name);
    }
    void come(const std::string& name, const std::string& endpoint) {
        tellAll("login," + name + "," + endpoint);
        online_.push_back({name, endpoint});
    }
    void leave(const std::string& name) {
        const User user = *find(online_, name);
        std::erase_if(online_, [&](const User& other) { return other.name == name; });
        tellAll("logout," + name + "," + user.endpoint);
    }
    void tellAll(const std::string& line) {
        for (const User& user : online_) heard[user.endpoint].push_back(line);
    }

    bool mustConfirm_;
    std::vector<User> online_;
    std::vector<User> pending_;
};

/// Does the same to both and compares what each endpoint heard.
class Race {
public:
    /// `slice`: announcements a tick.
    Race(std::uint32_t seed, Confirm confirm, bool sharesEndpoints, std::size_t slice = 1024,
         std::size_t piece = 1024)
        : random_(seed),
          world_(policyOf(confirm, slice, piece)),
          naive_(confirm == Confirm::Tcp),
          sharesEndpoints_(sharesEndpoints) {}

    void batch(std::uint32_t most) {
        for (std::uint32_t i = random_.below(most + 1); i > 0; --i) step();
        world_.tick();
        if (!world_.isDue()) compare();
    }
    /// Until everything has been told.
    void end() {
        while (world_.isDue()) world_.tick();
        compare();
        CHECK(compared_ > 1);
    }

private:
    static constexpr std::uint32_t kUsers = 12;

    static Policy policyOf(Confirm confirm, std::size_t slice, std::size_t piece) {
        Policy policy;
        policy.announcementsPerTick = slice;
        policy.announcementsPerPiece = piece;
        policy.rate = 0;
        policy.confirm = confirm;
        return policy;
    }

    /// Each name has a host of its own, three ports to log in from, and perhaps company there.
    std::string endpointOf(std::uint32_t user) {
        const std::string host =
            sharesEndpoints_ ? "10.0.0.1" : "10.0.0." + std::to_string(user + 1);
        return host + ":" + std::to_string(4000 + random_.below(3));
    }

    /// Says it; false when the address has had its answers without showing itself.
    bool isTaken(const std::string& name, const std::string& endpoint) {
        const auto before = world_.refused(Refusal::Rate);
        world_.login(name, endpoint);
        return world_.refused(Refusal::Rate) == before;
    }

    void step() {
        const std::uint32_t user = random_.below(kUsers);
        const std::string name = "user" + std::to_string(user);
        const std::string endpoint = endpointOf(user);
        switch (random_.below(5)) {
            case 0:
            case 1:
                if (isTaken(name, endpoint)) naive_.login(name, endpoint);
                break;
            case 2:
            case 3:
                world_.logout(name, endpoint);
                naive_.logout(name, endpoint);
                break;
            default:
                if (sharesEndpoints_) break;
                REQUIRE(world_.roster("10.0.0." + std::to_string(user + 1)));
                naive_.confirm(name);
        }
    }

    void compare() {
        for (auto& [endpoint, lines] : world_.sink().heard) std::erase(lines, "Accept,4650");
        for (std::uint32_t user = 0; user < kUsers; ++user)
            for (int port = 4000; port < 4003; ++port)
                compare("10.0.0." + std::to_string(user + 1) + ":" + std::to_string(port));
        REQUIRE(world_.roster("10.9.9.9") == naive_.names());
        naive_.heard.clear();
        ++compared_;
        REQUIRE(world_.index().isConsistent());
        REQUIRE_FALSE(world_.isDue());
    }

    void compare(const std::string& endpoint) {
        Lines heard = world_.heard(endpoint);
        Lines expected = naive_.heard[endpoint];
        // Of two users at one endpoint each has an order, both have none.
        if (!sharesEndpoints_)
            for (std::uint32_t user = 0; user < kUsers; ++user)
                REQUIRE(of(user, heard) == of(user, expected));
        std::ranges::sort(heard);
        std::ranges::sort(expected);
        REQUIRE(heard == expected);
    }

    static Lines of(std::uint32_t user, const Lines& lines) {
        Lines some;
        std::ranges::copy_if(lines, std::back_inserter(some), [&](const std::string& line) {
            return line.find(",user" + std::to_string(user) + ",") != std::string::npos;
        });
        return some;
    }

    Random random_;
    World world_;
    NaiveIndex naive_;
    bool sharesEndpoints_;
    int compared_ = 0;
};

}  // namespace

TEST_CASE("Everybody hears of a batch what he would have heard one at a time, each name in order") {
    Race race(GENERATE(1U, 2U, 3U, 4U, 5U), Confirm::Off, false);
    for (int i = 0; i < 400; ++i) race.batch(i % 2 == 0 ? 30 : 3);
}

TEST_CASE("The same when a train is told in slices, and much happens between two of them") {
    const auto slice = GENERATE(1U, 2U, 7U, 30U);
    Race race(GENERATE(21U, 22U, 23U), Confirm::Off, false, slice);
    for (int i = 0; i < 2000; ++i) race.batch(i % 20 == 0 ? 30 : i % 3 == 0 ? 1 : 0);
    race.end();
}

TEST_CASE("The same when a user's share of a train is told in pieces") {
    const auto piece = GENERATE(1U, 4U);
    Race race(GENERATE(26U, 27U, 28U), Confirm::Off, false, 15, piece);
    for (int i = 0; i < 2000; ++i) race.batch(i % 40 == 0 ? 30 : i % 3 == 0 ? 1 : 0);
    race.end();
}

TEST_CASE("A train that is told in slices, to users who share an endpoint") {
    Race race(GENERATE(24U, 25U), Confirm::Off, true, 5);
    for (int i = 0; i < 2000; ++i) race.batch(i % 20 == 0 ? 30 : i % 3 == 0 ? 1 : 0);
    race.end();
}

TEST_CASE("Users who are confirmed within a batch hear the same as one at a time") {
    Race race(GENERATE(6U, 7U, 8U), Confirm::Tcp, false);
    for (int i = 0; i < 400; ++i) race.batch(30);
}

TEST_CASE("Users who share an endpoint hear together what each would have heard") {
    Race race(GENERATE(9U, 10U, 11U), Confirm::Off, true);
    for (int i = 0; i < 400; ++i) race.batch(20);
}

TEST_CASE("Batches of one datagram are the same as no batches") {
    Race race(12, Confirm::Off, false);
    for (int i = 0; i < 3000; ++i) race.batch(1);
}

TEST_CASE("When there is nobody to tell, nothing is told") {
    World world;
    world.tick();
    world.login("alice", "10.0.0.1:1");
    world.tick();
    world.logout("alice", "10.0.0.1:1");
    world.tick();
    CHECK(world.sink().fanOuts == 0);
    CHECK(world.index().counters().announcements == 0);
}

TEST_CASE("A newcomer hears only what followed his login") {
    World world;
    world.login("alice", "10.0.0.1:1");
    world.login("bob", "10.0.0.2:1");
    world.login("carol", "10.0.0.3:1");
    world.tick();
    CHECK(world.heard("10.0.0.1:1") ==
          Lines{"Accept,4650", "login,bob,10.0.0.2:1", "login,carol,10.0.0.3:1"});
    CHECK(world.heard("10.0.0.2:1") == Lines{"Accept,4650", "login,carol,10.0.0.3:1"});
    CHECK(world.heard("10.0.0.3:1") == Lines{"Accept,4650"});
}

TEST_CASE("Who leaves in a batch hears what was before and nothing after") {
    World world;
    world.login("alice", "10.0.0.1:1");
    world.tick();
    world.heard("10.0.0.1:1");
    world.login("bob", "10.0.0.2:1");
    world.logout("alice", "10.0.0.1:1");
    world.login("carol", "10.0.0.3:1");
    world.tick();
    CHECK(world.heard("10.0.0.1:1") == Lines{"login,bob,10.0.0.2:1"});
    CHECK(world.heard("10.0.0.2:1") ==
          Lines{"Accept,4650", "logout,alice,10.0.0.1:1", "login,carol,10.0.0.3:1"});
}

TEST_CASE("Who came and went within a batch hears what was between") {
    World world;
    world.login("alice", "10.0.0.1:1");
    world.login("bob", "10.0.0.2:1");
    world.logout("alice", "10.0.0.1:1");
    world.login("carol", "10.0.0.3:1");
    world.tick();
    CHECK(world.heard("10.0.0.1:1") == Lines{"Accept,4650", "login,bob,10.0.0.2:1"});
}

TEST_CASE("Those who were there before a batch get it in one call") {
    World world;
    for (int i = 1; i <= 100; ++i)
        world.login("user" + std::to_string(i), "10.0.0." + std::to_string(i) + ":1");
    while (world.isDue()) world.tick();
    world.sink().fanOuts = 0;
    world.sink().datagrams = 0;
    world.logout("user7", "10.0.0.7:1");
    world.logout("user100", "10.0.0.100:1");
    world.login("late", "10.0.0.200:1");
    world.tick();
    // user100 heard of user7; the 98 left heard all three; the newcomer was the last.
    CHECK(world.sink().fanOuts == 2);
    CHECK(world.sink().datagrams == 1 + 98 * 3 + 1);
}

TEST_CASE("A tick hands over no more than its slice and a piece of one user's share") {
    Policy policy;
    policy.announcementsPerTick = 10;
    policy.announcementsPerPiece = 20;
    World world(policy);
    for (int i = 1; i <= 100; ++i)
        world.login("user" + std::to_string(i), "10.0.0." + std::to_string(i) + ":1");
    std::size_t told = 0;
    for (int ticks = 0; world.isDue(); ++ticks) {
        REQUIRE(ticks < 1000);
        world.sink().datagrams = 0;
        world.tick();
        CHECK(world.sink().datagrams < 10 + 20);
        told += world.sink().datagrams;
    }
    CHECK(told == 100 * 99 / 2);
    CHECK(world.index().counters().announcements == told);
}

namespace {

/// Someone who hears all that follows.
class Onlooker : public World {
public:
    Onlooker() {
        login("alice", "10.0.0.1:1");
        tick();
        heard("10.0.0.1:1");
    }
    Lines told() {
        tick();
        return heard("10.0.0.1:1");
    }
};

}  // namespace

TEST_CASE("Of many announcements those of equal length leave together, the longest first") {
    Onlooker world;
    Lines longer;
    Lines shorter;
    for (char c = 'a'; c < 'k'; ++c) {
        world.login(std::string{c}, "10.0.0.2:1");
        shorter.push_back(std::string("login,") + c + ",10.0.0.2:1");
        world.login(std::string{c, c}, "10.0.0.2:1");
        longer.push_back(std::string("login,") + c + c + ",10.0.0.2:1");
    }
    longer.insert(longer.end(), shorter.begin(), shorter.end());
    REQUIRE(longer.size() >= Announcements::kSortFrom);
    CHECK(world.told() == longer);
}

TEST_CASE("While datagrams wait, less is told at a time") {
    Policy policy;
    policy.announcementsWhenBusy = 5;
    World world(policy);
    for (int i = 1; i <= 30; ++i)
        world.login("user" + std::to_string(i), "10.0.0." + std::to_string(i) + ":1");
    world.sink().datagrams = 0;
    world.tick(true);
    CHECK(world.sink().datagrams <= 5 + 30);
    CHECK(world.isDue());
}

TEST_CASE("A few are told in the order in which they happened") {
    Onlooker world;
    for (const char* const name : {"x", "bob", "y"}) world.login(name, "10.0.0.2:1");
    CHECK(world.told() ==
          Lines{"login,x,10.0.0.2:1", "login,bob,10.0.0.2:1", "login,y,10.0.0.2:1"});
}

TEST_CASE("However many there are, those of one name never change places") {
    Onlooker world;
    Lines expected;
    for (int port = 1; port < 20; ++port) {  // longer and shorter ones of bob in turn
        const std::string endpoint =
            "10.0.0.2:" + std::to_string(port % 2 == 0 ? port : 10000 + port);
        world.login("bob", endpoint);
        world.login("user" + std::to_string(port), "10.0.0.3:1");
        expected.push_back("login,bob," + endpoint);
        if (port < 19) expected.push_back("logout,bob," + endpoint);
    }
    Lines heard = world.told();
    REQUIRE(heard.size() >= Announcements::kSortFrom);
    std::erase_if(heard, [](const std::string& line) { return line.find(",bob,") == line.npos; });
    CHECK(heard == expected);
}

TEST_CASE("Who causes announcements while too many are owed is refused") {
    Policy policy;
    policy.rate = 0;
    policy.maxPerIp = 0;
    World world(policy);
    const auto login = [&](std::size_t i) {
        world.login("u" + std::to_string(i), "10.0.0.1:" + std::to_string(1 + i));
    };
    for (std::size_t i = 0; i < 10'000; ++i) login(i);
    CHECK(world.refused(Refusal::Rate) == 0);
    login(10'000);
    CHECK(world.refused(Refusal::Rate) == 1);
}
