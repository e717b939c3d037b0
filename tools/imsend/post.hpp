// SPDX-License-Identifier: BSL-1.0
// Post: takes letters and has them carried in the profile of the session.  Opens session and
// aliases at the first message that needs them, so that imsend may stand in a pipe before its
// session exists.
#pragma once

#include "libim/app/aliases.hpp"
#include "libim/node/session_file.hpp"
#include "tools/imsend/carrier.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::imsend {

class Post {
public:
    Post(app::Tool& tool, const Plan& plan) : tool_(tool), plan_(plan), outcomes_(tool, plan) {}

    /// To whom: "RECIPIENT,..." of operands (Usage) or input (Data).  Throws Error(kind).
    [[nodiscard]] std::vector<app::Recipient> recipients(const std::string& list, ErrorKind kind);

    /// Sends, or with --dry-run says where to.  `letter->open` counts these and those that the same
    /// letter will be sent to later.  `more`: another message is there already, so refusals from
    /// other hosts are not waited for.  Throws Error(Data) for a text that cannot be sent, and what
    /// opening the session throws.
    void send(const std::vector<app::Recipient>& to, const LetterPtr& letter, bool more);
    /// Nothing before the first message.
    [[nodiscard]] Carrier* carrier() { return carrier_.get(); }
    /// Until `input` can be read or it is `deadline`; what is under way goes on.  Throws
    /// app::ReaderLeft when the reader of what we print leaves.
    void waitFor(int input, std::optional<TimePoint> deadline = {});
    /// There are no more letters.
    void finish();

    void note(int status) { outcomes_.note(status); }
    [[nodiscard]] int status() const { return outcomes_.status(); }

private:
    void open();
    [[nodiscard]] std::unique_ptr<Carrier> classic(std::optional<node::SessionFile> session,
                                                   std::optional<Endpoint> server);
    [[nodiscard]] std::string senderName(const std::optional<node::SessionFile>& session) const;

    app::Tool& tool_;
    const Plan& plan_;
    Outcomes outcomes_;
    std::optional<app::Aliases> aliases_;
    std::unique_ptr<Carrier> carrier_;
};

/// Who and which index the user has named, for SessionDirectory.
[[nodiscard]] std::optional<Name> givenUser(const app::Settings& settings);
[[nodiscard]] std::optional<Endpoint> givenServer(const app::Settings& settings);

}  // namespace im::imsend
