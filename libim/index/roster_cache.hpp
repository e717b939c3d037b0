// SPDX-License-Identifier: BSL-1.0
// RosterCache: the roster as bytes, made once for each version of it and shared by all who fetch
// it, however slowly (T12: neither a copy nor a walk for each connection).
//
// In pieces of up to 1,024 users.  Who comes is appended to the last one; where somebody left, his
// piece is formatted anew, when it is asked for.  So between two fetches only what changed costs
// something, and with a million users a login does not keep the loop for the 70 ms that 30 MB of
// copying take:
//
//     pieces   [0: 1,024 users] [1: 871] ... [976: 12]     by store key, which is the login's order
//     texts    "user,ip:port;"...  (none: somebody left)  ...
//     version  "length" + texts + those of the neighbour + "end"
//
// Nothing is kept before the first fetch; from then on it is the roster's bytes once, some 30 a
// user, and once more what slow readers still have to get of earlier versions.  Not thread-safe.
#pragma once

#include "libim/base/address.hpp"
#include "libim/base/shared_text.hpp"
#include "libim/index/directory.hpp"
#include "libim/index/neighbour.hpp"
#include "libim/wire/roster.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace im::index {

class RosterCache {
public:
    /// Fewer make the list of pieces long, which each version copies; more make it dear that one
    /// of them leaves: 0.1 ms to format so many.
    static constexpr std::size_t kUsersPerPiece = 1024;

    /// The user of `row` has been added to the directory, with his store key.
    void came(const Directory& users, Row row);
    /// He is about to be removed.
    void left(const Directory& users, Row row);
    /// The same of the neighbour's.
    void otherCame(std::string_view name, const Endpoint& endpoint);
    void otherLeft();

    /// What to write to a connection: entries in order of login.
    /// Behind them those of `neighbour`, which may be null.
    [[nodiscard]] std::shared_ptr<const SharedText> text(const Directory& users,
                                                         const Neighbour* neighbour);

private:
    using Text = std::shared_ptr<std::string>;
    struct Piece {
        StoreKey from;  // no user of it has a lower one, all of the next have higher ones
        Row first;
        std::size_t count;
        Text text;  // null: to be formatted
    };

    void append(const Directory& users, Row row);
    void begin(const Directory& users);
    void visit(const Neighbour& neighbour);
    void format(const Directory& users, Piece& piece);
    void join(std::size_t piece);
    static void add(Text& text, std::string_view name, const Endpoint& endpoint);

    std::vector<Piece> pieces_;
    bool hasPieces_ = false;  // there was a fetch
    std::vector<Text> others_;
    bool hasOthers_ = false;
    std::string scratch_;
    std::shared_ptr<const SharedText> current_;
    const SharedText::Piece end_ = std::make_shared<const std::string>(wire::kRosterEnd);
};

}  // namespace im::index
