// SPDX-License-Identifier: BSL-1.0
// Format: -F FMT, see imevents(5).  %t time, %y type, %u user, %k trust, %e endpoint, %i id,
// %s sequence, %m text, %l status, %n since, %%; \n \t \0 \\; everything else stands for itself.
// Between % and the letter: a width of 1 to 9999 with "-" before it for left (%-10u), then "r"
// for raw (%rm, %-10rm).  A width counts characters as written, and never cuts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace im::app {

/// What a directive can name.
enum class Field : std::uint8_t {
    Time,
    Type,
    User,
    Trust,
    Endpoint,
    Id,
    Sequence,
    Text,
    Status,
    Since,
};

class Format {
public:
    /// One piece: literal text, or a field.
    struct Piece {
        std::string literal;  ///< written when `isField` is false
        bool isField = false;
        Field field = Field::Text;
        bool raw = false;
        bool left = false;
        unsigned width = 0;
    };

    /// Throws Error 64 "unknown directive %x", "unknown escape \x".
    static Format parse(std::string_view text);

    const std::vector<Piece>& pieces() const { return pieces_; }

private:
    void addLiteral(char c);

    std::vector<Piece> pieces_;
};

}  // namespace im::app
