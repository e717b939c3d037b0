// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/outbox.hpp"

#include "libim/app/escape.hpp"
#include "libim/app/paths.hpp"
#include "libim/net/clock.hpp"
#include "libim/node/file_pins.hpp"
#include "libim/node/identity_file.hpp"
#include "libim/node/outbox_flusher.hpp"
#include "libim/node/session_file.hpp"
#include "libim/wire/hex.hpp"
#include "tools/imsend/carrier.hpp"
#include "tools/imsend/post.hpp"
#include "tools/imsend/sealed_words.hpp"

#include <utility>

namespace im::imsend {

namespace {

node::Outbox theOutbox() {
    return node::Outbox(app::stateDirectory() + "/outbox");
}

std::string idOf(const node::OutboxSummary& summary) {
    const auto high = static_cast<std::uint32_t>(summary.id.stream >> 32U);
    return wire::toHex32(high) + wire::toHex32(static_cast<std::uint32_t>(summary.id.stream));
}

std::string lineOf(const node::OutboxSummary& summary, bool isJson) {
    const std::string user = summary.id.to.str();
    const std::string messages = std::to_string(summary.messages);
    const std::string bytes = std::to_string(summary.bytes);
    const std::string since = app::formatTime(summary.oldest, app::TimeStyle::Utc);
    if (!isJson)
        return user + "\t" + messages + "\t" + bytes + "\t" + since + "\t" + idOf(summary) + "\n";
    std::string line = R"({"v":1,"type":"outbox","user":)";
    app::appendJsonString(line, user);
    return line + R"(,"messages":)" + messages + R"(,"bytes":)" + bytes + R"(,"since":")" + since +
           R"(","stream":")" + idOf(summary) + "\"}\n";
}

/// What imsend --flush is, once it has a session.
class Flush {
public:
    Flush(app::Tool& tool, Outcomes& outcomes, node::SessionFile file)
        : tool_(tool),
          outcomes_(outcomes),
          file_(std::move(file)),
          identity_(node::openIdentity(app::dataDirectory() + "/identity")),
          pins_(node::KnownFile(app::dataDirectory() + "/known"), file_.session().serverName,
                [this](const std::string& what) { tool_.complain(what); }),
          flusher_(loop_, {theOutbox(), file_.session(), file_.path(), identity_.identity, random_},
                   pins_, handlers()) {}

    void run(const std::optional<Name>& to) {
        flusher_.flush(to);
        while (!flusher_.isIdle()) loop_.runOnce();
        loop_.runOnce(Duration::zero());
    }

private:
    node::OutboxFlusher::Handlers handlers() {
        return {.receipt = [this](const Name& to,
                                  const talk::SendReceipt& receipt) { take(to, receipt); },
                .trouble =
                    [this](const std::string& what) {
                        tool_.complain(what);
                        outcomes_.note(static_cast<int>(ErrorKind::CannotCreate));
                    }};
    }

    void take(const Name& to, const talk::SendReceipt& receipt) {
        const bool isDelivered = receipt.result == talk::SendResult::Delivered;
        if (!isDelivered)
            tool_.complain(to.str() + ": " + whyOf(receipt.result, file_.session().serverName));
        outcomes_.note(statusOf(receipt.result));
        app::Receipt line;
        line.id = receipt.id;
        line.to = to.str();
        line.outcome = outcomeOf(receipt.result);
        line.endpoint = receipt.endpoint;
        line.milliseconds = static_cast<std::uint64_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(receipt.took).count());
        outcomes_.print(line);
    }

    app::Tool& tool_;
    Outcomes& outcomes_;
    node::SessionFile file_;
    net::Loop loop_;
    node::IdentityFile::Opened identity_;
    noise::SystemRandom random_;
    node::FilePins pins_;
    node::OutboxFlusher flusher_;
};

std::optional<Name> givenRecipient(const app::Tool& tool) {
    if (tool.operands().empty()) return {};
    return Name::orThrow(std::string(tool.operands().front()), ErrorKind::Usage);
}

}  // namespace

int listOutbox(app::Tool& tool) {
    std::string lines;
    int status = 0;
    for (const node::OutboxSummary& summary : theOutbox().list()) {
        if (!summary.problem.empty()) {
            tool.complain(summary.problem);
            status = static_cast<int>(ErrorKind::Configuration);
        } else if (summary.messages > 0) {
            lines += lineOf(summary, tool.settings().flag(app::kJson));
        }
    }
    tool.out().write(lines);
    return status;
}

int flushOutbox(app::Tool& tool) {
    const std::optional<Name> to = givenRecipient(tool);
    Plan plan;
    plan.receipts = receiptsOf(tool);
    Outcomes outcomes(tool, plan);
    for (const node::OutboxSummary& gone : theOutbox().expire(net::wallNow())) {
        tool.complain(gone.id.to.str() + ": given up after 30 days (" +
                      std::to_string(gone.messages) + " messages)");
        outcomes.note(static_cast<int>(ErrorKind::Unavailable));
    }
    if (theOutbox().list(to).empty()) return outcomes.status();
    auto session = node::SessionDirectory(app::sessionDirectory())
                       .openSelected(givenUser(tool.settings()), givenServer(tool.settings()));
    if (!session || session->session().profile != node::Profile::Sealed)
        throw Error(ErrorKind::Unavailable, "no sealed session", "log in with imlogin");
    Flush(tool, outcomes, std::move(*session)).run(to);
    return outcomes.status();
}

}  // namespace im::imsend
