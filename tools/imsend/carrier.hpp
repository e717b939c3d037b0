// SPDX-License-Identifier: BSL-1.0
// Carrier: what gets letters to people in one profile.  It says on stderr what went wrong, prints
// receipts and copies, and notes exit statuses in the Outcomes.
#pragma once

#include "libim/app/recipient.hpp"
#include "libim/app/record.hpp"
#include "libim/app/tool.hpp"
#include "tools/imsend/letter.hpp"
#include "tools/imsend/options.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace im::imsend {

class Carrier {
public:
    Carrier() = default;
    Carrier(const Carrier&) = delete;
    Carrier& operator=(const Carrier&) = delete;
    virtual ~Carrier() = default;

    /// Takes a letter to each; waits where there is no room.  `more`: another one is there already.
    /// Throws Error(Data) for a text that cannot be sent to anybody.
    virtual void send(const std::vector<app::Recipient>& to, const LetterPtr& letter,
                      bool more) = 0;
    /// Where it would go; prints it and sends nothing.
    virtual void locate(const std::vector<app::Recipient>& to, std::string_view text) = 0;
    /// Waits until `input` can be read, and for what comes meanwhile; until `deadline` at most.
    /// Throws app::ReaderLeft.
    virtual void waitFor(int input, std::optional<TimePoint> deadline) = 0;
    /// Everything is sent; waits for what is to be known of it.
    virtual void finish() = 0;

    /// Whether sendLines() may be used.
    [[nodiscard]] virtual bool takesLines() const { return false; }
    /// Takes the lines at the beginning of `text` that find room, each a message to the one
    /// recipient there is, and waits when there is none for the first.  How many bytes it took; 0
    /// when no line ends there, or the first is none that can be sent.
    virtual std::size_t sendLines(const app::Recipient& /*to*/, std::string_view /*text*/) {
        return 0;
    }
};

/// The exit status so far, and what both carriers print.
class Outcomes {
public:
    Outcomes(app::Tool& tool, const Plan& plan) : tool_(tool), plan_(plan) {}

    /// Notes an exit status; the worst counts.
    void note(int status) { status_ = app::worseStatus(status_, status); }
    [[nodiscard]] int status() const { return status_; }

    /// What became of a letter to one of its recipients.
    void settle(Letter& letter, bool isGood) {
        letter.isGood = letter.isGood && isGood;
        if (--letter.open == 0 && letter.isGood && !letter.copy.empty())
            tool_.out().write(letter.copy);
    }
    void print(const app::Receipt& receipt) {
        if (plan_.receipts == Receipts::None) return;
        std::string line;
        app::appendReceipt(line, receipt, plan_.receipts == Receipts::Json);
        tool_.out().write(line);
    }

private:
    app::Tool& tool_;
    const Plan& plan_;
    int status_ = 0;
};

}  // namespace im::imsend
