// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_text.hpp"

#include "libim/base/error.hpp"
#include "libim/wire/card.hpp"
#include "libim/wire/hex.hpp"

#include <algorithm>
#include <charconv>

namespace im::node {

namespace {

constexpr std::string_view kMagic = "im session ";
constexpr std::string_view kLogInAgain = "log in again with imlogin, or remove it";
constexpr std::string_view kClassicFlag = "classic";

std::optional<std::size_t> parseCount(std::string_view text) {
    std::size_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

/// Cuts the first line off `text`, without its LF.  Nothing when there is no LF.
std::optional<std::string_view> cutLine(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

/// Cuts off what stands before `separator`, or all there is.
std::string_view cutField(std::string_view& text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return field;
}

/// `name` without what would break the head's lines; it is only shown.
std::string oneLine(std::string name) {
    std::replace_if(
        name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, '?');
    return name.substr(0, 300);
}

/// The values of a head, still text.
struct HeadText {
    std::string_view profile, user, endpoint, server, serverName, tcp, renew, index, card, users;

    void set(std::string_view key, std::string_view value) {
        if (key == "profile") profile = value;
        if (key == "user") user = value;
        if (key == "endpoint") endpoint = value;
        if (key == "server") server = value;
        if (key == "server-name") serverName = value;
        if (key == "tcp") tcp = value;
        if (key == "renew") renew = value;
        if (key == "index") index = value;
        if (key == "index-card") card = value;
        if (key == "users") users = value;
        // Any other key is of a later release of the same version: not ours to judge.
    }
};

void checkVersion(std::string_view version, const std::string& path) {
    if (version == "1") return;
    throw Error(ErrorKind::Configuration,
                "session file " + path + ": version " + std::string(version.substr(0, 8)) +
                    " is newer than this program",
                std::string(kLogInAgain));
}

Profile profileOf(std::string_view text, const std::string& path) {
    if (text == "classic") return Profile::Classic;
    if (text == "sealed") return Profile::Sealed;
    throw Error(ErrorKind::Configuration,
                "session file " + path + ": its profile is not in this release",
                std::string(kLogInAgain));
}

/// False when the index has no key, or a card that cannot be one.
bool takeIndex(const HeadText& text, Session& session) {
    if (session.profile == Profile::Classic) return true;
    const auto index = noise::parseFingerprint(text.index);
    auto card = wire::parseHex(text.card);
    if (!index || !card || card->size() > wire::kMaxCard) return false;
    session.index = *index;
    session.indexCard = std::move(*card);
    return true;
}

std::optional<SessionExtra> parseExtra(std::string_view flags, std::string_view card) {
    SessionExtra extra;
    while (!flags.empty()) extra.isClassic |= cutField(flags, ' ') == kClassicFlag;
    auto bytes = card == "-" ? Bytes() : wire::parseHex(card);
    if (!bytes || bytes->size() > wire::kMaxCard) return {};
    extra.card = std::move(*bytes);
    return extra;
}

}  // namespace

Error damagedSession(const std::string& path, std::string_view why) {
    return {ErrorKind::Configuration, "session file " + path + ": damaged: " + std::string(why),
            std::string(kLogInAgain)};
}

std::string printSessionHead(const Session& session, std::size_t users) {
    const bool isSealed = session.profile == Profile::Sealed;
    std::string out = std::string(kMagic) + "1\n";
    out += isSealed ? "profile sealed\n" : "profile classic\n";
    out += "user " + session.user.str() + "\n";
    out += "endpoint " + session.endpoint.toString() + "\n";
    out += "server " + session.server.toString() + "\n";
    out += "server-name " + oneLine(session.serverName) + "\n";
    out += "tcp " + std::to_string(session.tcpPort) + "\n";
    if (isSealed) {
        out += "index " + noise::fingerprint(session.index) + "\n";
        out += "index-card " + wire::toHex(session.indexCard) + "\n";
    } else if (session.renews) {
        out += "renew yes\n";
    }
    out += "users " + std::to_string(users) + "\n\n";
    return out;
}

void appendSessionLine(std::string& out, std::string_view name, const Endpoint& endpoint,
                       const SessionExtra& extra) {
    out += name;
    out += '\t';
    out += endpoint.toString();
    if (extra.behind) out += ',' + extra.behind->toString();
    if (extra.isClassic || !extra.card.empty()) {
        out += '\t';
        out += extra.isClassic ? kClassicFlag : "-";
    }
    if (!extra.card.empty()) out += '\t' + wire::toHex(extra.card);
    out += '\n';
}

SessionHead parseSessionHead(std::string_view text, const std::string& path) {
    std::string_view rest = text.substr(0, kLongestSessionHead);
    const auto magic = cutLine(rest);
    if (!magic || !magic->starts_with(kMagic)) throw damagedSession(path, "no session file");
    checkVersion(magic->substr(kMagic.size()), path);
    HeadText values;
    for (;;) {
        const auto line = cutLine(rest);
        if (!line) throw damagedSession(path, "its head does not end");
        if (line->empty()) break;
        const std::size_t blank = line->find(' ');
        if (blank == std::string_view::npos) throw damagedSession(path, "a line without a value");
        values.set(line->substr(0, blank), line->substr(blank + 1));
    }
    const Profile profile = profileOf(values.profile, path);
    const auto user = Name::parse(values.user);
    const auto endpoint = Endpoint::parse(values.endpoint);
    const auto server = Endpoint::parse(values.server);
    const auto tcp = parsePort(values.tcp);
    const auto users = parseCount(values.users);
    if (!user || !endpoint || !server || !tcp || !users)
        throw damagedSession(path, "a value is missing or wrong");
    Session session{.user = *user,
                    .endpoint = *endpoint,
                    .server = *server,
                    .serverName = std::string(values.serverName),
                    .tcpPort = *tcp,
                    .renews = values.renew == "yes",
                    .profile = profile,
                    .index = {},
                    .indexCard = {}};
    if (!takeIndex(values, session)) throw damagedSession(path, "its index has no key or no card");
    return {std::move(session), *users, static_cast<std::size_t>(rest.data() - text.data())};
}

std::optional<std::string_view> sessionLineName(std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string_view::npos) return {};
    return line.substr(0, tab);
}

std::optional<SessionUser> parseSessionLine(std::string_view line) {
    const auto name = sessionLineName(line);
    if (!name) return {};
    line.remove_prefix(name->size() + 1);
    std::string_view where = cutField(line, '\t');
    const std::string_view flags = cutField(line, '\t');
    const std::string_view card = cutField(line, '\t');
    const auto endpoint = Endpoint::parse(cutField(where, ','));
    auto extra = parseExtra(flags, card.empty() ? "-" : card);
    if (!endpoint || !extra) return {};
    if (!where.empty()) {
        extra->behind = Endpoint::parse(where);
        if (!extra->behind) return {};
    }
    return SessionUser{std::string(*name), *endpoint, std::move(*extra)};
}

}  // namespace im::node
