// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/stream.hpp"

#include "libim/app/ndjson.hpp"
#include "libim/net/clock.hpp"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>

namespace im::imsend {

namespace {

/// The longest text takes three bytes of UTF-8 a UTF-16 unit; a list of recipients may go before
/// it, and JSON may escape each unit with six bytes.
constexpr std::size_t kLongestRecord = std::size_t{256} << 10U;
constexpr std::size_t kLongestJson = std::size_t{1} << 20U;

/// A count is shown from here on, and whenever so many more have gone.
constexpr std::uint64_t kCountFrom = 1000;
constexpr std::uint64_t kCountEvery = 1000;

bool isRegularFile(int fd) {
    struct stat facts {};
    return fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
}

/// Between two objects of JSON white space means nothing.
bool isBlank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

timespec untilThen(TimePoint then) {
    const Duration left = std::max(then - net::now(), Duration::zero());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    return {seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
}

}  // namespace

Stream::Stream(app::Tool& tool, const Plan& plan, Post& post)
    : tool_(tool),
      plan_(plan),
      post_(post),
      input_(STDIN_FILENO, plan.framing, plan.form == Form::Json ? kLongestJson : kLongestRecord),
      pace_(plan.rate),
      counts_(tool.stderrIsTerminal() && isRegularFile(STDIN_FILENO)) {
    if (plan.form == Form::Plain) fixed_ = post.recipients(plan.recipients, ErrorKind::Usage);
}

void Stream::run() {
    if (isatty(STDIN_FILENO) == 1)
        tool_.hint(plan_.framing == app::Framing::Whole
                       ? "type the message; Ctrl-D on an empty line ends and sends it"
                       : "each line is a message; Ctrl-D on an empty line ends");
    auto record = next();
    while (record) {
        auto following = input_.take();
        handle(*record, following.has_value());
        record = following ? std::move(following) : next();
    }
    tool_.progress("");
}

void Stream::sendGiven() {
    (void)send({post_.recipients(plan_.recipients, ErrorKind::Usage), plan_.message}, false);
}

/// The next record, waiting for it, and for the reader of our output to leave.
std::optional<app::InputRecord> Stream::next() {
    for (;;) {
        if (auto record = input_.take()) return record;
        if (input_.atEnd()) return {};
        if (plan_.prints()) {
            std::array<pollfd, 2> either{{{input_.fd(), POLLIN, 0}, {tool_.out().fd(), 0, 0}}};
            if (poll(either.data(), either.size(), -1) <= 0) continue;
            if (either[1].revents != 0 && tool_.out().readerLeft()) throw app::ReaderLeft();
            if (either[0].revents == 0) continue;
        }
        input_.fill();
    }
}

void Stream::handle(const app::InputRecord& record, bool more) {
    ++count_;
    if (plan_.skipEmpty && record.text.empty()) return;
    if (plan_.form == Form::Json && isBlank(record.text)) return;
    try {
        if (record.tooLong) throw Error(ErrorKind::Data, "too long");
        const Message message = parse(record.text);
        if (send(message, more) && plan_.tee) tee(record.text);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Data) throw;
        tool_.complain("record " + std::to_string(count_) + ": " + error.what());
        post_.note(static_cast<int>(error.kind()));
    }
    showCount();
}

Stream::Message Stream::parse(const std::string& record) {
    if (plan_.form == Form::Json) return parseJson(record);
    if (plan_.form != Form::ToFirst) return {fixed_, record};
    const std::size_t tab = record.find('\t');
    if (tab == std::string::npos) throw Error(ErrorKind::Data, "no TAB behind a recipient");
    return {post_.recipients(record.substr(0, tab), ErrorKind::Data), record.substr(tab + 1)};
}

Stream::Message Stream::parseJson(const std::string& record) {
    auto message = app::parseJsonMessage(record);
    if (!message) throw Error(ErrorKind::Data, message.error());
    Message out;
    for (const std::string& one : message->to) {
        for (app::Recipient& to : post_.recipients(one, ErrorKind::Data))
            if (std::find(out.to.begin(), out.to.end(), to) == out.to.end())
                out.to.push_back(std::move(to));
    }
    out.text = std::move(message->text);
    return out;
}

/// With `--rate` one by one: each recipient's is a message of its own.
bool Stream::send(const Message& message, bool more) {
    if (plan_.rate == 0) return post_.send(message.to, message.text, more);
    bool all = true;
    for (const app::Recipient& to : message.to) {
        waitForTurn();
        all = post_.send({to}, message.text, more) && all;
    }
    return all;
}

/// `--rate`, also while the reader of our output may leave.
void Stream::waitForTurn() {
    if (plan_.rate == 0) return;
    const TimePoint turn = pace_.next(net::now());
    pollfd out{plan_.prints() ? tool_.out().fd() : -1, 0, 0};
    while (net::now() < turn) {
        const timespec left = untilThen(turn);
        if (ppoll(&out, 1, &left, nullptr) <= 0) continue;
        if (tool_.out().readerLeft()) throw app::ReaderLeft();
        out.fd = -1;  // closed from the start: there is no reader to watch
    }
}

void Stream::tee(const std::string& record) {
    std::string bytes = record;
    if (plan_.framing == app::Framing::Line) bytes += '\n';
    if (plan_.framing == app::Framing::Null) bytes += '\0';
    tool_.out().write(bytes);
}

void Stream::showCount() {
    if (counts_ && count_ > kCountFrom && count_ % kCountEvery == 1)
        tool_.progress(std::to_string(count_) + " messages");
}

}  // namespace im::imsend
