// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace im::node {

namespace {

/// The head and the first users, read in one go; with a few dozen users that is the whole file.
constexpr std::size_t kFirstRead = 4096;
/// Any stretch of this length holds a whole line, wherever it begins.
constexpr std::size_t kProbe = 2 * kLongestSessionLine;
/// Where the search stops halving and reads what is left.  Its half is longer than a line, so that
/// each step halves in earnest.
constexpr std::size_t kWindow = 2048;
static_assert(kWindow > kProbe);

/// Cuts the first line off `text`, without its LF.  Nothing when there is no LF.
std::optional<std::string_view> cutLine(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

}  // namespace

Error SessionFile::Source::damaged(std::string_view why) const {
    return damagedSession(path, why);
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

SessionFile::SessionFile(Source source, SessionHead head)
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
    SessionHead head = parseSessionHead(source.first, source.path);
    return SessionFile(std::move(source), std::move(head));
}

SessionFile SessionFile::ofText(std::string text) {
    Source source;
    source.path = "(text)";
    source.size = text.size();
    source.first = std::move(text);
    SessionHead head = parseSessionHead(source.first, source.path);
    return {std::move(source), std::move(head)};
}

std::optional<Endpoint> SessionFile::find(std::string_view user) const {
    const auto found = findUser(user);
    if (!found) return {};
    return found->endpoint;
}

std::optional<SessionUser> SessionFile::findUser(std::string_view user) const {
    // Between `low`, always the beginning of a line, and `high`, a line or the end.
    std::size_t low = head_.length;
    std::size_t high = source_.size;
    while (high - low > kWindow) {
        const std::size_t middle = low + (high - low) / 2;
        const std::string probe = source_.readAt(middle, kProbe);
        const std::size_t skipped = probe.find('\n');
        std::string_view rest = std::string_view(probe).substr(std::min(skipped, probe.size()));
        if (!rest.empty()) rest.remove_prefix(1);
        const auto line = cutLine(rest);
        const auto name = line ? sessionLineName(*line) : std::nullopt;
        if (!name) throw source_.damaged("a line is no user");
        if (*name == user) return parse(*line);
        if (*name < user) {
            low = middle + skipped + 1;
        } else {
            high = middle + skipped + 1;
        }
    }
    return findWithin(low, high, user);
}

std::optional<SessionUser> SessionFile::findWithin(std::size_t low, std::size_t high,
                                                   std::string_view user) const {
    const std::string window = source_.readAt(low, high - low);
    std::string_view rest = window;
    while (!rest.empty()) {
        const auto line = cutLine(rest);
        const auto name = line ? sessionLineName(*line) : std::nullopt;
        if (!name) throw source_.damaged("a line is no user");
        if (*name == user) return parse(*line);
    }
    return {};
}

SessionUser SessionFile::parse(std::string_view line) const {
    auto user = parseSessionLine(line);
    if (!user) throw source_.damaged("what a line says of a user is wrong");
    return std::move(*user);
}

std::vector<SessionUser> SessionFile::everybody() const {
    const std::string body = source_.readAt(head_.length, source_.size - head_.length);
    std::string_view rest = body;
    std::vector<SessionUser> out;
    while (!rest.empty()) {
        const auto line = cutLine(rest);
        const auto name = line ? sessionLineName(*line) : std::nullopt;
        if (!name || !Name::parse(*name)) throw source_.damaged("a line is no user");
        out.push_back(parse(*line));
    }
    if (out.size() != head_.users) throw source_.damaged("users are missing");
    return out;
}

std::vector<wire::RosterEntry> SessionFile::users() const {
    std::vector<wire::RosterEntry> out;
    for (SessionUser& user : everybody()) out.push_back({std::move(user.name), user.endpoint});
    return out;
}

bool SessionFile::isStale() const {
    struct stat facts {};
    if (stat(source_.path.c_str(), &facts) < 0) return true;
    return facts.st_dev != source_.device || facts.st_ino != source_.inode;
}

}  // namespace im::node
