// SPDX-License-Identifier: BSL-1.0
#include "tools/imindex/printer.hpp"

#include "libim/base/error.hpp"

#include <utility>

namespace im::tools {

Printer::Printer(app::Tool& tool, net::Loop& loop, app::RecordStyle style)
    : tool_(tool), loop_(loop), style_(std::move(style)), queue_(tool.out(), kLimit) {}

Printer::~Printer() {
    if (watched_) loop_.forget(tool_.out().fd());
}

void Printer::add(const Event& event) {
    ++next_;
    if (!stopped_) app::appendRecord(fresh_, event, style_);
}

void Printer::addLine(std::string_view line) {
    fresh_.append(line).append("\n");
    endTurn();
}

void Printer::endTurn() {
    if (!fresh_.empty() && !stopped_) write();
    fresh_.clear();
    freshFrom_ = next_;
}

void Printer::write() {
    try {
        tellGap();
        if (gapFrom_ == 0 && queue_.push(fresh_)) return watch();
    } catch (const app::ReaderLeft& e) {
        return stop(e.what());
    } catch (const Error& e) {
        return stop(e.what());
    }
    if (gapFrom_ == 0) {
        gapFrom_ = freshFrom_;
        gapAt_ = loop_.wallNow();
    }
    gapTo_ = next_ - 1;
}

/// As soon as there is room again, and before anything else.
void Printer::tellGap() {
    if (gapFrom_ == 0 || queue_.pending() > kLimit / 2) return;
    Event gap;
    gap.type = EventType::Gap;
    gap.at = gapAt_;
    gap.text = std::to_string(gapFrom_);
    if (gapTo_ != gapFrom_) gap.text.append("-").append(std::to_string(gapTo_));
    std::string record;
    app::appendRecord(record, gap, style_);
    if (queue_.push(record)) gapFrom_ = 0;
}

/// Only while somebody is slow; a file is never waited for, and need not be watched.
void Printer::watch() {
    const bool slow = queue_.pending() > 0;
    if (slow == watched_) return;
    if (slow)
        watched_ = loop_.watch(tool_.out().fd(), net::kLoopWrite,
                               [this](net::LoopEvents events) { writable(events); });
    else
        loop_.forget(tool_.out().fd());
    watched_ = slow && watched_;
}

void Printer::writable(net::LoopEvents /*events*/) {
    try {
        queue_.flush();
        tellGap();
        watch();
    } catch (const app::ReaderLeft& e) {
        stop(e.what());
    } catch (const Error& e) {
        stop(e.what());
    }
}

void Printer::stop(const std::string& why) {
    stopped_ = true;
    if (watched_) loop_.forget(tool_.out().fd());
    watched_ = false;
    tool_.complain(why + "; serving on, printing no more");
}

}  // namespace im::tools
