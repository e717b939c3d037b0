// SPDX-License-Identifier: BSL-1.0
// HttpVisitor: one connection to a web server under test, nothing of ours.  Usable on any thread.
#pragma once

#include "tests/unit/net/plain_socket.hpp"

#include <array>
#include <string>
#include <string_view>

namespace im::net::test {

class HttpVisitor {
public:
    explicit HttpVisitor(const Endpoint& server)
        : socket_(SOCK_STREAM, at(server.address.isV4() ? "127.0.0.1:0" : "[::1]:0")) {
        socket_.connect(server);
    }

    void say(std::string_view text) const {
        static_cast<void>(::send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL));
    }

    /// Everything until the server closes; what came by then when it does not within 2 s of
    /// silence.
    [[nodiscard]] std::string hear() const {
        std::string got;
        std::array<char, 4096> piece{};
        ssize_t count = 0;
        while ((count = ::recv(socket_.descriptor(), piece.data(), piece.size(), 0)) > 0)
            got.append(piece.data(), static_cast<std::size_t>(count));
        return got;
    }
    [[nodiscard]] std::string ask(std::string_view request) const {
        say(request);
        return hear();
    }
    [[nodiscard]] std::string get(std::string_view path, std::string_view headers = {}) const {
        return ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) +
                   "\r\n");
    }
    /// Whether the server has closed, at last.
    [[nodiscard]] bool isOver() const {
        char byte = 0;
        return ::recv(socket_.descriptor(), &byte, 1, 0) <= 0 && errno != EAGAIN;
    }

private:
    PlainSocket socket_;
};

/// "200" of "HTTP/1.1 200 OK".
inline std::string statusOf(std::string_view answer) {
    const auto blank = answer.find(' ');
    return blank == std::string_view::npos ? std::string()
                                           : std::string(answer.substr(blank + 1, 3));
}

inline std::string bodyOf(std::string_view answer) {
    const auto end = answer.find("\r\n\r\n");
    return end == std::string_view::npos ? std::string() : std::string(answer.substr(end + 4));
}

}  // namespace im::net::test
