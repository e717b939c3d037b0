// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/stream.hpp"

#include "libim/app/ndjson.hpp"
#include "libim/net/clock.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace im::imsend {

namespace {

/// The longest text of sealed, before which a list of recipients may go; JSON may escape each byte
/// with six.
constexpr std::size_t kLongestRecord = (std::size_t{1} << 20U) + (std::size_t{64} << 10U);
constexpr std::size_t kLongestJson = std::size_t{7} << 20U;

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
        if (!following) takeLines();
        record = following ? std::move(following) : next();
    }
    post_.finish();
    tool_.progress("");
}

void Stream::sendGiven() {
    auto to = post_.recipients(plan_.recipients, ErrorKind::Usage);
    auto letter = makeLetter(plan_.message, to.size());
    send({std::move(to), std::move(letter)}, false);
    post_.finish();
}

/// Lines that are nothing but messages to one person go many at a time, until one of them is not
/// whole yet, or none that can be sent.
void Stream::takeLines() {
    Carrier* const carrier = post_.carrier();
    const bool isPlain = plan_.form == Form::Plain && plan_.framing == app::Framing::Line &&
                         !plan_.skipEmpty && fixed_.size() == 1;
    if (!isPlain || carrier == nullptr || !carrier->takesLines()) return;
    while (!input_.atEnd()) {
        while (input_.hasLine()) {
            const std::size_t taken = carrier->sendLines(fixed_.front(), input_.view());
            if (taken == 0) return;
            const std::string_view lines = input_.view().substr(0, taken);
            count_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
            input_.drop(taken);
        }
        post_.waitFor(input_.fd());
        input_.fill();
    }
}

/// The next record, waiting for it, and for the reader of our output to leave.
std::optional<app::InputRecord> Stream::next() {
    for (;;) {
        if (auto record = input_.take()) return record;
        if (input_.atEnd()) return {};
        post_.waitFor(input_.fd());
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
        send(message, more);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::Data) throw;
        tool_.complain("record " + std::to_string(count_) + ": " + error.what());
        post_.note(static_cast<int>(error.kind()));
    }
    showCount();
}

/// What --tee copies.
std::string Stream::copyOf(const std::string& record) const {
    if (!plan_.tee) return {};
    if (plan_.framing == app::Framing::Line) return record + '\n';
    if (plan_.framing == app::Framing::Null) return record + '\0';
    return record;
}

LetterPtr Stream::makeLetter(std::string text, std::size_t recipients) const {
    auto letter = std::make_shared<Letter>();
    letter->text = std::move(text);
    letter->re = plan_.re;
    letter->open = recipients;
    return letter;
}

Stream::Message Stream::parse(const std::string& record) {
    Message out;
    if (plan_.form == Form::Json) {
        out = parseJson(record);
    } else if (plan_.form != Form::ToFirst) {
        out = {fixed_, makeLetter(record, fixed_.size())};
    } else {
        const std::size_t tab = record.find('\t');
        if (tab == std::string::npos) throw Error(ErrorKind::Data, "no TAB behind a recipient");
        out.to = post_.recipients(record.substr(0, tab), ErrorKind::Data);
        out.letter = makeLetter(record.substr(tab + 1), out.to.size());
    }
    out.letter->copy = copyOf(record);
    return out;
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
    out.letter = makeLetter(std::move(message->text), out.to.size());
    if (!message->re.empty()) out.letter->re = message->re;
    return out;
}

/// With `--rate` one by one: each recipient's is a message of its own.
void Stream::send(const Message& message, bool more) {
    if (plan_.rate == 0) return post_.send(message.to, message.letter, more);
    for (const app::Recipient& to : message.to) {
        const TimePoint turn = pace_.next(net::now());
        if (net::now() < turn) post_.waitFor(-1, turn);
        post_.send({to}, message.letter, more);
    }
}

void Stream::showCount() {
    if (counts_ && count_ > kCountFrom && count_ % kCountEvery == 1)
        tool_.progress(std::to_string(count_) + " messages");
}

}  // namespace im::imsend
