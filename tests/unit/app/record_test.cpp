// SPDX-License-Identifier: BSL-1.0
#include "libim/app/record.hpp"

#include "tests/support/catch.hpp"
#include "tests/unit/app/support.hpp"

#include <ctime>

using namespace im;
using namespace im::app;
using namespace std::chrono_literals;
using im::app::test::errorOf;
using im::app::test::Variable;

namespace {

/// 2026-11-22T17:43:50.001Z.
constexpr WallTime kNoon{std::chrono::milliseconds(1795369430001)};

Event talk(std::string text) {
    Event event;
    event.at = kNoon;
    event.user = "bob";
    event.trust = Trust::None;
    event.endpoint = Endpoint::parse("198.51.100.7:40112");
    event.sent = "18:43:50";
    event.text = std::move(text);
    return event;
}

Event login() {
    Event event = talk("198.51.100.7:40112");
    event.type = EventType::Login;
    event.sent.clear();
    return event;
}

Event lost() {
    Event event;
    event.type = EventType::Server;
    event.at = kNoon;
    event.text = "lost";
    return event;
}

Event member() {
    Event event;
    event.type = EventType::Roster;
    event.user = "alice";
    event.status = "online";
    event.trust = Trust::Self;
    event.endpoint = Endpoint::parse("[::1]:7");
    return event;
}

RecordStyle text() {
    return {};
}

RecordStyle json() {
    RecordStyle style;
    style.shape = RecordShape::Json;
    return style;
}

RecordStyle format(std::string_view fmt) {
    RecordStyle style;
    style.shape = RecordShape::Format;
    style.format = Format::parse(fmt);
    return style;
}

RecordStyle null(RecordStyle style) {
    style.nullTerminated = true;
    return style;
}

RecordStyle at(TimeStyle time, RecordStyle style) {
    style.time = time;
    return style;
}

RecordStyle colored(RecordStyle style) {
    style.color = true;
    return style;
}

std::string record(const Event& event, const RecordStyle& style) {
    std::string out;
    appendRecord(out, event, style);
    return out;
}

std::string line(const Event& user, const RecordStyle& style) {
    std::string out;
    appendRosterLine(out, user, style);
    return out;
}

std::string receipt(const Receipt& one, bool asJson) {
    std::string out;
    appendReceipt(out, one, asJson);
    return out;
}

const std::string kNul(1, '\0');

/// A time zone for the length of a scope.
class Zone {
public:
    explicit Zone(const char* name) : variable_("TZ", name) { ::tzset(); }

private:
    Variable variable_;
};

constexpr Option kOptions[] = {kTimeOption, kJsonOption, kNullOption, kFormatOption,
                               Option{.id = kColor, .name = "color", .argument = "WHEN"}};

Given given(int id, const char* value, Source source = Source::CommandLine) {
    for (const Option& option : kOptions)
        if (option.id == id) return {&option, value, source, std::string("--") + option.name};
    std::abort();
}

std::string whyNot(std::vector<Given> options) {
    return errorOf([&] { (void)recordStyle(Settings(options), false); });
}

bool coloredBy(std::vector<Given> options, bool terminal) {
    return recordStyle(Settings(std::move(options)), terminal).color;
}

}  // namespace

// ---- Text

TEST_CASE("an event is five TAB-separated fields and an LF") {
    CHECK(record(talk("lunch?"), text()) == "2026-11-22T17:43:50.001Z\ttalk\tbob\tnone\tlunch?\n");
    CHECK(record(login(), text()) ==
          "2026-11-22T17:43:50.001Z\tlogin\tbob\tnone\t198.51.100.7:40112\n");
}

TEST_CASE("the first four fields are never empty, the text may be") {
    CHECK(record(lost(), text()) == "2026-11-22T17:43:50.001Z\tserver\t-\t-\tlost\n");
    CHECK(record(Event{}, text()) == "-\ttalk\t-\t-\t\n");
}

TEST_CASE("every field of a record is escaped") {
    Event event = talk("a\tb\nc\\d\x1B[m");
    event.user = "mal\nlory";
    CHECK(record(event, text()) ==
          "2026-11-22T17:43:50.001Z\ttalk\tmal\\nlory\tnone\ta\\tb\\nc\\\\d\\0033[m\n");
}

TEST_CASE("types and trusts are printed by their names") {
    const std::pair<EventType, const char*> types[] = {
        {EventType::Talk, "talk"},     {EventType::Login, "login"}, {EventType::Logout, "logout"},
        {EventType::Roster, "roster"}, {EventType::Gap, "gap"},     {EventType::Key, "key"},
        {EventType::Server, "server"}};
    const std::pair<Trust, const char*> trusts[] = {
        {Trust::Self, "self"},         {Trust::Ok, "ok"},   {Trust::New, "new"},
        {Trust::Verified, "verified"}, {Trust::Bad, "BAD"}, {Trust::None, "none"},
        {Trust::Absent, "-"}};
    Event event = talk("x");
    event.at.reset();
    for (const auto& [type, name] : types) {
        event.type = type;
        CHECK(record(event, text()) == "-\t" + std::string(name) + "\tbob\tnone\tx\n");
    }
    event.type = EventType::Talk;
    for (const auto& [trust, name] : trusts) {
        event.trust = trust;
        CHECK(record(event, text()) == "-\ttalk\tbob\t" + std::string(name) + "\tx\n");
    }
}

TEST_CASE("with -0 a record ends in NUL and its text is raw") {
    CHECK(record(talk("a\tb\nc\\d\xFF"), null(text())) ==
          "2026-11-22T17:43:50.001Z\ttalk\tbob\tnone\ta\tb\nc\\d\xFF" + kNul);
}

TEST_CASE("a NUL in a raw text forges no record") {
    CHECK(record(talk("a" + kNul + "b"), null(format("%rm"))) ==
          "a\xEF\xBF\xBD"
          "b" +
              kNul);
    CHECK(record(talk(kNul), null(at(TimeStyle::None, text()))) ==
          "-\ttalk\tbob\tnone\t\xEF\xBF\xBD" + kNul);
    CHECK(record(talk("a" + kNul + "b"), format("%rm")) == "a" + kNul + "b\n");
}

// ---- Times

TEST_CASE("times are RFC 3339 in UTC with milliseconds") {
    CHECK(formatTime(kNoon, TimeStyle::Utc) == "2026-11-22T17:43:50.001Z");
    CHECK(formatTime(WallTime{0ms}, TimeStyle::Utc) == "1970-01-01T00:00:00.000Z");
    CHECK(formatTime(WallTime{-1ms}, TimeStyle::Utc) == "1969-12-31T23:59:59.999Z");
    CHECK(formatTime(WallTime{951782400000ms}, TimeStyle::Utc) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("local times say their offset") {
    {
        const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
        CHECK(formatTime(kNoon, TimeStyle::Local) == "2026-11-22T18:43:50.001+01:00");
        CHECK(formatTime(WallTime{1784000000000ms}, TimeStyle::Local) ==
              "2026-07-14T05:33:20.000+02:00");
    }
    {
        const Zone zone("XST3:30");
        CHECK(formatTime(kNoon, TimeStyle::Local) == "2026-11-22T14:13:50.001-03:30");
    }
    ::tzset();
}

TEST_CASE("unix times are seconds with three decimals") {
    CHECK(formatTime(kNoon, TimeStyle::Unix) == "1795369430.001");
    CHECK(formatTime(WallTime{0ms}, TimeStyle::Unix) == "0.000");
    CHECK(formatTime(WallTime{-1500ms}, TimeStyle::Unix) == "-1.500");
}

TEST_CASE("without a time a dash is printed") {
    CHECK(formatTime(kNoon, TimeStyle::None) == "-");
    CHECK(formatTime({}, TimeStyle::Utc) == "-");
    CHECK(record(talk("x"), at(TimeStyle::None, text())) == "-\ttalk\tbob\tnone\tx\n");
    CHECK(record(talk("x"), at(TimeStyle::Unix, text())) == "1795369430.001\ttalk\tbob\tnone\tx\n");
}

// ---- JSON

TEST_CASE("a talk in JSON has its members in order") {
    Event event = talk("lunch?\nat noon");
    CHECK(record(event, json()) ==
          R"({"v":1,"time":"2026-11-22T17:43:50.001Z","type":"talk","user":"bob","trust":"none",)"
          R"("via":"direct","endpoint":"198.51.100.7:40112","sent":"18:43:50",)"
          "\"text\":\"lunch?\\nat noon\"}\n");
    event.id = "7HX2M4QK";
    event.sequence = 16;
    event.trust = Trust::Ok;
    CHECK(record(event, json()) ==
          R"({"v":1,"time":"2026-11-22T17:43:50.001Z","type":"talk","user":"bob",)"
          R"("id":"7HX2M4QK","seq":16,"trust":"ok","via":"direct",)"
          R"("endpoint":"198.51.100.7:40112","sent":"18:43:50","text":"lunch?\nat noon"})"
          "\n");
}

TEST_CASE("members without a value are left out, never null") {
    CHECK(record(lost(), json()) ==
          R"({"v":1,"time":"2026-11-22T17:43:50.001Z","type":"server","text":"lost"})"
          "\n");
    CHECK(record(login(), json()) ==
          R"({"v":1,"time":"2026-11-22T17:43:50.001Z","type":"login","user":"bob",)"
          R"("trust":"none","endpoint":"198.51.100.7:40112","text":"198.51.100.7:40112"})"
          "\n");
}

TEST_CASE("an empty message has an empty text in JSON") {
    Event event;
    event.user = "bob";
    CHECK(record(event, json()) == R"({"v":1,"type":"talk","user":"bob","via":"direct","text":""})"
                                   "\n");
}

TEST_CASE("text that is not UTF-8 stands in text_b64 instead") {
    Event event;
    event.text = "a\xFF";
    CHECK(record(event, json()) == R"({"v":1,"type":"talk","via":"direct","text_b64":"Yf8="})"
                                   "\n");
}

TEST_CASE("the time of a JSON record is a string in every style, or left out") {
    const auto time = [](TimeStyle style) {
        const std::string whole = record(lost(), at(style, json()));
        return whole.substr(7, whole.find(R"("type")") - 7);
    };
    CHECK(time(TimeStyle::Utc) == R"("time":"2026-11-22T17:43:50.001Z",)");
    CHECK(time(TimeStyle::Unix) == R"("time":"1795369430.001",)");
    CHECK(time(TimeStyle::None).empty());
}

// ---- Format

TEST_CASE("a format prints the fields that it names") {
    Event event = talk("hi");
    event.id = "7HX2M4QK";
    event.sequence = 16;
    event.status = "online";
    CHECK(record(event, format("%t|%y|%u|%k|%e|%i|%s|%m|%l|%n")) ==
          "2026-11-22T17:43:50.001Z|talk|bob|none|198.51.100.7:40112|7HX2M4QK|16|hi|online|-\n");
}

TEST_CASE("a field without a value is a dash in a format, a text stays empty") {
    CHECK(record(Event{}, format("%t %u %k %e %i %s %l %n [%m]")) == "- - - - - - - - []\n");
}

TEST_CASE("fields of a format are escaped unless asked for raw") {
    CHECK(record(talk("a\nb\\"), format("%m")) == "a\\nb\\\\\n");
    CHECK(record(talk("a\nb\\"), format("%rm")) == "a\nb\\\n");
}

TEST_CASE("a format's record ends in LF, with -0 in NUL") {
    CHECK(record(talk("a\nb"), null(format("%u\\n"))) == "bob\n" + kNul);
    CHECK(record(talk("a\nb"), null(format("%m"))) == "a\\nb" + kNul);
    CHECK(record(talk("a\nb"), null(format("%rm"))) == "a\nb" + kNul);
    CHECK(record(talk(""), format("")) == "\n");
}

TEST_CASE("a width counts characters, not bytes, and never cuts") {
    Event event = talk("x");
    CHECK(record(event, format("%-5u|")) == "bob  |\n");
    CHECK(record(event, format("%5u|")) == "  bob|\n");
    CHECK(record(event, format("%2u|")) == "bob|\n");
    event.user = "天涯";
    CHECK(record(event, format("%-4u|%4u")) == "天涯  |  天涯\n");
    event.text = "\n";
    CHECK(record(event, format("%3m|%3rm")) == " \\n|  \n\n");
    event.text = "\xFF";
    CHECK(record(event, format("%3rm")) == "  \xFF\n");
}

TEST_CASE("a format follows --time") {
    CHECK(record(talk("x"), at(TimeStyle::Unix, format("%t"))) == "1795369430.001\n");
}

// ---- Roster lines

TEST_CASE("a roster line is USER STATUS TRUST ENDPOINT SINCE") {
    CHECK(line(member(), text()) == "alice\tonline\tself\t[::1]:7\t-\n");
    CHECK(line(Event{}, text()) == "-\t-\t-\t-\t-\n");
    CHECK(line(member(), null(text())) == "alice\tonline\tself\t[::1]:7\t-" + kNul);
}

TEST_CASE("a roster line in JSON has no time and no text") {
    Event user = member();
    user.at = kNoon;
    user.text = "[::1]:7";
    CHECK(line(user, json()) ==
          R"({"v":1,"type":"roster","user":"alice","status":"online","trust":"self",)"
          R"("endpoint":"[::1]:7"})"
          "\n");
}

TEST_CASE("a format of a roster line knows status, since, type and the endpoint as text") {
    CHECK(line(member(), format("%u %l %k %e %n %y %m %t")) ==
          "alice online self [::1]:7 - roster [::1]:7 -\n");
}

// ---- Receipts

TEST_CASE("a receipt is ID RECIPIENT RESULT MS") {
    CHECK(receipt({"", "bob", Outcome::Sent, 0, {}}, false) == "-\tbob\tsent\t0\n");
    CHECK(receipt({"7HX2M4QK", "bob", Outcome::Delivered, 12, {}}, false) ==
          "7HX2M4QK\tbob\tdelivered\t12\n");
    CHECK(receipt({"", "bob@h:1", Outcome::Offline, {}, {}}, false) == "-\tbob@h:1\toffline\t-\n");
}

TEST_CASE("a receipt in JSON leaves out what it has not") {
    CHECK(receipt({"", "bob", Outcome::Sent, 0, Endpoint::parse("127.0.0.1:5")}, true) ==
          R"({"v":1,"type":"receipt","to":"bob","result":"sent","ms":0,"endpoint":"127.0.0.1:5"})"
          "\n");
    CHECK(receipt({"7HX2M4QK", "bob", Outcome::Unknown, {}, {}}, true) ==
          R"({"v":1,"type":"receipt","id":"7HX2M4QK","to":"bob","result":"unknown"})"
          "\n");
}

TEST_CASE("outcomes are printed by their names") {
    const std::pair<Outcome, const char*> names[] = {
        {Outcome::Delivered, "delivered"}, {Outcome::Sent, "sent"},
        {Outcome::Queued, "queued"},       {Outcome::Offline, "offline"},
        {Outcome::Unknown, "unknown"},     {Outcome::Refused, "refused"},
        {Outcome::Timeout, "timeout"}};
    for (const auto& [outcome, name] : names) CHECK(toString(outcome) == name);
}

// ---- Colour

TEST_CASE("colour is around the user and a trust to look at, and only in text") {
    Event event = talk("x");
    event.at.reset();
    CHECK(record(event, colored(text())) == "-\ttalk\t\033[1mbob\033[m\tnone\tx\n");
    event.trust = Trust::Bad;
    CHECK(record(event, colored(text())) == "-\ttalk\t\033[1mbob\033[m\t\033[1;31mBAD\033[m\tx\n");
    event.trust = Trust::New;
    CHECK(record(event, colored(text())) == "-\ttalk\t\033[1mbob\033[m\t\033[33mnew\033[m\tx\n");
    CHECK(record(event, colored(json())) == record(event, json()));
    CHECK(record(event, colored(format("%u %k"))) == "bob new\n");
    CHECK(record(lost(), colored(text())) == record(lost(), text()));
    CHECK(line(member(), colored(text())) == "\033[1malice\033[m\tonline\tself\t[::1]:7\t-\n");
}

TEST_CASE("colour is by default for terminals only") {
    const Variable noColor("NO_COLOR", std::nullopt);
    const Variable terminal("TERM", "xterm");
    CHECK(coloredBy({}, true));
    CHECK_FALSE(coloredBy({}, false));
    CHECK(coloredBy({given(kColor, "auto")}, true));
    CHECK_FALSE(coloredBy({given(kColor, "auto")}, false));
    CHECK(coloredBy({given(kColor, "always")}, false));
    CHECK_FALSE(coloredBy({given(kColor, "never")}, true));
    CHECK(whyNot({given(kColor, "blue")}) == "64 --color: 'blue': not one of auto, always, never");
}

TEST_CASE("a dumb terminal has no colour") {
    const Variable noColor("NO_COLOR", std::nullopt);
    const Variable terminal("TERM", "dumb");
    CHECK_FALSE(coloredBy({}, true));
    CHECK(coloredBy({given(kColor, "always")}, true));
}

TEST_CASE("NO_COLOR means never, unless the command line says always") {
    const Variable noColor("NO_COLOR", "1");
    const Variable terminal("TERM", "xterm");
    CHECK_FALSE(coloredBy({}, true));
    CHECK_FALSE(coloredBy({given(kColor, "always", Source::UserFile)}, true));
    CHECK_FALSE(coloredBy({given(kColor, "auto")}, true));
    CHECK(coloredBy({given(kColor, "always")}, true));
    const Variable empty("NO_COLOR", "");
    CHECK(coloredBy({}, true));
}

// ---- Options

TEST_CASE("Option -j excludes -0 and -F") {
    const Given j = given(kJson, "true");
    CHECK(whyNot({j, given(kNull, "true")}) == "64 --json excludes --null");
    CHECK(whyNot({j, given(kFormat, "%m")}) == "64 --json excludes --format");
    CHECK(whyNot({j}) == "no error");
}

TEST_CASE("Options -0 and -F combine") {
    const RecordStyle style =
        recordStyle(Settings({given(kNull, "true"), given(kFormat, "%rm")}), false);
    CHECK(style.shape == RecordShape::Format);
    CHECK(style.nullTerminated);
    CHECK(record(talk("a\nb"), style) == "a\nb" + kNul);
}

TEST_CASE("the record options choose shape and time") {
    CHECK(recordStyle(Settings(), false).shape == RecordShape::Text);
    CHECK(recordStyle(Settings(), false).time == TimeStyle::Utc);
    CHECK(recordStyle(Settings({given(kJson, "true")}), false).shape == RecordShape::Json);
    const std::pair<const char*, TimeStyle> times[] = {{"utc", TimeStyle::Utc},
                                                       {"local", TimeStyle::Local},
                                                       {"unix", TimeStyle::Unix},
                                                       {"none", TimeStyle::None}};
    for (const auto& [name, style] : times)
        CHECK(recordStyle(Settings({given(kTime, name)}), false).time == style);
    CHECK(whyNot({given(kTime, "iso")}) == "64 --time: 'iso': not one of utc, local, unix, none");
    CHECK(whyNot({given(kFormat, "%z")}) == "64 --format: unknown directive %z");
}
