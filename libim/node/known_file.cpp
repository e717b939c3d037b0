// SPDX-License-Identifier: BSL-1.0
#include "libim/node/known_file.hpp"

#include "libim/base/error.hpp"
#include "libim/node/private_files.hpp"
#include "libim/wire/card.hpp"
#include "libim/wire/hex.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>

namespace im::node {

namespace {

constexpr std::string_view kWhat = "file of known keys";
constexpr std::string_view kMagic = "im known ";
constexpr std::string_view kHead = "im known 1\n";
constexpr std::string_view kIndexWord = "index\t";
constexpr std::string_view kUserWord = "user\t";
// Read so much at once: stays in the second cache.
constexpr std::size_t kPiece = std::size_t{64} * 1024;

// Fields -----------------------------------------------------------------------------------

std::string_view takeField(std::string_view& line) {
    const std::size_t end = line.find('\t');
    const std::string_view field = line.substr(0, end);
    line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
    return field;
}

std::string dateOf(WallTime now) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(now));
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(day.year()),
                  static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
    return text.data();
}

bool isDate(std::string_view text) {
    constexpr std::string_view kShape = "dddd-dd-dd";
    return std::equal(
        text.begin(), text.end(), kShape.begin(), kShape.end(),
        [](char c, char shape) { return shape == 'd' ? c >= '0' && c <= '9' : c == shape; });
}

bool isAddress(std::string_view text) {
    return !text.empty() && text.size() <= KnownFile::kMaxAddress &&
           std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7F'; });
}

std::optional<std::uint8_t> parseVersion(std::string_view text) {
    std::uint8_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size() || number == 0) return {};
    return number;
}

std::optional<Bytes> parseCardField(std::string_view text) {
    if (text == "-") return Bytes{};
    if (text.empty() || text.size() > 2 * wire::kMaxCard) return {};
    return wire::parseHex(text);
}

/// A pin and what stands behind its fields.
template <typename Pin>
struct Parsed {
    Pin pin;
    std::string_view rest;
};

/// REQUIRES: `line` begins with kIndexWord.
std::optional<Parsed<IndexPin>> parseIndex(std::string_view line) {
    line.remove_prefix(kIndexWord.size());
    const std::string_view address = takeField(line);
    const auto identity = noise::parseFingerprint(takeField(line));
    const auto version = parseVersion(takeField(line));
    const std::string_view since = takeField(line);
    auto card = parseCardField(takeField(line));
    if (!isAddress(address) || !identity || !version || !isDate(since) || !card) return {};
    return Parsed<IndexPin>{
        {std::string(address), *identity, *version, std::string(since), std::move(*card)}, line};
}

/// REQUIRES: `line` begins with kUserWord.
std::optional<Parsed<UserPin>> parseUser(std::string_view line) {
    line.remove_prefix(kUserWord.size());
    const auto index = noise::parseFingerprint(takeField(line));
    const auto name = Name::parse(takeField(line));
    const auto identity = noise::parseFingerprint(takeField(line));
    const std::string_view state = takeField(line);
    const std::string_view since = takeField(line);
    const bool isVerified = state == "verified";
    if (!index || !name || !identity || (!isVerified && state != "ok") || !isDate(since)) return {};
    return Parsed<UserPin>{{*index, *name, *identity, isVerified, std::string(since)}, line};
}

std::string withRest(std::string line, std::string_view rest) {
    if (!rest.empty()) line.append("\t").append(rest);
    return line;
}

/// What a line of this address begins with.
std::string beginningOf(std::string_view address) {
    return std::string(kIndexWord) + std::string(address) + "\t";
}
std::string beginningOf(const noise::IdentityKey& index, const Name& name) {
    return std::string(kUserWord) + noise::fingerprint(index) + "\t" + name.str() + "\t";
}

std::string lineOf(const IndexPin& pin) {
    return beginningOf(pin.address) + noise::fingerprint(pin.identity) + "\t" +
           std::to_string(pin.highestVersion) + "\t" + pin.since + "\t" +
           (pin.card.empty() ? "-" : wire::toHex(pin.card));
}
std::string lineOf(const UserPin& pin) {
    return beginningOf(pin.index, pin.name) + noise::fingerprint(pin.identity) + "\t" +
           (pin.isVerified ? "verified" : "ok") + "\t" + pin.since;
}

// Lines ------------------------------------------------------------------------------------

Error wrong(const std::string& file, std::size_t number, const std::string& why) {
    return Error(ErrorKind::Configuration, file + ":" + std::to_string(number) + ": " + why,
                 "put the line right, or remove it if you know what it said");
}

void checkHead(std::string_view first, const std::string& file) {
    if (!first.starts_with(kMagic)) throw wrong(file, 1, "not a " + std::string(kWhat));
    if (first.substr(kMagic.size()) != "1")
        throw Error(ErrorKind::Configuration, file + ": of a newer version than this program");
}

std::string_view takeLine(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

/// Calls onIndex or onUser for each pin.  An empty text is fine: nothing is known.
template <typename OnIndex, typename OnUser>
void forEachPin(std::string_view text, const std::string& file, OnIndex onIndex, OnUser onUser) {
    if (text.empty()) return;
    checkHead(takeLine(text), file);
    for (std::size_t number = 2; !text.empty(); ++number) {
        const std::string_view line = takeLine(text);
        if (line.starts_with(kIndexWord)) {
            auto pin = parseIndex(line);
            if (!pin) throw wrong(file, number, "a damaged line of an index");
            onIndex(std::move(pin->pin));
        } else if (line.starts_with(kUserWord)) {
            auto pin = parseUser(line);
            if (!pin) throw wrong(file, number, "a damaged line of a user");
            onUser(std::move(pin->pin));
        } else if (const auto word = line.substr(0, line.find(' '));
                   word == "index" || word == "user") {
            // Most likely blanks where TABs were: an editor's doing, and a pin that would be lost.
            throw wrong(file, number, "fields are separated by TABs");
        }
    }
}

void checkAll(std::string_view text, const std::string& file) {
    forEachPin(
        text, file, [](const IndexPin&) {}, [](const UserPin&) {});
}

/// Of a line found by its beginning; its number is worth another look only when it is wrong.
template <typename Parse>
auto parseFound(const std::string& line, Parse parse, const KnownFile& file) {
    auto parsed = parse(line);
    if (parsed) return parsed->pin;
    static_cast<void>(file.read());
    throw Error(ErrorKind::Configuration, file.path() + ": changed while it was read");
}

std::optional<std::string> readIfThere(const std::string& path) {
    checkDirectory(directoryOf(path), "directory");
    const auto file = openPrivate(path, kWhat, Privacy::Trusted);
    if (!file) return {};
    return readAll(file->get(), path);
}

/// The whole line at `at`, once its LF or the end of the file has been read.
std::string lineAt(int fd, std::size_t at, const std::string& path) {
    std::string line(kPiece, '\0');
    line.resize(readAt(fd, at, line, path));
    return line.substr(0, line.find('\n'));
}

Trust trustOf(const UserPin& pin, const noise::IdentityKey& identity) {
    if (pin.identity != identity) return Trust::Bad;
    return pin.isVerified ? Trust::Verified : Trust::Ok;
}

}  // namespace

Known parseKnown(std::string_view text, const std::string& file) {
    Known known;
    forEachPin(
        text, file, [&](IndexPin pin) { known.indexes.push_back(std::move(pin)); },
        [&](UserPin pin) { known.users.push_back(std::move(pin)); });
    return known;
}

// Looking ----------------------------------------------------------------------------------

Known KnownFile::read() const {
    return parseKnown(readIfThere(path_).value_or(""), path_);
}

/// The first line that begins so.  Where there is none, every line has been looked at.
std::optional<std::string> KnownFile::findLine(const std::string& beginning) const {
    checkDirectory(directoryOf(path_), "directory");
    const auto file = openPrivate(path_, kWhat, Privacy::Trusted);
    if (!file) return {};
    const std::string wanted = "\n" + beginning;
    std::array<char, kPiece> piece;  // NOLINT: filled by readAt
    const std::size_t overlap = wanted.size() - 1;
    for (std::size_t at = 0;;) {
        const std::size_t got = readAt(file->get(), at, piece, path_);
        if (std::string_view head(piece.data(), got); at == 0 && got > 0)
            checkHead(takeLine(head), path_);
        const void* const found = ::memmem(piece.data(), got, wanted.data(), wanted.size());
        if (found != nullptr) {
            const auto where = static_cast<const char*>(found) - piece.data();
            return lineAt(file->get(), at + static_cast<std::size_t>(where) + 1, path_);
        }
        if (got < piece.size()) break;
        at += got - overlap;
    }
    checkAll(readAll(file->get(), path_), path_);
    return {};
}

std::optional<IndexPin> KnownFile::findIndex(std::string_view address) const {
    if (!isAddress(address)) return {};
    const auto line = findLine(beginningOf(address));
    if (!line) return {};
    return parseFound(*line, parseIndex, *this);
}

std::optional<UserPin> KnownFile::findUser(const noise::IdentityKey& index,
                                           const Name& name) const {
    const auto line = findLine(beginningOf(index, name));
    if (!line) return {};
    return parseFound(*line, parseUser, *this);
}

Trust KnownFile::check(const noise::IdentityKey& index, const Name& name,
                       const noise::IdentityKey& identity) const {
    const auto pin = findUser(index, name);
    return pin ? trustOf(*pin, identity) : Trust::New;
}

// Changing ---------------------------------------------------------------------------------

/// Has `edit` make the new line of the first that begins so, or of an empty one for a line that is
/// not there: nothing removes it, the same changes nothing.  Further lines that begin so go with
/// a line that is removed.  Says whether the file has changed.
bool KnownFile::update(
    const std::string& beginning,
    const std::function<std::optional<std::string>(std::string_view line)>& edit) const {
    makePrivateDirectory(directoryOf(path_));
    const FileLock lock(path_ + ".lock");
    std::string text = readIfThere(path_).value_or("");
    checkAll(text, path_);
    if (text.empty()) text = kHead;
    if (text.back() != '\n') text += '\n';
    bool isChanged = false;
    std::size_t at = text.find("\n" + beginning);
    const bool isThere = at != std::string::npos;
    while (at != std::string::npos) {
        const std::size_t end = text.find('\n', at + 1);
        const std::string old = text.substr(at + 1, end - at - 1);
        const auto line = edit(old);
        if (line == old) break;
        isChanged = true;
        if (line) {
            text.replace(at + 1, old.size(), *line);
            break;
        }
        text.erase(at + 1, old.size() + 1);
        at = text.find("\n" + beginning, at);
    }
    if (!isThere)
        if (const auto line = edit({})) {
            text += *line + "\n";
            isChanged = true;
        }
    if (!isChanged) return false;
    NewFile file(path_);
    file.write(text);
    file.sync();
    file.replace();
    syncDirectory(directoryOf(path_));
    return true;
}

Trust KnownFile::pin(const noise::IdentityKey& index, const Name& name,
                     const noise::IdentityKey& identity, WallTime now) const {
    if (const Trust trust = check(index, name, identity); trust != Trust::New) return trust;
    Trust trust = Trust::New;
    update(beginningOf(index, name), [&](std::string_view line) -> std::optional<std::string> {
        if (line.empty()) return lineOf(UserPin{index, name, identity, false, dateOf(now)});
        trust = trustOf(parseUser(line)->pin, identity);  // somebody was faster
        return std::string(line);
    });
    return trust;
}

Trust KnownFile::pinIndex(std::string_view address, const noise::IdentityKey& identity,
                          std::uint8_t highestVersion, BytesView card, WallTime now) const {
    assert(isAddress(address) && card.size() <= wire::kMaxCard && highestVersion > 0);
    Trust trust = Trust::New;
    const auto renew = [&](const Parsed<IndexPin>& old) -> std::string {
        trust = old.pin.identity == identity ? Trust::Ok : Trust::Bad;
        IndexPin pin = old.pin;
        if (trust == Trust::Bad) return withRest(lineOf(pin), old.rest);
        pin.highestVersion = std::max(pin.highestVersion, highestVersion);
        if (!card.empty()) pin.card.assign(card.begin(), card.end());
        return withRest(lineOf(pin), old.rest);
    };
    if (const auto old = findIndex(address)) {
        const std::string line = renew({*old, {}});
        if (trust == Trust::Bad || line == lineOf(*old)) return trust;
    }
    update(beginningOf(address), [&](std::string_view line) -> std::optional<std::string> {
        if (!line.empty()) return renew(*parseIndex(line));
        trust = Trust::New;
        return lineOf(IndexPin{std::string(address), identity, highestVersion, dateOf(now),
                               Bytes(card.begin(), card.end())});
    });
    return trust;
}

Trust KnownFile::verify(const noise::IdentityKey& index, const Name& name,
                        const noise::IdentityKey& identity, WallTime now) const {
    Trust trust = Trust::Verified;
    update(beginningOf(index, name), [&](std::string_view line) -> std::optional<std::string> {
        const UserPin pin{index, name, identity, true, dateOf(now)};
        if (line.empty()) return lineOf(pin);
        const auto old = parseUser(line);
        if (old->pin.identity != identity) trust = Trust::Bad;
        if (trust == Trust::Bad || old->pin.isVerified) return std::string(line);
        return withRest(lineOf(pin), old->rest);
    });
    return trust;
}

void KnownFile::trust(const noise::IdentityKey& index, const Name& name,
                      const noise::IdentityKey& identity, WallTime now) const {
    update(beginningOf(index, name), [&](std::string_view line) -> std::optional<std::string> {
        const UserPin pin{index, name, identity, false, dateOf(now)};
        if (line.empty()) return lineOf(pin);
        const auto old = parseUser(line);
        if (old->pin.identity == identity) return std::string(line);
        return withRest(lineOf(pin), old->rest);
    });
}

void KnownFile::trustIndex(std::string_view address, const noise::IdentityKey& identity,
                           WallTime now) const {
    assert(isAddress(address));
    update(beginningOf(address), [&](std::string_view line) -> std::optional<std::string> {
        const IndexPin pin{std::string(address), identity, 1, dateOf(now), {}};
        if (line.empty()) return lineOf(pin);
        const auto old = parseIndex(line);
        if (old->pin.identity == identity) return std::string(line);
        return withRest(lineOf(pin), old->rest);
    });
}

bool KnownFile::forget(const noise::IdentityKey& index, const Name& name) const {
    return update(beginningOf(index, name), [](std::string_view) { return std::nullopt; });
}

bool KnownFile::forgetIndex(std::string_view address) const {
    if (!isAddress(address)) return false;
    return update(beginningOf(address), [](std::string_view) { return std::nullopt; });
}

}  // namespace im::node
