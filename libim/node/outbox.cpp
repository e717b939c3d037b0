// SPDX-License-Identifier: BSL-1.0
#include "libim/node/outbox.hpp"

#include "libim/base/error.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <span>
#include <tuple>
#include <utility>

namespace im::node {

namespace {

constexpr std::string_view kWhat = "outbox";
/// Not six letters behind the dot: what NewFile leaves behind after a kill ends so.
constexpr std::string_view kSuffix = ".queue";
constexpr std::size_t kStreamDigits = 16;

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};

Error cannot(const std::string& path, int errnum) {
    return systemError(ErrorKind::CannotCreate, path, errnum);
}

std::string nameOf(const OutboxId& id) {
    std::array<char, kStreamDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx",
                  static_cast<unsigned long long>(id.stream));
    return digits.data() + ("." + id.to.str()) + std::string(kSuffix);
}

std::optional<OutboxId> parseId(std::string_view file) {
    if (!file.ends_with(kSuffix) || file.size() <= kStreamDigits + 1 + kSuffix.size()) return {};
    std::uint64_t stream = 0;
    const char* const digits = file.data() + kStreamDigits;
    const auto [end, problem] = std::from_chars(file.data(), digits, stream, 16);
    if (problem != std::errc{} || end != digits) return {};
    const auto to = Name::parse(
        file.substr(kStreamDigits + 1, file.size() - kStreamDigits - 1 - kSuffix.size()));
    if (!to) return {};
    OutboxId id{stream, *to};
    if (nameOf(id) != file) return {};
    return id;
}

OutboxSource sourceOf(int fd, const std::string& path) {
    return [fd, path](std::size_t offset, std::size_t length) {
        std::string bytes(length, '\0');
        bytes.resize(readAt(fd, offset, bytes, path));
        return bytes;
    };
}

std::size_t sizeOf(int fd, const std::string& path) {
    struct stat facts {};
    if (::fstat(fd, &facts) < 0) throw cannot(path, errno);
    return static_cast<std::size_t>(facts.st_size);
}

OutboxContent contentOf(int fd, const std::string& path) {
    return scanOutbox(sourceOf(fd, path), sizeOf(fd, path), path);
}

/// Whether the path still leads to this file: it may have been sent and removed meanwhile.
bool isAt(int fd, const std::string& path) {
    struct stat ours {};
    struct stat there {};
    return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

std::string directoryLock(const std::string& directory) {
    return directory + "/lock";
}

std::int64_t writtenAt(int fd) {
    struct stat facts {};
    if (::fstat(fd, &facts) < 0) return 0;
    return std::int64_t{facts.st_mtim.tv_sec} * 1'000'000'000 + facts.st_mtim.tv_nsec;
}

OutboxSummary summarise(OutboxContent content) {
    OutboxSummary out{{content.head.stream, content.head.to}, 0, 0, {}, {}, {}, 0, {}};
    for (std::size_t i = content.firstPending(); i < content.entries.size(); ++i) {
        const OutboxEntry& entry = content.entries[i];
        ++out.messages;
        out.bytes += entry.length;
        out.oldest = std::min(out.oldest.value_or(entry.at), entry.at);
        out.newest = std::max(out.newest.value_or(entry.at), entry.at);
    }
    out.head = std::move(content.head);
    return out;
}

}  // namespace

// OutboxStream -----------------------------------------------------------------------------

OutboxStream::OutboxStream(std::string path, Descriptor file, OutboxContent content)
    : path_(std::move(path)), file_(std::move(file)), content_(std::move(content)) {}

std::string OutboxStream::payload(const OutboxEntry& entry) const {
    return readPayload(sourceOf(file_.get(), path_), entry, path_);
}

/// At the end of what counts.  What a failed write has left there goes first.
void OutboxStream::write(const std::string& record) {
    const auto end = static_cast<off_t>(content_.size);
    if (isTorn_ && ::ftruncate(file_.get(), end) < 0) throw cannot(path_, errno);
    isTorn_ = true;
    if (::lseek(file_.get(), end, SEEK_SET) < 0) throw cannot(path_, errno);
    writeAll(file_.get(), record, path_);
}

void OutboxStream::append(std::string_view payload, std::uint32_t segments, WallTime now) {
    if (payload.size() > kMaxOutboxPayload)
        throw Error(ErrorKind::Data, "a message of " + std::to_string(payload.size()) +
                                         " bytes is too long for the outbox");
    assert(segments > 0 && content_.next() + segments > content_.next());
    const std::string directory = directoryOf(path_);
    const Name& to = content_.head.to;
    const FileLock lock(directoryLock(directory));  // of several senders one counts at a time
    if (Outbox(directory).pending(to) >= Outbox::kMaxMessages)
        throw Error(ErrorKind::CannotCreate,
                    "outbox: " + std::to_string(Outbox::kMaxMessages) + " messages wait for " +
                        to.str() + " already",
                    "imsend --flush tries to deliver them");
    auto [record, entry] = printMessage(content_.next(), segments, now, payload);
    write(record);
    syncFile(file_.get(), path_);
    isTorn_ = false;
    entry.offset += content_.size;
    content_.entries.push_back(entry);
    content_.size += record.size();
}

void OutboxStream::acknowledge(std::uint32_t next) {
    assert(next <= content_.next());
    if (next <= content_.acknowledged) return;
    const std::string record = printAcknowledged(next);
    write(record);
    isTorn_ = false;
    content_.acknowledged = next;
    content_.size += record.size();
}

void OutboxStream::remove() {
    if (::unlink(path_.c_str()) < 0 && errno != ENOENT) throw cannot(path_, errno);
    file_ = {};
}

// Outbox -----------------------------------------------------------------------------------

std::string Outbox::pathOf(const OutboxId& id) const {
    return path_ + "/" + nameOf(id);
}

OutboxStream Outbox::create(const OutboxHead& head) const {
    makePrivateDirectory(path_);
    checkDirectory(path_, kWhat);
    const std::string path = pathOf({head.stream, head.to});
    NewFile file(path);
    if (::flock(file.get(), LOCK_EX | LOCK_NB) < 0) throw cannot(path, errno);
    const std::string text = printHead(head);
    file.write(text);
    file.sync();
    Descriptor claimed = file.replace();
    syncDirectory(path_);
    OutboxContent content{head, {}, head.first, text.size()};
    return {path, std::move(claimed), std::move(content)};
}

std::optional<OutboxStream> Outbox::claim(const OutboxId& id) const {
    checkDirectory(path_, kWhat);
    const std::string path = pathOf(id);
    auto file = openPrivate(path, kWhat, Privacy::Secret, O_RDWR);
    if (!file) return {};
    if (::flock(file->get(), LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK) return {};
        throw cannot(path, errno);
    }
    if (!isAt(file->get(), path)) return {};
    OutboxContent content = contentOf(file->get(), path);
    const bool isTorn = sizeOf(file->get(), path) > content.size;
    if (isTorn && ::ftruncate(file->get(), static_cast<off_t>(content.size)) < 0)
        throw cannot(path, errno);
    return OutboxStream(path, std::move(*file), std::move(content));
}

std::vector<OutboxId> Outbox::ids() const {
    checkDirectory(path_, kWhat);
    const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path_.c_str()));
    if (!directory) {
        if (errno == ENOENT || errno == ENOTDIR) return {};
        throw cannot(path_, errno);
    }
    std::vector<OutboxId> out;
    while (const dirent* entry = ::readdir(directory.get()))  // NOLINT: one thread
        if (auto id = parseId(entry->d_name)) out.push_back(std::move(*id));
    return out;
}

/// Nothing when it has gone meanwhile.
std::optional<OutboxSummary> Outbox::summaryOf(const OutboxId& id) const {
    try {
        const std::string path = pathOf(id);
        const auto file = openPrivate(path, kWhat, Privacy::Secret, O_RDONLY);
        if (!file) return {};
        OutboxSummary summary = summarise(contentOf(file->get(), path));
        summary.written = writtenAt(file->get());
        if (summary.id == id) return summary;
        throw Error(ErrorKind::Configuration, "outbox " + path + ": is another stream's");
    } catch (const Error& error) {
        return OutboxSummary{id, 0, 0, {}, {}, {}, 0, error.what()};
    }
}

std::vector<OutboxSummary> Outbox::list(const std::optional<Name>& to) const {
    std::vector<OutboxSummary> out;
    for (const OutboxId& id : ids()) {
        if (to && id.to != *to) continue;
        if (auto summary = summaryOf(id)) out.push_back(std::move(*summary));
    }
    const auto keyOf = [](const OutboxSummary& one) {
        return std::tuple(one.head ? one.head->created : WallTime::max(), one.written,
                          one.id.stream);
    };
    std::sort(out.begin(), out.end(),
              [&](const OutboxSummary& a, const OutboxSummary& b) { return keyOf(a) < keyOf(b); });
    return out;
}

std::size_t Outbox::pending(const Name& to) const {
    std::size_t messages = 0;
    for (const OutboxSummary& stream : list(to)) messages += stream.messages;
    return messages;
}

std::vector<OutboxSummary> Outbox::expire(WallTime now) const {
    std::vector<OutboxSummary> out;
    for (const OutboxSummary& listed : list()) {
        if (!listed.problem.empty()) continue;
        if (listed.newest && now - *listed.newest <= kMaxAge) continue;
        auto stream = claim(listed.id);
        if (!stream) continue;
        // Looked at once more: somebody may have written to it before we had it.
        OutboxSummary summary = summarise(stream->content());
        if (summary.newest && now - *summary.newest <= kMaxAge) continue;
        stream->remove();
        if (summary.messages > 0) out.push_back(std::move(summary));
    }
    return out;
}

}  // namespace im::node
