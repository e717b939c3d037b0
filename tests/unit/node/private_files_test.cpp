// SPDX-License-Identifier: BSL-1.0
#include "libim/node/private_files.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/sandbox.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>

using namespace im::node;
using im::ErrorKind;
using im::test::kindOf;
using im::test::Sandbox;
namespace fs = std::filesystem;

TEST_CASE("A new file that is not finished leaves nothing behind, and the old one as it was") {
    const Sandbox box;
    box.write("dir/file", "old");
    {
        NewFile file(box.path("dir/file"));
        file.write("half");
    }
    CHECK(box.read("dir/file") == "old");
    CHECK(box.count("dir") == 1);
}

TEST_CASE("A new file replaces the old one whole and is for its owner alone") {
    const Sandbox box;
    box.write("dir/file", "old", 0644);
    NewFile file(box.path("dir/file"));
    file.write("new");
    CHECK(file.replace().isOpen());
    CHECK(box.read("dir/file") == "new");
    CHECK(box.mode("dir/file") == 0600);
    CHECK(box.count("dir") == 1);
}

TEST_CASE("A new file does not take a name that is taken") {
    const Sandbox box;
    box.write("dir/file", "old");
    {
        NewFile file(box.path("dir/file"));
        file.write("new");
        CHECK_FALSE(file.claim());
    }
    CHECK(box.read("dir/file") == "old");
    CHECK(box.count("dir") == 1);
}

TEST_CASE("Directories are made for their owner alone, those that are there stay as they are") {
    const Sandbox box;
    fs::create_directory(box.path("a"));
    fs::permissions(box.path("a"), static_cast<fs::perms>(0755));
    makePrivateDirectory(box.path("a/b/c"));
    makePrivateDirectory(box.path("a/b/c"));
    CHECK(box.mode("a") == 0755);
    CHECK(box.mode("a/b") == 0700);
    CHECK(box.mode("a/b/c") == 0700);
    box.write("file", "");
    CHECK(kindOf([&] { makePrivateDirectory(box.path("file/x")); }) == ErrorKind::CannotCreate);
}

TEST_CASE("A lock that another holds is waited for, and in the end refused with 71") {
    const Sandbox box;
    { const FileLock first(box.path("lock")); }
    { const FileLock again(box.path("lock")); }
    const Descriptor other(::open(box.path("lock").c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    CHECK(kindOf([&] { const FileLock late(box.path("lock")); }) == ErrorKind::OperatingSystem);
}

TEST_CASE("directoryOf is where a file's name is") {
    CHECK(directoryOf("/a/b/c") == "/a/b");
    CHECK(directoryOf("/c") == "/");
    CHECK(directoryOf("c") == ".");
}

TEST_CASE("A file is read to its end, from where one wants") {
    const Sandbox box;
    const std::string text(200'000, 'x');
    box.write("file", text + "end");
    const auto file = openPrivate(box.path("file"), "file", Privacy::Secret);
    REQUIRE(file);
    CHECK(readAll(file->get(), "file") == text + "end");
    std::string piece(10, '\0');
    CHECK(readAt(file->get(), 200'000, piece, "file") == 3);
    CHECK(piece.substr(0, 3) == "end");
    CHECK_FALSE(openPrivate(box.path("none"), "file", Privacy::Secret));
}
