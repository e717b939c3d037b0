// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/classic_carrier.hpp"

#include "libim/app/escape.hpp"
#include "libim/net/clock.hpp"
#include "libim/net/resolve.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

namespace im::imsend {

namespace {

using Result = node::SendReport::Result;

app::Outcome outcomeOf(Result result) {
    switch (result) {
        case Result::Sent:
            return app::Outcome::Sent;
        case Result::Unknown:
            return app::Outcome::Unknown;
        case Result::Timeout:
            return app::Outcome::Timeout;
        case Result::Refused:
        case Result::NoHost:
            break;
    }
    return app::Outcome::Refused;
}

node::Target targetOf(const app::Recipient& to) {
    if (!to.at) return {to.user.str(), {}, 0};
    return {to.user.str(), to.at->host, to.at->port};
}

timespec untilThen(TimePoint then) {
    const Duration left = std::max(then - net::now(), Duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
}

}  // namespace

ClassicCarrier::ClassicCarrier(app::Tool& tool, const Plan& plan, Outcomes& outcomes,
                               std::optional<node::SessionFile> session,
                               std::optional<Endpoint> server, std::string self, std::string hint)
    : tool_(tool),
      plan_(plan),
      outcomes_(outcomes),
      network_(std::move(session), server, plan.patience, net::resolveApart),
      sender_(network_),
      self_(std::move(self)),
      hint_(std::move(hint)) {}

void ClassicCarrier::send(const std::vector<app::Recipient>& to, const LetterPtr& letter,
                          bool more) {
    const TimePoint start = net::now();
    const Bytes datagram =
        node::talkDatagram(net::talkTime(net::wallNow()), self_, letter->text, plan_.commas);
    std::vector<node::Target> targets;
    targets.reserve(to.size());
    for (const app::Recipient& one : to) targets.push_back(targetOf(one));
    const std::vector<node::SendReport> reports = sender_.send(targets, datagram, !more);
    const Duration took = net::now() - start;
    for (std::size_t i = 0; i < to.size(); ++i) {
        take(to[i], reports[i]);
        print(to[i], reports[i], took);
    }
    for (const node::SendReport& report : reports)
        outcomes_.settle(*letter, report.result == Result::Sent);
}

void ClassicCarrier::locate(const std::vector<app::Recipient>& to, std::string_view text) {
    // Whether it could be sent at all.
    (void)node::talkDatagram(net::talkTime(net::wallNow()), self_, text, plan_.commas);
    for (const app::Recipient& one : to) {
        const node::SendReport report = sender_.locate(targetOf(one));
        take(one, report);
        if (report.result != Result::Sent) continue;
        std::string line = app::escaped(one.toString()) + "\t" + report.endpoint->toString() + "\t";
        app::appendEscaped(line, text);
        tool_.out().write(line + "\n");
    }
}

void ClassicCarrier::waitFor(int input, std::optional<TimePoint> deadline) {
    waitForInput(input, plan_.prints() ? &tool_.out() : nullptr, deadline);
}

void ClassicCarrier::take(const app::Recipient& to, const node::SendReport& report) {
    if (report.status() != 0) complain(to, report);
    outcomes_.note(report.status());
}

void ClassicCarrier::complain(const app::Recipient& to, const node::SendReport& report) {
    if (report.earlierRefused) tool_.complain(to.toString() + ": an earlier message was refused");
    if (report.result == Result::Sent) return;
    tool_.complain(to.toString() + ": " + report.why);
    // Who answers and gives nothing is the right index.
    const bool isSilent = report.result == Result::Timeout && !report.why.ends_with(" address");
    if (!isSilent || hint_.empty() || std::exchange(hinted_, true)) return;
    tool_.hint(hint_);
}

void ClassicCarrier::print(const app::Recipient& to, const node::SendReport& report,
                           Duration took) {
    app::Receipt receipt;
    receipt.to = to.toString();
    receipt.outcome = outcomeOf(report.result);
    receipt.endpoint = report.endpoint;
    receipt.milliseconds = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    outcomes_.print(receipt);
}

void waitForInput(int input, const app::Output* out, std::optional<TimePoint> deadline) {
    std::array<pollfd, 2> either{{{input, POLLIN, 0}, {out != nullptr ? out->fd() : -1, 0, 0}}};
    while (!deadline || net::now() < *deadline) {
        const timespec left = untilThen(deadline.value_or(TimePoint()));
        if (ppoll(either.data(), either.size(), deadline ? &left : nullptr, nullptr) <= 0) continue;
        if (either[1].revents != 0 && out->readerLeft()) throw app::ReaderLeft();
        if (either[0].revents != 0) return;
        // Closed from the start: there is no reader to watch.
        if (either[1].revents != 0) either[1].fd = -1;
    }
}

}  // namespace im::imsend
