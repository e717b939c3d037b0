// SPDX-License-Identifier: BSL-1.0
// OutboxFlusher: delivers what waits in an outbox, on a loop and without blocking: for an imlisten
// that hears of a login, and for `imsend --flush`.  Streams that another process works on, and
// those of other users and indexes, are passed over.  Stream and segments are those of the first
// attempt, so that a listener that has shown a message does not show it again.
//
//     OutboxFlusher flusher(loop, options, pins, handlers);     // costs nothing until there is
//     work flusher.flush(bob);                                       // his login was announced
//
// Sockets and keys are there only while something is under way.  Not thread-safe; it belongs to the
// loop.
#pragma once

#include "libim/node/outbox.hpp"
#include "libim/node/sealed_courier.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace im::node {

class OutboxFlusher {
public:
    /// Without any progress for so long a recipient is left for another time.
    static constexpr Duration kPatience = std::chrono::seconds(10);

    struct Options {
        Outbox outbox;
        Session session;   ///< a sealed one; its `indexCard` may be kept up by refresh()
        std::string path;  ///< of the session, for messages
        const noise::Identity& identity;
        noise::Random& random;
    };
    struct Handlers {
        /// What has become of messages; `recipient` and `number` of the receipt mean nothing.
        std::function<void(const Name& to, const talk::SendReceipt& receipt)> receipt;
        std::function<void(const std::string& what)> trouble;
    };

    /// `pins`, the loop, and what the options refer to outlive it.
    OutboxFlusher(net::Loop& loop, Options options, talk::Pins& pins, Handlers handlers);
    ~OutboxFlusher();
    OutboxFlusher(const OutboxFlusher&) = delete;
    OutboxFlusher& operator=(const OutboxFlusher&) = delete;

    /// The index has another card now.
    void refresh(const Bytes& indexCard) { options_.session.indexCard = indexCard; }

    /// Begins to deliver what waits for that user, or for everybody.  Trouble with files is told,
    /// not thrown.
    void flush(const std::optional<Name>& to);
    /// Nothing is under way.
    [[nodiscard]] bool isIdle() const { return sendings_.empty() && waiting_.empty(); }

private:
    struct Sending {
        OutboxStream stream;
        std::size_t known;     ///< the sender's number
        std::size_t next = 0;  ///< the first entry that the sender does not have yet
        std::size_t done = 0;  ///< entries acknowledged
        bool isOver = false;
    };

    void beginMore();
    void begin(const OutboxId& id);
    [[nodiscard]] bool isSendingTo(const Name& user) const;
    [[nodiscard]] SealedCourier& courier();
    [[nodiscard]] bool isOurs(const OutboxHead& head) const;
    void fill(Sending& sending);
    void takeNews();
    void take(Sending& sending, const talk::SendReceipt& receipt);
    void work();

    net::Loop& loop_;
    Options options_;
    talk::Pins& pins_;
    Handlers handlers_;
    std::vector<OutboxId> waiting_;  ///< in order
    std::vector<std::unique_ptr<Sending>> sendings_;
    std::optional<SealedCourier> courier_;
    net::Loop::DeadlineId deadline_ = 0;
};

}  // namespace im::node
