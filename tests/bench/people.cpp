// SPDX-License-Identifier: BSL-1.0
#include "tests/bench/people.hpp"

namespace im::bench {

namespace fs = std::filesystem;

std::vector<std::string> People::as(const std::string& user) const {
    const fs::path home = place_.scratch / user;
    fs::create_directories(home / "run");
    fs::permissions(home / "run", fs::perms::owner_all);
    return {"HOME=" + home.string(), "XDG_RUNTIME_DIR=" + (home / "run").string(),
            "IM_USER=" + user};
}

std::string People::server() const {
    return "127.0.0.1:" + std::to_string(index_.port);
}

void People::logIn(const std::string& user) const {
    if (Child::program({place_.tool("imlogin"), "-q", "-s", server()}, {-1, -1, as(user)}).wait() !=
        0)
        giveUp(user + " cannot log in");
}

Child People::listen(const std::string& user, int out) const {
    return Child::ready({place_.tool("imlisten"), "-s", server(), "-T", "talk"},
                        {-1, out, as(user)});
}

Child People::send(const std::string& user, const std::vector<std::string>& arguments,
                   int in) const {
    std::vector<std::string> argv{place_.tool("imsend")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return Child::program(std::move(argv), {in, -1, as(user)});
}

}  // namespace im::bench
