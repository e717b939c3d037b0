// SPDX-License-Identifier: BSL-1.0
#include "libim/node/asker_files.hpp"

#include "libim/base/error.hpp"
#include "libim/node/private_files.hpp"
#include "libim/talk/talk_message.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

namespace im::node {

namespace {

constexpr std::string_view kSession = ".session";
constexpr std::string_view kMagic = "im asker 1\nname ";
constexpr std::string_view kPeerMagic = "im peer 1\n";
constexpr std::size_t kLongest = 1024;

/// All the files, whose names are IDs.
std::vector<std::string> idsIn(const std::string& directory) {
    std::vector<std::string> out;
    for (std::string& name : namesIn(directory))
        if (talk::isMessageId(name)) out.push_back(std::move(name));
    return out;
}

/// Of its last change; the earliest there is for a file that has gone.
std::pair<std::int64_t, std::int64_t> timeOf(const std::string& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return {0, 0};
    return {facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

}  // namespace

std::optional<AskerFiles::Waiting> parseAsker(std::string_view text) {
    if (!text.starts_with(kMagic)) return {};
    text.remove_prefix(kMagic.size());
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    const auto name = Name::parse(text.substr(0, end));
    if (!name) return {};
    auto cached = parsePeerCard(std::string(kPeerMagic).append(text.substr(end + 1)));
    if (!cached) return {};
    return AskerFiles::Waiting{*name, std::move(*cached)};
}

std::string printAsker(const AskerFiles::Waiting& waiting) {
    return std::string(kMagic)
        .append(waiting.name.view())
        .append("\n")
        .append(printPeerCard(waiting.cached).substr(kPeerMagic.size()));
}

AskerFiles::AskerFiles(std::string_view sessionPath) : path_(sessionPath) {
    if (path_.ends_with(kSession)) path_.resize(path_.size() - kSession.size());
    path_ += ".asked";
}

void AskerFiles::keep(const talk::Asker& asker) const {
    const auto name = Name::parse(asker.card.body.name);
    if (!name || !talk::isMessageId(asker.id)) return;
    makePrivateDirectory(path_);
    makeRoom();
    NewFile file(path_ + "/" + asker.id);
    file.write(printAsker({*name, {asker.card.bytes, {asker.endpoint}}}));
    file.replace();
}

/// Half of them go at once, so that a storm of questions does not sort at each of them.
void AskerFiles::makeRoom() const {
    const std::vector<std::string> ids = idsIn(path_);
    if (ids.size() < kMost) return;
    std::vector<std::tuple<std::pair<std::int64_t, std::int64_t>, std::string>> byTime;
    for (const std::string& id : ids) {
        std::string path = path_ + "/" + id;
        const auto time = timeOf(path);
        byTime.emplace_back(time, std::move(path));
    }
    std::ranges::sort(byTime);
    for (std::size_t i = 0; i < byTime.size() / 2; ++i) ::unlink(std::get<1>(byTime[i]).c_str());
}

std::optional<AskerFiles::Waiting> AskerFiles::find(std::string_view id) const {
    if (!talk::isMessageId(id)) return {};
    try {
        const std::string path = path_ + "/" + std::string(id);
        const auto file = openPrivate(path, "asker file", Privacy::Trusted);
        if (!file) return {};
        std::array<char, kLongest> text{};
        return parseAsker({text.data(), readAt(file->get(), 0, text, path)});
    } catch (const Error&) {
        return {};
    }
}

void AskerFiles::forget(std::string_view id) const {
    if (talk::isMessageId(id)) ::unlink((path_ + "/" + std::string(id)).c_str());
}

void AskerFiles::clear() const {
    for (const std::string& id : idsIn(path_)) forget(id);
    ::rmdir(path_.c_str());
}

}  // namespace im::node
