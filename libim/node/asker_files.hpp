// SPDX-License-Identifier: BSL-1.0
// AskerFiles: who waits for a reply, written by imlisten when a message of `imsend --ask` is shown,
// read by `imsend --re=ID`, beside the session: USER@HOST:PORT.asked/ID.  Plain text:
//
//     im asker 1
//     name bob
//     endpoint 192.0.2.7:5000
//     card 0101...
//
// The reply goes to the process of that card and endpoint.  An ID is chosen by a stranger: it names
// a file only when it has the form of one, and a reply is for the person named here, whose card
// must verify and fit his pin.  The oldest go when there are too many.  Free of POCO and of clocks.
#pragma once

#include "libim/node/session_cards.hpp"
#include "libim/talk/sealed_listener.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace im::node {

class AskerFiles {
public:
    static constexpr std::size_t kMost = 1'024;

    /// `sessionPath`: of the session file.
    explicit AskerFiles(std::string_view sessionPath);

    /// Throws Error(CannotCreate).  What is no ID is not written.
    void keep(const talk::Asker& asker) const;

    struct Waiting {
        Name name;
        SessionCards::Cached cached;
    };
    /// Nothing when nobody waits for a reply to that; never throws.
    [[nodiscard]] std::optional<Waiting> find(std::string_view id) const;
    /// It has its reply.
    void forget(std::string_view id) const;
    /// All of them; the session ends.
    void clear() const;

private:
    void makeRoom() const;

    std::string path_;
};

[[nodiscard]] std::optional<AskerFiles::Waiting> parseAsker(std::string_view text);
[[nodiscard]] std::string printAsker(const AskerFiles::Waiting& waiting);

}  // namespace im::node
