// SPDX-License-Identifier: BSL-1.0
#include "libim/node/session_cards.hpp"

#include "libim/base/error.hpp"
#include "libim/node/private_files.hpp"
#include "libim/wire/card.hpp"
#include "libim/wire/hex.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace im::node {

namespace {

constexpr std::string_view kSession = ".session";
constexpr std::string_view kMagic = "im peer 1\n";
constexpr std::string_view kEndpoint = "endpoint ";
constexpr std::string_view kCard = "card ";
/// A card, and more endpoints than anybody has.
constexpr std::size_t kLongest = 1024;
constexpr std::size_t kMostEndpoints = 4;

}  // namespace

std::optional<SessionCards::Cached> parsePeerCard(std::string_view text) {
    if (!text.starts_with(kMagic)) return {};
    text.remove_prefix(kMagic.size());
    SessionCards::Cached cached;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return {};
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (line.starts_with(kEndpoint)) {
            const auto endpoint = Endpoint::parse(line.substr(kEndpoint.size()));
            if (!endpoint || cached.endpoints.size() >= kMostEndpoints) return {};
            cached.endpoints.push_back(*endpoint);
        } else if (line.starts_with(kCard)) {
            auto card = wire::parseHex(line.substr(kCard.size()));
            if (!card || card->size() > wire::kMaxCard) return {};
            cached.card = std::move(*card);
        }
    }
    if (cached.card.empty() || cached.endpoints.empty()) return {};
    return cached;
}

std::string printPeerCard(const SessionCards::Cached& cached) {
    std::string out(kMagic);
    const std::size_t count = std::min(cached.endpoints.size(), kMostEndpoints);
    for (std::size_t i = 0; i < count; ++i)
        out.append(kEndpoint).append(cached.endpoints[i].toString()).append("\n");
    return out.append(kCard).append(wire::toHex(cached.card)).append("\n");
}

SessionCards::SessionCards(std::string_view sessionPath)
    : session_(sessionPath), path_(sessionPath) {
    if (path_.ends_with(kSession)) path_.resize(path_.size() - kSession.size());
    path_ += ".cards";
}

/// With `.card` behind it no name is `..`.
std::string SessionCards::pathOf(const Name& name) const {
    return path_ + "/" + name.str() + ".card";
}

std::optional<SessionCards::Cached> SessionCards::find(const Name& name) const {
    try {
        const std::string path = pathOf(name);
        const auto file = openPrivate(path, "card file", Privacy::Trusted);
        if (!file) return {};
        std::array<char, kLongest> text{};
        const std::size_t length = readAt(file->get(), 0, text, path);
        return parsePeerCard({text.data(), length});
    } catch (const Error&) {
        return {};
    }
}

bool SessionCards::isOlderThanSession(const Name& name) const {
    struct stat card {};
    struct stat session {};
    if (::stat(pathOf(name).c_str(), &card) != 0 || ::stat(session_.c_str(), &session) != 0)
        return true;
    return std::tie(card.st_mtim.tv_sec, card.st_mtim.tv_nsec) <
           std::tie(session.st_mtim.tv_sec, session.st_mtim.tv_nsec);
}

bool SessionCards::keep(const Name& name, const Cached& cached) const {
    try {
        makePrivateDirectory(path_);
        NewFile file(pathOf(name));
        file.write(printPeerCard(cached));
        file.replace();
        return true;
    } catch (const Error&) {
        return false;
    }
}

void SessionCards::clear() const {
    for (const std::string& name : namesIn(path_)) ::unlink((path_ + "/" + name).c_str());
    ::rmdir(path_.c_str());
}

}  // namespace im::node
