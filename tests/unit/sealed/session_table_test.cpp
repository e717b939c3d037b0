// SPDX-License-Identifier: BSL-1.0
#include "libim/sealed/session_table.hpp"

#include "tests/support/catch.hpp"

#include <random>
#include <set>

using namespace im;
using namespace im::sealed;

namespace {

Session numbered(wire::SessionIndex index) {
    Session::Beginning beginning;
    beginning.local = index;
    return Session(beginning, {});
}

}  // namespace

TEST_CASE("a session table agrees with a set, whatever comes and goes") {
    SessionTable table;
    std::set<wire::SessionIndex> there;
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
        const auto index =
            static_cast<wire::SessionIndex>(1 + random() % 997);  // many share their first slot
        if (there.erase(index) > 0) {
            table.erase(index);
        } else {
            there.insert(index);
            table.insert(numbered(index));
        }
        REQUIRE(table.size() == there.size());
    }
    for (wire::SessionIndex index = 0; index < 1'000; ++index) {
        const Session* found = table.find(index);
        REQUIRE((found != nullptr) == there.contains(index));
        if (found != nullptr) CHECK(found->local() == index);
    }
}

TEST_CASE("a walk in parts sees every session of a table once") {
    SessionTable table;
    for (wire::SessionIndex index = 1; index <= 1'000; ++index) table.insert(numbered(index));
    for (wire::SessionIndex index = 1; index <= 1'000; index += 3) table.erase(index);
    std::multiset<wire::SessionIndex> seen;
    for (int part = 0; part < 8; ++part)
        table.visitSome(8, [&](const Session& session) { seen.insert(session.local()); });
    CHECK(std::set(seen.begin(), seen.end()).size() == table.size());
    CHECK(seen.size() <= table.size() + 8);
}
