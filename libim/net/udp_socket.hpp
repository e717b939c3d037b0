// SPDX-License-Identifier: BSL-1.0
// UdpSocket: one bound UDP socket that takes and gives datagrams in batches.  No POCO: of its
// DatagramSocket only socket() and bind() could be used, because it has no recvmmsg, sendmmsg,
// packet info, error queue or segmentation offload; and to load it takes 3 ms, three times what
// the clients need to start without (doc/decisions/0001).
//
// Never blocks but where send() says so, allocates nothing after construction.  Not thread-safe;
// it belongs to one loop.  Bound without SO_REUSEADDR and SO_REUSEPORT (a second server on the
// port fails), close-on-exec, IPv6 sockets take IPv6 only.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/bytes.hpp"
#include "libim/base/datagram.hpp"
#include "libim/base/error.hpp"
#include "libim/net/activation.hpp"

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace im::net {

/// A socket could not be opened or bound; kind OperatingSystem.
class BindError : public Error {
public:
    /// "cannot bind WHAT: WHY"
    BindError(const std::string& what, int errnum)
        : Error(systemError(ErrorKind::OperatingSystem, "cannot bind " + what, errnum)),
          errnum_(errnum) {}
    /// EADDRINUSE, EADDRNOTAVAIL, EACCES, ...
    int errnum() const { return errnum_; }

private:
    int errnum_;
};

struct UdpOptions {
    /// The longest datagram taken whole; a longer one comes cut off and marked `truncated`.
    /// UDP's longest payload is 65,507 bytes; with `coalesce` give kWholeDatagram.
    std::size_t longest = 2048;
    /// Datagrams taken in one call; also the most handed to the kernel in one call.
    std::size_t batch = 64;
    /// 1 to kMostSockets: tells the sockets of one program apart in PathId.
    unsigned number = 1;
    /// Ask for the kernel's reports of unreachable endpoints (IP_RECVERR), see unreachable().
    bool reportUnreachable = false;
    /// UDP_GRO: the kernel may hand over trains of datagrams in one piece; they still come as
    /// one Datagram each.  Pays for a listener that gets trains.
    bool coalesce = false;
    /// UDP_SEGMENT: hand trains to the kernel in one piece where it can.  Off: as on a kernel
    /// without it.
    bool trains = true;
    /// Bytes wished for as receive buffer; the system may give less (rmem_max).  0: as it is.
    int receiveBuffer = 0;
};

struct UdpCounters {
    std::uint64_t received = 0;       ///< datagrams
    std::uint64_t receivedBytes = 0;  ///< of their payloads, as far as they were taken
    std::uint64_t overrun = 0;        ///< lost before us: the receive buffer was full (SO_RXQ_OVFL)
    std::uint64_t sent = 0;           ///< datagrams handed to the kernel
    std::uint64_t sentBytes = 0;      ///< of their payloads
    std::uint64_t trains = 0;         ///< calls' messages that were more than one datagram
    std::uint64_t refused = 0;    ///< not sent: the kernel refused (no route, not permitted, ...)
    std::uint64_t congested = 0;  ///< not sent: no room in time

    UdpCounters& operator+=(const UdpCounters& other);
};

class UdpSocket {
public:
    static constexpr std::size_t kWholeDatagram = 65536;
    static constexpr unsigned kMostSockets = 63;
    /// Local addresses one socket tells apart; what comes to further ones is answered from
    /// whatever address routing chooses.
    static constexpr std::size_t kMostPaths = 1023;
    /// When the kernel has no room, sending waits for some: no longer than this without any
    /// progress, then the rest of the call is dropped and counted.
    static constexpr Duration kSendPatience = std::chrono::milliseconds(20);
    /// And no more than this before as much time has passed again without waiting, because
    /// whoever waits for one slow link keeps everybody else waiting.
    static constexpr Duration kSendPatienceTotal = std::chrono::seconds(1);

    /// Binds; port 0: any free one.  Throws BindError.
    explicit UdpSocket(const Endpoint& local, const UdpOptions& options = {});
    /// Adopts a socket that was given, gives it the options it would have got here, and closes it
    /// at the end.  What waits in it is received.
    explicit UdpSocket(const GivenSocket& given, const UdpOptions& options = {});
    ~UdpSocket();
    UdpSocket(const UdpSocket&) = delete;
    UdpSocket& operator=(const UdpSocket&) = delete;

    /// For Loop::watch.  Also set aside for what is not offered here; do not close.
    [[nodiscard]] int descriptor() const { return descriptor_; }
    /// What it is bound to, with the port the system chose.
    [[nodiscard]] const Endpoint& local() const { return local_; }
    [[nodiscard]] bool isV4() const { return local_.address.isV4(); }
    [[nodiscard]] unsigned number() const { return options_.number; }

    /// Takes what is there, at most a batch.  Empty: nothing there.  The datagrams are valid
    /// until the next receive().  A pending report of an unreachable endpoint is skipped, the
    /// datagrams behind it are not lost.  `via` is the path to answer by.
    [[nodiscard]] std::span<const Datagram> receive();

    /// How many the kernel has dropped behind the last datagram received, which no datagram has
    /// told yet (see Datagram::lostBefore).  Asks the kernel; right while nothing waits there.
    [[nodiscard]] std::uint32_t takeLost();

    /// Endpoints that answered port-unreachable since the last call, at most a batch; empty:
    /// none (left).  Call it until then whenever Loop reports kLoopError, which stays otherwise.
    /// Valid until the next call.
    [[nodiscard]] std::span<const Endpoint> unreachable();

    /// One payload to one destination; false when it was dropped (and counted).
    bool send(const Destination& to, BytesView payload);

    /// One of several unicasts, see sendBatch().
    struct Unicast {
        Destination to;
        BytesView payload;
    };
    /// Several unicasts in order.
    void sendBatch(std::span<const Unicast> unicasts);

    /// Every payload, in order, to every destination; runs of equally long payloads go as one
    /// train where the kernel can.
    /// Where all are small (548 bytes), the socket's datagrams are marked from then on as never to
    /// be fragmented, until a larger one is sent.
    void fanOut(std::span<const BytesView> payloads, std::span<const Destination> to);

    /// Bytes of receive buffer that the system granted, as it counts them: twice what was wished
    /// for, since each datagram is charged with its bookkeeping.
    [[nodiscard]] std::size_t receiveBuffer() const;
    /// The same of the send buffer, which is as the system makes it.
    [[nodiscard]] std::size_t sendBuffer() const;

    [[nodiscard]] const UdpCounters& counters() const { return counters_; }
    /// Whether trains go to the kernel in one piece: false when switched off, when the kernel
    /// has no UDP_SEGMENT, and once it has refused the first one.
    [[nodiscard]] bool trainsWork() const { return trains_ != Trains::No; }

    /// The number of the socket that `path` belongs to; 0 for kAnyPath.
    [[nodiscard]] static constexpr unsigned socketOf(PathId path) { return path >> 10U; }

private:
    enum class Trains : std::uint8_t { Untried, Yes, No };
    enum class Fate : std::uint8_t { Sent, Refused, Congested };
    struct Buffers;  // what recvmmsg and sendmmsg are given; in udp_buffers.hpp
    struct Run {     // payloads that go as one message
        std::size_t first;
        std::size_t count;
    };
    struct Path {
        Address local;
        std::uint32_t interface = 0;  // of a link-local address
    };

    UdpSocket(int descriptor, const Endpoint& local, const UdpOptions& options);
    void takeHold();
    void bind();
    void setOptions();
    [[nodiscard]] std::size_t bufferSize(int option) const;
    PathId pathTo(const Address& local, std::uint32_t interface);
    void takeMessage(std::size_t index);
    std::uint32_t noteOverrun(std::uint32_t counter);

    /// Whether datagrams may be fragmented on their way (IPv4).
    void setFragmented(bool fragmented);
    void queueOne(const Destination& to, BytesView payload);
    void queueRun(const Destination& to, const Run& run);
    void address(std::size_t index, const Destination& to, std::size_t segment);
    bool push();
    bool overcome(std::size_t index, int errnum, unsigned attempt);
    void pushSeparately(std::size_t index);
    Fate trySingle(const msghdr& single);
    bool waitForRoom(int errnum);

    int descriptor_;
    UdpOptions options_;
    Endpoint local_;
    Trains trains_ = Trains::Untried;
    bool isFragmented_ = true;  // as the kernel finds fit
    std::uint32_t lastOverrun_ = 0;
    UdpCounters counters_;
    std::vector<Path> paths_;  // [0] is "no particular address"
    std::size_t lastPath_ = 0;
    Duration patience_ = kSendPatienceTotal;  // left
    TimePoint waitedLast_;
    std::unique_ptr<Buffers> buffers_;
};

}  // namespace im::net
