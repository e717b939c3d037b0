// SPDX-License-Identifier: BSL-1.0
#include "libim/index/announcements.hpp"

#include "libim/wire/classic_codec.hpp"

#include <utility>

namespace im::index {

void Announcements::came(const wire::Login& login, Row row, Directory& users) {
    tell(login);
    users.joinedAt(row) = static_cast<std::uint32_t>(gathered_.ends.size());
}

void Announcements::leaves(const wire::Logout& logout, Row row, Directory& users) {
    const std::size_t from = users.isSettled(row) ? 0 : users.joinedAt(row);
    const std::size_t until = gathered_.ends.size();
    if (from < until) gathered_.farewells.push_back({users.destination(row), from, until});
    tell(logout);
}

std::uint64_t Announcements::deliver(Directory& users, Sink& sink) {
    std::swap(gathered_, leaving_);
    gathered_.clear();
    std::size_t begin = 0;
    for (const std::size_t end : leaving_.ends) {
        leaving_.train.push_back(BytesView(leaving_.bytes).subspan(begin, end - begin));
        begin = end;
    }

    // Farewells first: who left and came back hears what was before and then what was after.
    std::uint64_t count = 0;
    const std::size_t all = leaving_.train.size();
    for (const Farewell& farewell : leaving_.farewells)
        count += fanOut(farewell.from, farewell.until, {&farewell.to, 1}, sink);
    const std::span<const Destination> newcomers = users.newcomers();
    for (std::size_t i = 0; i < newcomers.size(); ++i)
        count += fanOut(users.joinedAt(users.newcomer(i)), all, newcomers.subspan(i, 1), sink);
    count += fanOut(0, all, users.settled(), sink);
    users.settle();
    return count;
}

void Announcements::tell(const wire::Message& message) {
    const Bytes payload = wire::encodeClassic(message);
    gathered_.bytes.insert(gathered_.bytes.end(), payload.begin(), payload.end());
    gathered_.ends.push_back(gathered_.bytes.size());
}

std::uint64_t Announcements::fanOut(std::size_t from, std::size_t until,
                                    std::span<const Destination> to, Sink& sink) const {
    if (from >= until || to.empty()) return 0;
    sink.fanOut(std::span(leaving_.train).subspan(from, until - from), to);
    return (until - from) * to.size();
}

void Announcements::Batch::clear() {
    bytes.clear();
    ends.clear();
    farewells.clear();
    train.clear();
}

}  // namespace im::index
