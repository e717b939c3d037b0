// SPDX-License-Identifier: BSL-1.0
// Post: takes messages and gets them sent, says on stderr what went wrong, prints receipts, and
// remembers the worst exit status.  Opens session and aliases at the first message that needs
// them, so that imsend may stand in a pipe before its session exists.
#pragma once

#include "libim/app/aliases.hpp"
#include "libim/app/recipient.hpp"
#include "libim/app/tool.hpp"
#include "libim/node/sender.hpp"
#include "libim/node/sender_network.hpp"
#include "tools/imsend/options.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace im::imsend {

class Post {
public:
    Post(app::Tool& tool, const Plan& plan) : tool_(tool), plan_(plan) {}

    /// To whom: "RECIPIENT,..." of operands (Usage) or input (Data).  Throws Error(kind).
    [[nodiscard]] std::vector<app::Recipient> recipients(const std::string& list, ErrorKind kind);

    /// Sends `text` to each; false when one of them did not get it.  `more`: another message is
    /// there already, so refusals from other hosts are not waited for.  Throws Error(Data) for a
    /// text that cannot be sent, and what opening the session throws.
    bool send(const std::vector<app::Recipient>& to, std::string_view text, bool more);

    /// Notes an exit status; the worst counts.
    void note(int status) { status_ = app::worseStatus(status_, status); }
    [[nodiscard]] int status() const { return status_; }

private:
    void open();
    [[nodiscard]] std::string senderName(const std::optional<node::SessionFile>& session) const;
    void sayClassic(bool hasSession) const;
    void show(const app::Recipient& to, const node::SendReport& report, std::string_view text,
              Duration took);
    void complain(const app::Recipient& to, const node::SendReport& report);
    void print(const app::Recipient& to, const node::SendReport& report, Duration took);

    app::Tool& tool_;
    const Plan& plan_;
    std::optional<app::Aliases> aliases_;
    std::optional<node::SenderNetwork> network_;
    std::optional<node::Sender> sender_;
    std::string self_;
    std::string hint_;  // what to say when the index was needed and did not answer
    bool hinted_ = false;
    int status_ = 0;
};

}  // namespace im::imsend
