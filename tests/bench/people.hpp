// SPDX-License-Identifier: BSL-1.0
// People who use the programs in the sealed profile, each with a home, and so a key, of their own.
#pragma once

#include "tests/bench/index_server.hpp"

#include <string>
#include <vector>

namespace im::bench {

class People {
public:
    /// Both outlive the object.
    People(const Place& place, const Index& index) : place_(place), index_(index) {}

    /// imlogin; gives up when that does not end with 0.
    void logIn(const std::string& user) const;
    /// imlisten -T talk, listening on return.
    [[nodiscard]] Child listen(const std::string& user, int out) const;
    /// imsend ARGUMENTS; of somebody who is logged in.
    [[nodiscard]] Child send(const std::string& user, const std::vector<std::string>& arguments,
                             int in) const;

private:
    /// The variables of that person, whose home is made.
    [[nodiscard]] std::vector<std::string> as(const std::string& user) const;
    [[nodiscard]] std::string server() const;

    const Place& place_;
    const Index& index_;
};

}  // namespace im::bench
