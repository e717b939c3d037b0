// SPDX-License-Identifier: BSL-1.0
#include "libim/node/asker_files.hpp"
#include "libim/node/private_files.hpp"
#include "libim/node/session_cards.hpp"
#include "libim/node/session_file.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

namespace im::node {

namespace {

constexpr std::string_view kSuffix = ".session";
constexpr std::string_view kWhat = "session directory";

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

Error cannot(const std::string& path, int errnum) {
    return systemError(ErrorKind::CannotCreate, path, errnum);
}

std::optional<SessionId> parseFileName(std::string_view file) {
    if (!file.ends_with(kSuffix)) return {};
    file.remove_suffix(kSuffix.size());
    const std::size_t at = file.find('@');
    if (at == std::string_view::npos) return {};
    const auto user = Name::parse(file.substr(0, at));
    const auto server = Endpoint::parse(file.substr(at + 1));
    if (!user || !server) return {};
    return SessionId{*user, *server};
}

}  // namespace

std::string SessionId::toString() const {
    return user.str() + "@" + server.toString();
}

std::string SessionDirectory::pathOf(const SessionId& id) const {
    return path_ + "/" + id.toString() + std::string(kSuffix);
}

std::vector<SessionId> SessionDirectory::list() const {
    checkDirectory(path_, kWhat);
    const std::unique_ptr<DIR, CloseDirectory> directory(opendir(path_.c_str()));
    if (!directory) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        throw cannot(path_, errno);
    }
    std::vector<SessionId> out;
    while (const dirent* entry = readdir(directory.get()))  // NOLINT: one thread
        if (auto id = parseFileName(entry->d_name)) out.push_back(std::move(*id));
    std::sort(out.begin(), out.end());
    return out;
}

std::optional<SessionId> SessionDirectory::select(const std::optional<Name>& user,
                                                  const std::optional<Endpoint>& server) const {
    if (user && server) {
        checkDirectory(path_, kWhat);
        const SessionId id{*user, *server};
        if (access(pathOf(id).c_str(), F_OK) < 0) return {};
        return id;
    }
    std::vector<SessionId> fitting = list();
    std::erase_if(fitting, [&](const SessionId& id) {
        return (user && id.user != *user) || (server && id.server != *server);
    });
    if (fitting.empty()) return {};
    if (fitting.size() == 1) return fitting.front();
    std::string names;
    for (const SessionId& id : fitting) names += (names.empty() ? "" : ", ") + id.toString();
    throw Error(ErrorKind::Usage, "several sessions: " + names, "choose one with -u and -s");
}

std::optional<SessionFile> SessionDirectory::openSelected(
    const std::optional<Name>& user, const std::optional<Endpoint>& server) const {
    const auto id = select(user, server);
    if (!id) return {};
    auto file = SessionFile::open(pathOf(*id));
    if (file && (file->session().user != id->user || file->session().server != id->server))
        throw Error(ErrorKind::Configuration,
                    "session file " + pathOf(*id) + ": damaged: is another login's",
                    "log in again with imlogin, or remove it");
    return file;
}

void SessionDirectory::write(const Session& session, const talk::Contacts::Map& users,
                             const Extras& extras) const {
    std::size_t count = 0;
    std::string body;
    body.reserve(users.size() * 40);
    for (const auto& [name, endpoint] : users) {
        if (!Name::parse(name)) continue;
        ++count;
        appendSessionLine(body, name, endpoint, extras ? extras(name) : SessionExtra());
    }
    makePrivateDirectory(path_);
    checkDirectory(path_, kWhat);
    // Not synced: a login does not survive the machine's end either, and a file cut short by it
    // is recognised as damaged.
    NewFile file(pathOf({session.user, session.server}));
    file.write(printSessionHead(session, count) + body);
    file.replace();
}

bool SessionDirectory::remove(const SessionId& id) const {
    const std::string path = pathOf(id);
    SessionCards(path).clear();
    AskerFiles(path).clear();
    if (::unlink(path.c_str()) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    throw cannot(path, errno);
}

}  // namespace im::node
