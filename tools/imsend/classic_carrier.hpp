// SPDX-License-Identifier: BSL-1.0
// ClassicCarrier: letters in classic: nothing is encrypted, and what is not refused was sent.
#pragma once

#include "libim/node/sender.hpp"
#include "libim/node/sender_network.hpp"
#include "tools/imsend/carrier.hpp"

#include <optional>
#include <string>

namespace im::imsend {

class ClassicCarrier final : public Carrier {
public:
    /// `self`: the sender's name.  `hint`: said when the index was needed and did not answer.
    ClassicCarrier(app::Tool& tool, const Plan& plan, Outcomes& outcomes,
                   std::optional<node::SessionFile> session, std::optional<Endpoint> server,
                   std::string self, std::string hint);

    void send(const std::vector<app::Recipient>& to, const LetterPtr& letter, bool more) override;
    void locate(const std::vector<app::Recipient>& to, std::string_view text) override;
    void waitFor(int input, std::optional<TimePoint> deadline) override;
    void finish() override {}

private:
    /// Says what went wrong and notes it.
    void take(const app::Recipient& to, const node::SendReport& report);
    void complain(const app::Recipient& to, const node::SendReport& report);
    void print(const app::Recipient& to, const node::SendReport& report, Duration took);

    app::Tool& tool_;
    const Plan& plan_;
    Outcomes& outcomes_;
    node::SenderNetwork network_;
    node::Sender sender_;
    std::string self_;
    std::string hint_;
    bool hinted_ = false;
};

/// poll(2) until `input` can be read, unless the reader of `out` leaves (app::ReaderLeft) or it is
/// `deadline`.  `out` nullptr: nothing is printed, so nobody reads.
void waitForInput(int input, const app::Output* out, std::optional<TimePoint> deadline);

}  // namespace im::imsend
