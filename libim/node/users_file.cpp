// SPDX-License-Identifier: BSL-1.0
#include "libim/node/users_file.hpp"

#include "libim/base/error.hpp"
#include "libim/node/private_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>

namespace im::node {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kKeyType = "ed25519:";

struct Entry {
    NamedKey user;
    std::size_t line;
};

Error wrong(const std::string& file, std::size_t line, const std::string& why) {
    return Error(ErrorKind::Configuration, file + ":" + std::to_string(line) + ": " + why);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// REQUIRES: trimmed, not empty.  Throws Error(Configuration) without file and line.
NamedKey parseUser(std::string_view line) {
    // No name has a colon, so the first one belongs to the key, whatever the comment says.
    const std::size_t type = line.substr(0, line.find(':')).find_last_of(kBlanks);
    if (type == std::string_view::npos || !line.substr(type + 1).starts_with(kKeyType))
        throw Error(ErrorKind::Configuration, "not a line of 'NAME ed25519:KEY'");
    const std::string_view rest = line.substr(type + 1);
    const auto identity = noise::parseFingerprint(rest.substr(0, rest.find_first_of(kBlanks)));
    if (!identity)
        throw Error(ErrorKind::Configuration, "not a key: too short, too long or mistyped");
    return {Name::orThrow(trimmed(line.substr(0, type)), ErrorKind::Configuration), *identity};
}

std::vector<NamedKey> withoutTwins(std::vector<Entry> entries, const std::string& file) {
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
        return a.user.name.view() < b.user.name.view();
    });
    std::vector<NamedKey> users;
    for (const Entry& entry : entries) {
        if (users.empty() || users.back().name != entry.user.name) {
            users.push_back(entry.user);
        } else if (users.back() != entry.user) {
            throw wrong(file, entry.line, entry.user.name.str() + ": has another key already");
        }
    }
    return users;
}

}  // namespace

std::vector<NamedKey> parseUsers(std::string_view text, const std::string& file) {
    std::vector<Entry> entries;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty() || line.front() == '#') continue;
        try {
            entries.push_back({parseUser(line), number});
        } catch (const Error& error) {
            throw wrong(file, number, error.what());
        }
    }
    return withoutTwins(std::move(entries), file);
}

std::vector<NamedKey> readUsers(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat facts {};
    if (!file.isOpen() || ::fstat(file.get(), &facts) < 0)
        throw systemError(ErrorKind::NoInput, path, errno);
    if (!S_ISREG(facts.st_mode)) throw Error(ErrorKind::NoInput, path + ": not a regular file");
    return parseUsers(readAll(file.get(), path), path);
}

}  // namespace im::node
