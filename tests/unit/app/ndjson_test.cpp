// SPDX-License-Identifier: BSL-1.0
#include "libim/app/ndjson.hpp"

#include "tests/support/catch.hpp"

using namespace im::app;

namespace {

/// "to,to|text|re", or "!" and what is wrong.
std::string read(std::string_view line) {
    const auto message = parseJsonMessage(line);
    if (!message) return "!" + message.error();
    std::string out;
    for (const std::string& to : message->to) out += (out.empty() ? "" : ",") + to;
    return out + "|" + message->text + "|" + message->re;
}

std::string nested(unsigned depth) {
    return R"({"to":"b","text":"x","o":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

}  // namespace

TEST_CASE("a line has a recipient and a text") {
    CHECK(read(R"({"to":"bob","text":"hi"})") == "bob|hi|");
    CHECK(read(R"( { "text" : "hi" , "to" : "bob" } )") == "bob|hi|");
    CHECK(read(R"({"to":"bob","text":""})") == "bob||");
}

TEST_CASE("to may be a list") {
    CHECK(read(R"({"to":["bob","天涯"],"text":"hi"})") == "bob,天涯|hi|");
    CHECK(read(R"({"to":[],"text":"hi"})") == "!to: empty");
    CHECK(read(R"({"to":[],"user":"bob","text":"hi"})") == "!to: empty");
}

TEST_CASE("text escapes are undone") {
    CHECK(read(R"({"to":"b","text":"a\nb\t\"\\\u5929\ud83d\ude00"})") ==
          "b|a\nb\t\"\\天\U0001F600|");
    CHECK(read(R"({"to":"b","text":"\u0000"})") == "b|" + std::string(1, '\0') + "|");
}

TEST_CASE("text_b64 stands for text that is not UTF-8") {
    CHECK(read(R"({"to":"b","text_b64":"Yf8="})") == "b|a\xFF|");
    CHECK(read(R"({"to":"b","text_b64":"Yf8"})") == "!text_b64: not base64");
    CHECK(read(R"({"to":"b","text_b64":"Yf9="})") == "!text_b64: not base64");
    CHECK(read(R"({"to":"b","text":"a","text_b64":"YQ=="})") ==
          "!text and text_b64 exclude each other");
}

TEST_CASE("re names the message that is answered") {
    CHECK(read(R"({"to":"b","text":"x","re":"7HX2M4QK"})") == "b|x|7HX2M4QK");
}

TEST_CASE("a record without to is answered to its user") {
    CHECK(read(R"({"v":1,"time":"2026-11-22T17:43:50.001Z","type":"talk","user":"bob","seq":16,)"
               R"("trust":"none","via":"direct","endpoint":"1.2.3.4:5","text":"hi"})") ==
          "bob|hi|");
    CHECK(read(R"({"user":"bob","to":"carol","text":"hi"})") == "carol|hi|");
}

TEST_CASE("null is as if absent") {
    CHECK(read(R"({"to":null,"user":"bob","text":"x","text_b64":null,"re":null})") == "bob|x|");
    CHECK(read(R"({"to":"b","text":null})") == "!no text");
    CHECK(read(R"({"to":null,"text":"x"})") == "!no recipient: neither to nor user");
    CHECK(read(R"({"to":["b",null],"text":"x"})") == "!to: not a string or a list of strings");
}

TEST_CASE("what is missing is said") {
    CHECK(read(R"({"text":"x"})") == "!no recipient: neither to nor user");
    CHECK(read(R"({"to":"b"})") == "!no text");
    CHECK(read("{}") == "!no recipient: neither to nor user");
}

TEST_CASE("members of another type are refused by name") {
    CHECK(read(R"({"to":1,"text":"x"})") == "!to: not a string or a list of strings");
    CHECK(read(R"({"to":{"a":"b"},"text":"x"})") == "!to: not a string or a list of strings");
    CHECK(read(R"({"to":[["b"]],"text":"x"})") == "!to: not a string or a list of strings");
    CHECK(read(R"({"to":[1],"text":"x"})") == "!to: not a string or a list of strings");
    CHECK(read(R"({"to":"b","text":1})") == "!text: not a string");
    CHECK(read(R"({"to":"b","text":-1.5})") == "!text: not a string");
    CHECK(read(R"({"to":"b","text":true})") == "!text: not a string");
    CHECK(read(R"({"to":"b","text":["x"]})") == "!text: not a string");
    CHECK(read(R"({"to":"b","text":{"x":1}})") == "!text: not a string");
    CHECK(read(R"({"to":"b","text_b64":1})") == "!text_b64: not a string");
    CHECK(read(R"({"to":"b","text":"x","re":16})") == "!re: not a string");
    CHECK(read(R"({"user":1,"text":"x"})") == "!user: not a string");
}

TEST_CASE("other members are ignored, whatever they hold") {
    CHECK(read(R"({"to":"b","o":{"to":"eve","text":"y","x":[1,null,{"text":"z"}]},"text":"x"})") ==
          "b|x|");
    CHECK(read(R"({"o":[1,-1,1.5,true,null,"s"],"to":"b","text":"x"})") == "b|x|");
    CHECK(read(R"({"big":18446744073709551616,"to":"b","text":"x"})") == "b|x|");
}

TEST_CASE("of a member that comes twice the last one counts") {
    CHECK(read(R"({"to":["a","b"],"to":"c","text":"x","text":"y"})") == "c|y|");
    CHECK(read(R"({"to":"a","to":["b"],"text":"x"})") == "b|x|");
}

TEST_CASE("what is not one JSON object is refused with the place") {
    CHECK(read("") == "!not JSON at byte 1");
    CHECK(read("hello") == "!not JSON at byte 1");
    CHECK(read(R"({"to":"b","text":"x")") == "!not JSON at byte 21");
    CHECK(read(R"({"to":"b","text":"x"} {})") == "!not JSON at byte 23");
    CHECK(read(R"({'to':'b'})") == "!not JSON at byte 2");
    for (const char* bad : {"null", "1", "-1", "1.5", "true", "\"x\"", "[]", R"([{"to":"b"}])"})
        CHECK(read(bad) == "!not an object");
    for (const char* bad :
         {R"({"to":"b","text":"x",})", R"({"to":"b","text":NaN})", R"({"to":"b","text":"\ud800"})",
          "{\"to\":\"b\",\"text\":\"\xFF\"}", "{\"to\":\"b\",\"text\":\"a\nb\"}",
          R"({"to":"b" "text":"x"})", R"({"o":1e999,"to":"b","text":"x"})"})
        CHECK(read(bad).substr(0, 18) == "!not JSON at byte ");
}

TEST_CASE("a BOM is data and begins no object") {
    CHECK(read("\xEF\xBB\xBF{\"to\":\"b\",\"text\":\"x\"}") == "!not JSON at byte 1");
}

TEST_CASE("nesting is bounded") {
    CHECK(read(nested(kMaxJsonDepth - 1)) == "b|x|");
    CHECK(read(nested(kMaxJsonDepth)) == "!nested too deeply");
    CHECK(read(nested(1000000)) == "!nested too deeply");
    CHECK(read(std::string(1000000, '[')) == "!not an object");
}
