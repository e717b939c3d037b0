// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace im::node {

namespace {

/// The head and the first users, read in one go; with a few dozen users that is the whole file.
constexpr std::size_t kFirstRead = 4096;
/// A longer head is none of ours: the longest value is a host name.
constexpr std::size_t kLongestHead = 2048;
/// Name, TAB, "[IPv6]:PORT", LF.
constexpr std::size_t kLongestLine = Name::kMaxBytes + 1 + 47 + 1;
/// Any stretch of this length holds a whole line, wherever it begins.
constexpr std::size_t kProbe = 2 * kLongestLine;
/// Where the search stops halving and reads what is left.
constexpr std::size_t kWindow = 2048;

struct Line {
    std::string_view name;
    std::string_view endpoint;
};

std::optional<Line> splitLine(std::string_view line) {
    const std::size_t tab = line.find('\t');
    if (tab == 0 || tab == std::string_view::npos) return {};
    return Line{line.substr(0, tab), line.substr(tab + 1)};
}

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

/// The values of a head, still text.
struct HeadText {
    std::string_view profile, user, endpoint, server, serverName, tcp, renew, users;

    void set(std::string_view key, std::string_view value) {
        if (key == "profile") profile = value;
        if (key == "user") user = value;
        if (key == "endpoint") endpoint = value;
        if (key == "server") server = value;
        if (key == "server-name") serverName = value;
        if (key == "tcp") tcp = value;
        if (key == "renew") renew = value;
        if (key == "users") users = value;
        // Any other key is of a later release of the same version: not ours to judge.
    }
};

}  // namespace

Error SessionFile::Source::damaged(std::string_view why) const {
    return Error(ErrorKind::Configuration,
                 "session file " + path + ": damaged: " + std::string(why),
                 "log in again with imlogin, or remove it");
}

SessionFile::Source::~Source() {
    if (fd >= 0) ::close(fd);
}

void SessionFile::Source::swap(Source& other) noexcept {
    std::swap(path, other.path);
    std::swap(fd, other.fd);
    std::swap(first, other.first);
    std::swap(size, other.size);
    std::swap(device, other.device);
    std::swap(inode, other.inode);
}

std::string SessionFile::Source::readAt(std::size_t offset, std::size_t length) const {
    if (offset + length <= first.size() || fd < 0) return first.substr(offset, length);
    std::string out(length, '\0');
    std::size_t got = 0;
    while (got < length) {
        const ssize_t count =
            pread(fd, out.data() + got, length - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw systemError(ErrorKind::CannotCreate, "session file " + path, errno);
        if (count == 0) break;
        got += static_cast<std::size_t>(count);
    }
    out.resize(got);
    return out;
}

SessionFile::SessionFile(Source source, Head head)
    : source_(std::move(source)), head_(std::move(head)) {}

std::optional<SessionFile> SessionFile::open(const std::string& path) {
    Source source;
    source.path = path;
    // Non-blocking: a FIFO put there would keep us waiting.  It is refused below.
    source.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (source.fd < 0 && errno == ENOENT) return {};
    struct stat facts {};
    if (source.fd < 0 || fstat(source.fd, &facts) < 0)
        throw systemError(ErrorKind::CannotCreate, "session file " + path, errno);
    if (!S_ISREG(facts.st_mode)) throw source.damaged("not a regular file");
    if (facts.st_uid != geteuid())
        throw Error(ErrorKind::NoPermission, "session file " + path + ": belongs to somebody else");
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        throw Error(ErrorKind::NoPermission, "session file " + path + ": others can write it",
                    "chmod 600 '" + path + "', if you trust what it says");
    source.size = static_cast<std::size_t>(facts.st_size);
    source.device = facts.st_dev;
    source.inode = facts.st_ino;
    source.first = source.readAt(0, std::min(source.size, kFirstRead));
    Head head = readHead(source);
    return SessionFile(std::move(source), std::move(head));
}

SessionFile SessionFile::ofText(std::string text) {
    Source source;
    source.path = "(text)";
    source.size = text.size();
    source.first = std::move(text);
    Head head = readHead(source);
    return {std::move(source), std::move(head)};
}

SessionFile::Head SessionFile::readHead(const Source& source) {
    constexpr std::string_view kMagic = "im session ";
    std::string_view rest = std::string_view(source.first).substr(0, kLongestHead);
    const auto magic = cutLine(rest);
    if (!magic || !magic->starts_with(kMagic)) throw source.damaged("no session file");
    const std::string_view version = magic->substr(kMagic.size());
    if (version != "1")
        throw Error(ErrorKind::Configuration,
                    "session file " + source.path + ": version " +
                        std::string(version.substr(0, 8)) + " is newer than this program",
                    "log in again with imlogin, or remove it");
    HeadText text;
    for (;;) {
        const auto line = cutLine(rest);
        if (!line) throw source.damaged("its head does not end");
        if (line->empty()) break;
        const std::size_t blank = line->find(' ');
        if (blank == std::string_view::npos) throw source.damaged("a line without a value");
        text.set(line->substr(0, blank), line->substr(blank + 1));
    }
    const auto bodyAt = static_cast<std::size_t>(rest.data() - source.first.data());

    if (text.profile != "classic")
        throw Error(ErrorKind::Configuration,
                    "session file " + source.path + ": its profile is not in this release",
                    "log in again with imlogin, or remove it");
    const auto user = Name::parse(text.user);
    const auto endpoint = Endpoint::parse(text.endpoint);
    const auto server = Endpoint::parse(text.server);
    const auto tcp = parsePort(text.tcp);
    const auto users = parseCount(text.users);
    if (!user || !endpoint || !server || !tcp || !users)
        throw source.damaged("a value is missing or wrong");
    const bool renews = text.renew == "yes";
    return {
        {*user, *endpoint, *server, std::string(text.serverName), *tcp, renews}, *users, bodyAt};
}

std::optional<Endpoint> SessionFile::find(std::string_view user) const {
    // Between `low`, always the beginning of a line, and `high`, a line or the end.
    std::size_t low = head_.bodyAt;
    std::size_t high = source_.size;
    while (high - low > kWindow) {
        const std::size_t middle = low + (high - low) / 2;
        const std::string probe = source_.readAt(middle, kProbe);
        const std::size_t skipped = probe.find('\n');
        std::string_view rest = std::string_view(probe).substr(std::min(skipped, probe.size()));
        if (!rest.empty()) rest.remove_prefix(1);
        const auto whole = cutLine(rest);
        const auto line = whole ? splitLine(*whole) : std::nullopt;
        if (!line) throw source_.damaged("a line is no user");
        if (line->name == user) return endpointIn(line->endpoint);
        if (line->name < user) {
            low = middle + skipped + 1;
        } else {
            high = middle + skipped + 1;
        }
    }
    return findWithin(low, high, user);
}

std::optional<Endpoint> SessionFile::findWithin(std::size_t low, std::size_t high,
                                                std::string_view user) const {
    const std::string window = source_.readAt(low, high - low);
    std::string_view rest = window;
    while (!rest.empty()) {
        const auto whole = cutLine(rest);
        const auto line = whole ? splitLine(*whole) : std::nullopt;
        if (!line) throw source_.damaged("a line is no user");
        if (line->name == user) return endpointIn(line->endpoint);
    }
    return {};
}

Endpoint SessionFile::endpointIn(std::string_view field) const {
    const auto endpoint = Endpoint::parse(field);
    if (!endpoint) throw source_.damaged("an endpoint is none");
    return *endpoint;
}

std::vector<wire::RosterEntry> SessionFile::users() const {
    const std::string body = source_.readAt(head_.bodyAt, source_.size - head_.bodyAt);
    std::string_view rest = body;
    std::vector<wire::RosterEntry> out;
    while (!rest.empty()) {
        const auto whole = cutLine(rest);
        const auto line = whole ? splitLine(*whole) : std::nullopt;
        if (!line || !Name::parse(line->name)) throw source_.damaged("a line is no user");
        out.push_back({std::string(line->name), endpointIn(line->endpoint)});
    }
    if (out.size() != head_.userCount) throw source_.damaged("users are missing");
    return out;
}

bool SessionFile::isStale() const {
    struct stat facts {};
    if (stat(source_.path.c_str(), &facts) < 0) return true;
    return facts.st_dev != source_.device || facts.st_ino != source_.inode;
}

}  // namespace im::node
