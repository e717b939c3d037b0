// SPDX-License-Identifier: BSL-1.0
#include "libim/app/config.hpp"

#include "libim/app/paths.hpp"
#include "libim/app/settings.hpp"
#include "libim/app/text_line.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <iterator>

namespace im::app {

namespace {

constexpr std::array<std::string_view, 4> kTools{"imindex", "imlogin", "imlisten", "imsend"};

/// Reads one file's text, line by line.
class Reader {
public:
    Reader(const std::string& file, Source source, const OptionTable& table)
        : file_(file), source_(source), table_(table) {}

    std::vector<Given> read(std::string_view text) {
        while (!text.empty()) {
            ++number_;
            readLine(trimmed(takeLine(text)));
        }
        return std::move(given_);
    }

private:
    enum class Part : std::uint8_t { Common, Own, Other };

    [[noreturn]] void fail(const std::string& why) const {
        throw Error(ErrorKind::Configuration, where() + ": " + why);
    }

    std::string where() const { return file_ + ":" + std::to_string(number_); }

    void readLine(std::string_view line) {
        if (line.empty() || line.front() == '#') return;
        if (line.front() == '[') return readHeader(trimmed(withoutComment(line)));
        if (part_ == Part::Other) return;
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) fail("not a line of 'option = value'");
        const std::string_view key = trimmed(line.substr(0, equals));
        set(optionOf(key), key, valueOf(trimmed(line.substr(equals + 1))));
    }

    void readHeader(std::string_view line) {
        const std::string_view name = trimmed(line.substr(1, line.find(']') - 1));
        if (line.back() != ']' || std::find(kTools.begin(), kTools.end(), name) == kTools.end())
            fail("'" + std::string(line) +
                 "': not one of [imindex], [imlogin], [imlisten], [imsend]");
        part_ = name == table_.tool() ? Part::Own : Part::Other;
    }

    const Option& optionOf(std::string_view key) const {
        const Option* option = table_.byName(key);
        // What --verbose prints is imindex's own.
        const bool isBoth = key == "verbose" && table_.tool() == "imindex";
        if (option == nullptr || (!isBoth && isCommon(key) != (part_ == Part::Common)))
            fail("unknown option '" + std::string(key) + "'");
        if (option->kind == OptionKind::Sealed)
            fail(std::string(key) + ": needs the sealed profile");
        if (!option->inConfig) fail(std::string(key) + ": only on the command line");
        return *option;
    }

    static bool isCommon(std::string_view key) {
        const auto common = commonOptions();
        return std::any_of(common.begin(), common.end(),
                           [key](const Option& option) { return key == option.name; });
    }

    std::string_view valueOf(std::string_view text) const {
        if (!text.empty() && text.front() == '"') {
            const std::size_t end = text.find('"', 1);
            if (end == std::string_view::npos) fail("no closing quote");
            if (!trimmed(withoutComment(text.substr(end + 1))).empty())
                fail("text behind the closing quote");
            return text.substr(1, end - 1);
        }
        const std::string_view value = trimmed(withoutComment(text));
        if (value.empty()) fail("no value");
        return value;
    }

    void set(const Option& option, std::string_view key, std::string_view value) {
        Given given{&option, std::string(value), source_, where() + ": " + std::string(key)};
        if (option.argument == nullptr && value != "true" && value != "false")
            throw wrongValue(given, "not true or false");
        given_.push_back(std::move(given));
    }

    const std::string& file_;
    Source source_;
    const OptionTable& table_;
    std::vector<Given> given_;
    unsigned number_ = 0;
    Part part_ = Part::Common;
};

/// Closes a descriptor at the end of a scope.
class FileDescriptor {
public:
    explicit FileDescriptor(int fd) : fd_(fd) {}
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

/// Whether open(2)'s `errnum` says that there is no such file, as far as we may look: behind a
/// directory that is closed to us (HOME of another user, under sudo) there is none for us.
bool isMissing(const std::string& path, int errnum) {
    struct stat status {};
    return errnum == ENOENT || errnum == ENOTDIR ||
           (errnum == EACCES && ::stat(path.c_str(), &status) != 0);
}

/// That a file could not be read for want of descriptors or memory is not the file's fault.
Error unreadable(const std::string& path, int errnum) {
    const bool scarce = errnum == EMFILE || errnum == ENFILE || errnum == ENOMEM;
    return systemError(scarce ? ErrorKind::OperatingSystem : ErrorKind::NoInput, path, errnum);
}

void append(std::vector<Given>& all, std::vector<Given> more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

std::vector<Given> parseConfig(std::string_view text, const std::string& file, Source source,
                               const OptionTable& table) {
    return Reader(file, source, table).read(text);
}

std::optional<std::string> readSmallFile(const std::string& path) {
    constexpr std::size_t kLimit = std::size_t{1} << 20U;
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        const int why = errno;
        if (isMissing(path, why)) return {};
        throw unreadable(path, why);
    }
    std::string text;
    std::array<char, 4096> block{};
    for (;;) {
        const ssize_t count = ::read(file.get(), block.data(), block.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw unreadable(path, errno);
        if (count == 0) return text;
        text.append(block.data(), static_cast<std::size_t>(count));
        if (text.size() > kLimit) throw Error(ErrorKind::NoInput, path + ": longer than 1 MiB");
    }
}

std::vector<Given> readConfig(const ConfigFiles& files, const OptionTable& table) {
    if (!files.chosen.empty()) {
        const auto text = readSmallFile(files.chosen);
        if (!text) throw systemError(ErrorKind::NoInput, files.chosen, ENOENT);
        return parseConfig(*text, files.chosen, Source::UserFile, table);
    }
    std::vector<Given> all;
    if (const auto text = readSmallFile(files.user))
        append(all, parseConfig(*text, files.user, Source::UserFile, table));
    if (const auto text = readSmallFile(files.system))
        append(all, parseConfig(*text, files.system, Source::SystemFile, table));
    return all;
}

std::vector<Given> readEnvironment(const OptionTable& table) {
    std::vector<Given> all;
    for (const Option* option : table.all()) {
        if (option->variable == nullptr) continue;
        const char* value = std::getenv(option->variable);
        if (value != nullptr && *value != '\0')
            all.push_back({option, value, Source::Environment, option->variable});
    }
    return all;
}

std::vector<Given> withDefaults(std::vector<Given> commandLine, const OptionTable& table) {
    append(commandLine, readEnvironment(table));
    ConfigFiles files;
    files.chosen = Settings(commandLine).text(kConfig);
    if (files.chosen.empty()) {
        files.user = configDirectory() + "/im.conf";
        files.system = "/etc/im/im.conf";
    }
    append(commandLine, readConfig(files, table));
    return commandLine;
}

}  // namespace im::app
