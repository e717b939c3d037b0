// SPDX-License-Identifier: BSL-1.0
// Real indexes and listeners on a bad network.  In each world, after each step: nobody is listed
// under an endpoint he never had, nothing is told twice, the index hears nothing but exact login
// and logout, and an address that has not shown itself gets answers only.  In the end everybody
// who is there agrees with the index, and every talk that arrived has been told.
#include "tests/sim/seeds.hpp"
#include "tests/sim/world.hpp"
#include "tests/support/catch.hpp"

using namespace im;
using namespace im::sim;

namespace {

/// Loss, and with it repeats and disorder.
Weather rough(double loss) {
    return {.loss = loss,
            .repeat = 0.1,
            .damage = 0,
            .delayLeast = 1ms,
            .delayMost = 200ms,
            .fetchFailure = loss / 4,
            .fetchLeast = 1ms,
            .fetchMost = 300ms};
}

void runWorlds(std::uint64_t seeds, const Plan& plan) {
    forEachSeed(seeds, [&](std::uint64_t seed) { World(seed, plan).run(); });
}

Plan everything(std::size_t users, double loss) {
    return {.users = users,
            .weather = rough(loss),
            .comeAndGo = true,
            .restartKeeping = true,
            .restartLosing = true,
            .cutHosts = true,
            .forge = true};
}

}  // namespace

TEST_CASE("A hundred listeners agree with the index in fine weather") {
    runWorlds(5, {.users = 100, .comeAndGo = true});
}

TEST_CASE("A hundred listeners agree with the index when every twentieth datagram is lost") {
    runWorlds(5, {.users = 100, .weather = rough(0.05), .comeAndGo = true});
}

TEST_CASE("A hundred listeners agree with the index when every fifth datagram is lost") {
    runWorlds(5, {.users = 100, .weather = rough(0.2), .comeAndGo = true, .forge = true});
}

TEST_CASE("A hundred listeners survive all of it at once") {
    runWorlds(5, everything(100, 0.2));
}

TEST_CASE("An index that restarts with its store loses nobody") {
    for (double loss : {0.0, 0.05, 0.2})
        runWorlds(40,
                  {.users = 10, .weather = rough(loss), .comeAndGo = true, .restartKeeping = true});
}

TEST_CASE("An index that restarts without its store finds everybody again") {
    for (double loss : {0.0, 0.05, 0.2})
        runWorlds(40,
                  {.users = 10, .weather = rough(loss), .comeAndGo = true, .restartLosing = true});
}

TEST_CASE("Hosts that are cut off for a while find back") {
    for (double loss : {0.0, 0.05, 0.2})
        runWorlds(40, {.users = 10, .weather = rough(loss), .comeAndGo = true, .cutHosts = true});
}

TEST_CASE("Small worlds survive all of it at once") {
    for (double loss : {0.0, 0.05, 0.2}) runWorlds(100, everything(6, loss));
}

TEST_CASE("An index that asks for proof sends no news to addresses that gave none (T2)") {
    for (double loss : {0.0, 0.05, 0.2}) {
        Plan plan = everything(10, loss);
        plan.confirm = index::Confirm::Tcp;
        runWorlds(40, plan);
    }
}

TEST_CASE("A .NET server is never made deaf and its listeners agree with it") {
    for (double loss : {0.0, 0.05, 0.2})
        runWorlds(40, {.users = 10,
                       .weather = rough(loss),
                       .isDotNet = true,
                       .comeAndGo = true,
                       .restartLosing = true,
                       .cutHosts = true,
                       .forge = true});
}

TEST_CASE("Damaged datagrams harm nobody for long") {
    Plan plan = everything(10, 0.05);
    plan.weather.damage = 0.01;
    runWorlds(40, plan);
}

TEST_CASE("A world repeats itself from its seed") {
    const Plan plan = everything(10, 0.2);
    World first(7, plan);
    World again(7, plan);
    World other(8, plan);
    first.run();
    again.run();
    other.run();
    CHECK(first.fingerprint() == again.fingerprint());
    CHECK(first.datagrams() == again.datagrams());
    CHECK(first.fingerprint() != other.fingerprint());
}
