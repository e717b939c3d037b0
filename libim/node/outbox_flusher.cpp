// SPDX-License-Identifier: BSL-1.0
#include "libim/node/outbox_flusher.hpp"

#include "libim/base/error.hpp"
#include "libim/net/clock.hpp"

#include <algorithm>
#include <utility>

namespace im::node {

OutboxFlusher::OutboxFlusher(net::Loop& loop, Options options, talk::Pins& pins, Handlers handlers)
    : loop_(loop), options_(std::move(options)), pins_(pins), handlers_(std::move(handlers)) {
    deadline_ = loop_.atDeadline(
        [this]() -> std::optional<TimePoint> {
            if (!courier_) return {};
            return isIdle() ? loop_.now() : courier_->nextDeadline();
        },
        [this] { work(); });
}

OutboxFlusher::~OutboxFlusher() {
    loop_.forgetDeadline(deadline_);
}

void OutboxFlusher::flush(const std::optional<Name>& to) {
    try {
        for (const OutboxSummary& summary : options_.outbox.list(to)) {
            if (!summary.problem.empty()) handlers_.trouble(summary.problem);
            const bool isKnown = std::ranges::count(waiting_, summary.id) > 0;
            if (summary.head && isOurs(*summary.head) && !isKnown) waiting_.push_back(summary.id);
        }
    } catch (const Error& error) {
        handlers_.trouble(error.what());
    }
    beginMore();
    if (courier_) courier_->wake();
}

bool OutboxFlusher::isOurs(const OutboxHead& head) const {
    return head.index == options_.session.index && head.from == options_.session.user;
}

bool OutboxFlusher::isSendingTo(const Name& user) const {
    return std::ranges::any_of(
        sendings_, [&](const auto& one) { return one->stream.content().head.to == user; });
}

/// The next stream to each whom none is on its way to.
void OutboxFlusher::beginMore() {
    for (auto next = waiting_.begin(); next != waiting_.end();) {
        if (isSendingTo(next->to)) {
            ++next;
            continue;
        }
        const OutboxId id = *next;
        next = waiting_.erase(next);
        try {
            begin(id);
        } catch (const Error& error) {
            handlers_.trouble(error.what());
        }
    }
}

/// Claimed by us already, or by somebody else: it is in good hands.
void OutboxFlusher::begin(const OutboxId& id) {
    auto stream = options_.outbox.claim(id);
    if (!stream) return;
    if (stream->isAcknowledged()) return stream->remove();
    const OutboxContent& content = stream->content();
    const std::size_t first = content.firstPending();
    const talk::SealedSender::Resumed resumed{id.stream, {content.entries[first].sequence, first}};
    const std::size_t known = courier().sender().add({id.to, {}, {}}, resumed, loop_.now());
    sendings_.push_back(
        std::make_unique<Sending>(Sending{std::move(*stream), known, first, first, false}));
    fill(*sendings_.back());
    if (sendings_.back()->isOver) sendings_.pop_back();
}

SealedCourier& OutboxFlusher::courier() {
    if (!courier_)
        courier_.emplace(loop_, senderOptions(options_.session, kPatience),
                         options_.session.endpoint.address,
                         indexCardOf(options_.session, options_.path), options_.identity,
                         options_.random, pins_, [this] { takeNews(); });
    return *courier_;
}

/// As many messages as find room.
void OutboxFlusher::fill(Sending& sending) {
    const auto& entries = sending.stream.content().entries;
    talk::SealedSender& sender = courier_->sender();
    while (sending.next < entries.size()) {
        const OutboxEntry& entry = entries[sending.next];
        if (!sender.restore(sending.known, sending.stream.payload(entry), entry.sequence,
                            loop_.now()))
            break;
        ++sending.next;
    }
    if (sending.next == entries.size()) sender.finish(sending.known);
    // None found room although none is under way: its numbers are not those of a stream.
    if (sending.next == sending.done && sending.next < entries.size()) {
        handlers_.trouble("outbox: a message to " + sending.stream.content().head.to.str() +
                          " stands where none can");
        sending.isOver = true;
        courier_->sender().giveUp(sending.known, loop_.now());
    }
}

void OutboxFlusher::takeNews() {
    for (const talk::SendReceipt& receipt : courier_->sender().takeReceipts())
        for (const auto& sending : sendings_)
            if (sending->known == receipt.recipient && !sending->isOver) take(*sending, receipt);
    std::erase_if(sendings_, [](const auto& sending) { return sending->isOver; });
    beginMore();
    courier_->wake();
}

void OutboxFlusher::take(Sending& sending, const talk::SendReceipt& receipt) {
    handlers_.receipt(sending.stream.content().head.to, receipt);
    sending.isOver = receipt.result != talk::SendResult::Delivered;
    if (sending.isOver) {
        // What is behind it would share its fate.
        std::erase_if(waiting_, [&](const OutboxId& id) {
            return id.to == sending.stream.content().head.to;
        });
        return courier_->sender().giveUp(sending.known, loop_.now());
    }
    try {
        const auto& entries = sending.stream.content().entries;
        sending.done += receipt.count;
        sending.stream.acknowledge(entries[sending.done - 1].end());
        sending.isOver = sending.done == entries.size();
        if (sending.isOver) return sending.stream.remove();
        fill(sending);
    } catch (const Error& error) {
        handlers_.trouble(error.what());
        sending.isOver = true;
    }
}

/// A courier is not destroyed in one of its own calls.
void OutboxFlusher::work() {
    if (!isIdle()) return courier_->work();
    courier_->leave();
    courier_.reset();
}

}  // namespace im::node
