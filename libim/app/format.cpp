// SPDX-License-Identifier: BSL-1.0
#include "libim/app/format.hpp"

#include "libim/base/error.hpp"

#include <cstddef>
#include <optional>

namespace im::app {

namespace {

std::optional<Field> fieldOf(char letter) {
    switch (letter) {
        case 't':
            return Field::Time;
        case 'y':
            return Field::Type;
        case 'u':
            return Field::User;
        case 'k':
            return Field::Trust;
        case 'e':
            return Field::Endpoint;
        case 'i':
            return Field::Id;
        case 's':
            return Field::Sequence;
        case 'm':
            return Field::Text;
        case 'l':
            return Field::Status;
        case 'n':
            return Field::Since;
        default:
            return {};
    }
}

/// What a backslash and `letter` stand for.
std::optional<char> escapeOf(char letter) {
    switch (letter) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case '0':
            return '\0';
        case '\\':
            return '\\';
        default:
            return {};
    }
}

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes the beginning of `text` while it is digits; 0 when there is none or too many.
unsigned takeWidth(std::string_view& text) {
    constexpr std::size_t kMostDigits = 4;
    unsigned width = 0;
    if (text.empty() || text.front() == '0') return 0;
    for (std::size_t i = 0; i < kMostDigits && !text.empty() && isDigit(text.front()); ++i) {
        width = width * 10 + static_cast<unsigned>(text.front() - '0');
        text.remove_prefix(1);
    }
    return width;
}

bool takeLetter(std::string_view& text, char letter) {
    if (text.empty() || text.front() != letter) return false;
    text.remove_prefix(1);
    return true;
}

/// What is left of a FMT behind a "%", as far as a message shows it.
Error unknown(const char* what, std::string_view rest) {
    return Error(ErrorKind::Usage,
                 "--format: unknown " + std::string(what) + std::string(rest.substr(0, 8)));
}

/// Takes a directive from the beginning of `text`, which stands behind its "%".
Format::Piece takeDirective(std::string_view& text) {
    const std::string_view whole = text;
    Format::Piece piece;
    piece.isField = true;
    piece.left = takeLetter(text, '-');
    piece.width = takeWidth(text);
    piece.raw = takeLetter(text, 'r');
    const auto field = text.empty() ? std::nullopt : fieldOf(text.front());
    if (!field || (piece.left && piece.width == 0)) throw unknown("directive %", whole);
    piece.field = *field;
    text.remove_prefix(1);
    return piece;
}

}  // namespace

Format Format::parse(std::string_view text) {
    Format format;
    while (!text.empty()) {
        const char c = text.front();
        text.remove_prefix(1);
        if (c == '\\') {
            const auto literal = text.empty() ? std::nullopt : escapeOf(text.front());
            if (!literal) throw unknown("escape \\", text.substr(0, 1));
            format.addLiteral(*literal);
            text.remove_prefix(1);
        } else if (c == '%' && !takeLetter(text, '%')) {
            format.pieces_.push_back(takeDirective(text));
        } else {
            format.addLiteral(c);
        }
    }
    return format;
}

void Format::addLiteral(char c) {
    if (pieces_.empty() || pieces_.back().isField) pieces_.emplace_back();
    pieces_.back().literal += c;
}

}  // namespace im::app
