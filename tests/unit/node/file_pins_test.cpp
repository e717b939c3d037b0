// SPDX-License-Identifier: BSL-1.0
// With a real file: that somebody else changes it is what it is about.
#include "libim/node/file_pins.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"
#include "tests/support/seeded_random.hpp"

#include <filesystem>
#include <string>
#include <vector>

using im::ErrorKind;
using im::Name;
using im::Trust;
using im::WallTime;
using im::node::FilePins;
using im::node::KnownFile;
using im::noise::Identity;
using im::test::kindOf;
namespace fs = std::filesystem;

namespace {

constexpr const char* kFile = "data/im/known";
constexpr const char* kAddress = "im.example.org:4649";
const WallTime kDay{std::chrono::days(20779)};

struct Home : im::test::Sandbox {
    Home() { im::noise::initialise(); }

    im::test::SeededRandom random{7};
    Identity x = Identity::generate(random);
    Identity otherX = Identity::generate(random);
    Identity alice = Identity::generate(random);
    Identity mallory = Identity::generate(random);
    KnownFile file{path(kFile)};
    std::vector<std::string> troubles;

    FilePins pins() {
        return {file, kAddress, [this](const std::string& what) { troubles.push_back(what); }};
    }
    im::sealed::Card cardOf(const Identity& index) {
        return im::sealed::issueCard({index, index.publicKey(), im::sealed::CardRole::Index, ""},
                                     random.keyPair().publicKey, 1793456627);
    }
};

Name name(std::string_view text) {
    return Name::orThrow(text, ErrorKind::Usage);
}

}  // namespace

TEST_CASE("An index is pinned when it is seen first, and its latest card is kept") {
    Home home;
    FilePins pins = home.pins();
    CHECK_FALSE(pins.index());
    CHECK(pins.pinIndex(home.cardOf(home.x)) == Trust::New);
    const auto later = home.cardOf(home.x);
    CHECK(pins.pinIndex(later) == Trust::Ok);
    CHECK(home.file.findIndex(kAddress)->card == later.bytes);
    CHECK(home.pins().index()->identity == home.x.publicKey());
}

TEST_CASE("Another key of a pinned index is BAD, and the pin stays") {
    Home home;
    FilePins pins = home.pins();
    (void)pins.pinIndex(home.cardOf(home.x));
    CHECK(pins.pinIndex(home.cardOf(home.otherX)) == Trust::Bad);
    CHECK(home.pins().pinIndex(home.cardOf(home.otherX)) == Trust::Bad);
    CHECK(home.file.findIndex(kAddress)->identity == home.x.publicKey());
}

TEST_CASE("A name that another tool pins meanwhile is known at the next question") {
    Home home;
    FilePins pins = home.pins();
    (void)pins.pinIndex(home.cardOf(home.x));
    CHECK(pins.of("alice") == Trust::New);
    home.file.pin(home.x.publicKey(), name("alice"), home.alice.publicKey(), kDay);
    CHECK(pins.of("alice") == Trust::Ok);
    CHECK(pins.check("alice", home.mallory.publicKey()) == Trust::Bad);
    home.file.verify(home.x.publicKey(), name("alice"), home.alice.publicKey(), kDay);
    CHECK(pins.check("alice", home.alice.publicKey()) == Trust::Verified);
    home.file.forget(home.x.publicKey(), name("alice"));
    CHECK(pins.of("alice") == Trust::New);
}

TEST_CASE("What is pinned here is in the file, once, and another key does not replace it") {
    Home home;
    FilePins pins = home.pins();
    (void)pins.pinIndex(home.cardOf(home.x));
    CHECK(pins.pin("alice", home.alice.publicKey()) == Trust::New);
    CHECK(pins.pin("alice", home.alice.publicKey()) == Trust::Ok);
    CHECK(pins.pin("alice", home.mallory.publicKey()) == Trust::Bad);
    CHECK(pins.keyOf("alice") == home.alice.publicKey());
    CHECK(home.file.read().users.size() == 1);
}

TEST_CASE("Pins of another index do not count") {
    Home home;
    FilePins pins = home.pins();
    (void)pins.pinIndex(home.cardOf(home.x));
    home.file.pin(home.otherX.publicKey(), name("alice"), home.mallory.publicKey(), kDay);
    CHECK(pins.of("alice") == Trust::New);
}

TEST_CASE("A file damaged while it is in use is said once, and what it said before holds") {
    Home home;
    FilePins pins = home.pins();
    (void)pins.pinIndex(home.cardOf(home.x));
    (void)pins.pin("alice", home.alice.publicKey());
    home.write(kFile, home.read(kFile) + "user damaged\n");
    CHECK(pins.check("alice", home.mallory.publicKey()) == Trust::Bad);
    CHECK(pins.of("alice") == Trust::Ok);
    CHECK(home.troubles.size() == 1);
    CHECK(kindOf([&] { (void)home.pins(); }) == ErrorKind::Configuration);
}

TEST_CASE("A pin that cannot be written holds for the process") {
    Home home;
    FilePins pins = home.pins();
    (void)pins.pinIndex(home.cardOf(home.x));
    home.write(kFile, "no such file of ours\n");
    CHECK(pins.pin("alice", home.alice.publicKey()) == Trust::New);
    CHECK(pins.check("alice", home.mallory.publicKey()) == Trust::Bad);
    CHECK(pins.check("alice", home.alice.publicKey()) == Trust::Ok);
    CHECK_FALSE(home.troubles.empty());
}

TEST_CASE("A file of known keys that others can write is refused from the start") {
    Home home;
    (void)home.pins().pinIndex(home.cardOf(home.x));
    fs::permissions(home.path(kFile), fs::perms::others_write, fs::perm_options::add);
    CHECK(kindOf([&] { (void)home.pins(); }) == ErrorKind::NoPermission);
}
