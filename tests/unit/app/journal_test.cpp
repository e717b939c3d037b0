// SPDX-License-Identifier: BSL-1.0
#include "libim/app/journal.hpp"

#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

using im::app::isJournal;
using im::app::Priority;

TEST_CASE("A descriptor leads to the journal when JOURNAL_STREAM names its device and inode") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    struct stat status {};
    REQUIRE(::fstat(ends[1], &status) == 0);
    const std::string device = std::to_string(status.st_dev);
    const std::string inode = std::to_string(status.st_ino);
    ::unsetenv("JOURNAL_STREAM");
    CHECK_FALSE(isJournal(ends[1]));
    for (const std::string& other :
         {device + ":1", "1:" + inode, device, std::string(":"), std::string()}) {
        ::setenv("JOURNAL_STREAM", other.c_str(), 1);
        CHECK_FALSE(isJournal(ends[1]));
    }
    ::setenv("JOURNAL_STREAM", (device + ":" + inode).c_str(), 1);
    CHECK(isJournal(ends[1]));
    CHECK_FALSE(isJournal(-1));
    ::unsetenv("JOURNAL_STREAM");
    for (const int end : ends) ::close(end);
}

TEST_CASE("Priorities have the numbers of syslog") {
    CHECK(im::app::prefixOf(Priority::Error) == "<3>");
    CHECK(im::app::prefixOf(Priority::Debug) == "<7>");
}
