// SPDX-License-Identifier: BSL-1.0
#include "tools/imsend/options.hpp"

#include "libim/talk/talk_message.hpp"

#include <array>
#include <string_view>

namespace im::imsend {

namespace {

using app::Option;
using app::OptionKind;

constexpr int kWhole = app::kFirstOwnId;
constexpr int kToFirst = app::kFirstOwnId + 1;
constexpr int kJsonIn = app::kFirstOwnId + 2;
constexpr int kTimeout = app::kFirstOwnId + 3;
constexpr int kSkipEmpty = app::kFirstOwnId + 4;
constexpr int kTee = app::kFirstOwnId + 5;
constexpr int kRate = app::kFirstOwnId + 6;
constexpr int kDryRun = app::kFirstOwnId + 7;
constexpr int kClassic = app::kFirstOwnId + 8;
constexpr int kCommas = app::kFirstOwnId + 9;
constexpr int kAsk = app::kFirstOwnId + 10;
constexpr int kRe = app::kFirstOwnId + 11;
constexpr int kQueue = app::kFirstOwnId + 12;
constexpr int kOutbox = app::kFirstOwnId + 13;
constexpr int kFlush = app::kFirstOwnId + 14;
constexpr int kNoEarly = app::kFirstOwnId + 15;
constexpr int kAllowClassic = app::kFirstOwnId + 16;

constexpr std::array kOptions{
    Option{.id = kWhole,
           .letter = 'w',
           .name = "whole",
           .help = "all of stdin, to the last byte, is one message",
           .inConfig = false},
    Option{.id = app::kNull,
           .letter = '0',
           .name = "null",
           .help = "input records end in NUL",
           .inConfig = false},
    Option{.id = kToFirst,
           .letter = 'T',
           .name = "to-first",
           .help = "the recipient is the first TAB field of each line",
           .inConfig = false},
    Option{.id = kJsonIn,
           .letter = 'J',
           .name = "json-in",
           .help = "input is NDJSON with to, text or text_b64, re",
           .inConfig = false},
    Option{.id = kTimeout,
           .letter = 't',
           .name = "timeout",
           .argument = "DUR",
           .help = "time for the receipt (default 5s; 0: do not wait)",
           .variable = "IM_TIMEOUT"},
    Option{.id = kSkipEmpty, .letter = 'e', .name = "skip-empty", .help = "drop empty lines"},
    Option{.id = kTee,
           .letter = 'p',
           .name = "tee",
           .help = "copy each input record to stdout once it is sent",
           .inConfig = false},
    Option{
        .id = kRate, .name = "rate", .argument = "N", .help = "send at most N messages a second"},
    Option{.id = kDryRun,
           .letter = 'n',
           .name = "dry-run",
           .help = "print what would go where, send nothing",
           .inConfig = false},
    Option{.id = kClassic,
           .name = "classic",
           .help = "without a session: speak classic, nothing is encrypted"},
    Option{.id = kCommas,
           .name = "commas",
           .argument = "keep|wide",
           .help = "commas in the text: as they are, or U+FF0C for .NET clients"},
    Option{.id = app::kJson,
           .letter = 'j',
           .name = "json",
           .help = "print a receipt per message and recipient, as NDJSON",
           .inConfig = false},
    Option{.id = app::kVerbose,
           .letter = 'v',
           .name = "verbose",
           .help = "print a receipt: ID RECIPIENT RESULT MS",
           .kind = OptionKind::Common,
           .repeatable = true},
    Option{.id = kAsk,
           .letter = 'a',
           .name = "ask",
           .help = "sealed: wait for the reply and print its text",
           .inConfig = false},
    Option{.id = kRe,
           .letter = 'r',
           .name = "re",
           .argument = "ID",
           .help = "sealed: this is the reply to ID",
           .inConfig = false},
    Option{.id = kQueue,
           .letter = 'Q',
           .name = "queue",
           .help = "sealed: keep the message when the peer is offline"},
    Option{.id = kOutbox, .name = "outbox", .help = "list the outbox", .inConfig = false},
    Option{.id = kFlush,
           .name = "flush",
           .help = "try to deliver the outbox now, all or to one user",
           .inConfig = false},
    Option{.id = kNoEarly, .name = "no-early", .help = "sealed: no text in the first datagram"},
    Option{.id = kAllowClassic,
           .name = "allow-classic",
           .help = "sealed: also write in the clear to who has only classic"},
};

constexpr std::array kSynopsis{
    "[options] RECIPIENT[,RECIPIENT]... [MESSAGE...]",
    "[options] -T   < lines \"recipient TAB text\"",
    "[options] -J   < NDJSON {\"to\":...,\"text\":...}",
    "[options] --outbox | --flush [USER]",
};

constexpr std::array kExamples{
    "imsend bob 'lunch?'",
    "tail -F app.log | grep --line-buffered ERROR | imsend oncall",
    "imsend --classic bob@127.0.0.1:4002 'no index needed'",
};

[[noreturn]] void refusePair(const char* one, const char* other) {
    throw app::UsageError(std::string(one) + " excludes " + other);
}

app::Framing framingOf(const app::Settings& settings) {
    const bool whole = settings.flag(kWhole);
    const bool null = settings.flag(app::kNull);
    if (whole && null) refusePair("--whole", "--null");
    if (whole && settings.flag(kJsonIn)) refusePair("--whole", "--json-in");
    if (whole) return app::Framing::Whole;
    return null ? app::Framing::Null : app::Framing::Line;
}

/// The words behind the recipient, joined by one blank each.
std::string joined(std::span<const std::string_view> words) {
    std::string out;
    for (const std::string_view word : words) {
        if (word.data() != words.front().data()) out += ' ';
        out += word;
    }
    return out;
}

void takeOperands(const app::Tool& tool, Plan& plan) {
    const auto operands = tool.operands();
    if (plan.form != Form::Plain) {
        const bool onlyDash = operands.size() == 1 && operands[0] == "-";
        if (!operands.empty() && !onlyDash)
            throw app::UsageError("the recipients come from stdin: no operand may be given");
        return;
    }
    if (operands.empty()) throw app::UsageError("RECIPIENT is missing");
    plan.recipients = operands[0];
    const auto words = operands.subspan(1);
    if (words.empty() || (words.size() == 1 && words[0] == "-")) return;
    if (plan.framing != app::Framing::Line)
        throw app::UsageError("--whole and --null are for messages from stdin: give no MESSAGE");
    plan.form = Form::Operands;
    plan.message = joined(words);
}

/// --ask is about one message: its reply is what is printed.
void checkSealed(const app::Settings& settings, const Plan& plan) {
    if (const app::Given* re = settings.find(kRe); re != nullptr && !talk::isMessageId(plan.re))
        throw app::wrongValue(*re, "not the ID of a message");
    if (!plan.ask) return;
    const bool isOne = plan.form == Form::Operands || plan.framing == app::Framing::Whole;
    if (!isOne) throw app::UsageError("--ask is for one message: give it, or --whole");
    if (plan.queue) refusePair("--ask", "--queue");
    if (!plan.re.empty()) refusePair("--ask", "--re");
    if (plan.patience <= Duration::zero()) throw app::UsageError("--ask waits: --timeout=0 cannot");
}

}  // namespace

const char* Plan::sealedOnly() const {
    if (ask) return "--ask";
    if (!re.empty()) return "--re";
    if (queue) return "--queue";
    return nullptr;
}

Receipts receiptsOf(const app::Tool& tool) {
    if (tool.settings().flag(app::kJson)) return Receipts::Json;
    return tool.verbosity() > 0 ? Receipts::Text : Receipts::None;
}

Task taskOf(const app::Tool& tool) {
    const bool lists = tool.settings().flag(kOutbox);
    const bool flushes = tool.settings().flag(kFlush);
    if (lists && flushes) refusePair("--outbox", "--flush");
    if (!lists && !flushes) return Task::Send;
    if (tool.operands().size() > (lists ? 0U : 1U))
        throw app::UsageError(lists ? "--outbox takes no operand" : "--flush takes one user");
    return lists ? Task::ListOutbox : Task::Flush;
}

const app::ToolInfo kInfo{.name = "imsend",
                          .section = 1,
                          .purpose = "send instant messages from the shell",
                          .synopsis = kSynopsis,
                          .options = kOptions,
                          .examples = kExamples};

Plan planOf(const app::Tool& tool) {
    constexpr std::array<std::string_view, 2> kCommaChoices{"keep", "wide"};
    const app::Settings& settings = tool.settings();
    Plan plan;
    if (settings.flag(kToFirst) && settings.flag(kJsonIn)) refusePair("--to-first", "--json-in");
    if (settings.flag(kToFirst)) plan.form = Form::ToFirst;
    if (settings.flag(kJsonIn)) plan.form = Form::Json;
    plan.framing = framingOf(settings);
    plan.skipEmpty = settings.flag(kSkipEmpty);
    plan.tee = settings.flag(kTee);
    plan.dryRun = settings.flag(kDryRun);
    plan.receipts = receiptsOf(tool);
    plan.rate = settings.find(kRate) != nullptr ? settings.number(kRate, 1, 1'000'000, 0) : 0;
    plan.patience = settings.duration(kTimeout, std::chrono::seconds(5));
    plan.classicSaid = settings.flag(kClassic);
    plan.commas = static_cast<node::Commas>(settings.choice(kCommas, kCommaChoices, 0));
    plan.ask = settings.flag(kAsk);
    plan.re = settings.text(kRe);
    plan.queue = settings.flag(kQueue);
    plan.early = !settings.flag(kNoEarly);
    plan.allowClassic = settings.flag(kAllowClassic);
    takeOperands(tool, plan);
    checkSealed(settings, plan);
    return plan;
}

}  // namespace im::imsend
