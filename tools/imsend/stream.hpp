// SPDX-License-Identifier: BSL-1.0
// Stream: the records of stdin as messages, until it ends.
#pragma once

#include "libim/app/input.hpp"
#include "libim/app/tool.hpp"
#include "libim/node/sender_pace.hpp"
#include "tools/imsend/options.hpp"
#include "tools/imsend/post.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace im::imsend {

class Stream {
public:
    Stream(app::Tool& tool, const Plan& plan, Post& post);

    /// Until the end of stdin.  A record that cannot be sent is said on stderr and noted in the
    /// Post; the rest goes on.  Throws app::ReaderLeft when the reader of what we print leaves.
    void run();

    /// The one message of the command line; stdin is not touched.
    void sendGiven();

private:
    /// One record as a message.
    struct Message {
        std::vector<app::Recipient> to;
        LetterPtr letter;
    };

    std::optional<app::InputRecord> next();
    void takeLines();
    void handle(const app::InputRecord& record, bool more);
    [[nodiscard]] Message parse(const std::string& record);
    [[nodiscard]] Message parseJson(const std::string& record);
    [[nodiscard]] std::string copyOf(const std::string& record) const;
    [[nodiscard]] LetterPtr makeLetter(std::string text, std::size_t recipients) const;
    void send(const Message& message, bool more);
    void showCount();

    app::Tool& tool_;
    const Plan& plan_;
    Post& post_;
    app::Input input_;
    node::SenderPace pace_;
    std::vector<app::Recipient> fixed_;  // of Form::Plain
    std::uint64_t count_ = 0;
    bool counts_ = false;  // stdin is a file and stderr a terminal
};

}  // namespace im::imsend
