# SPDX-License-Identifier: BSL-1.0
# awk -f complete.awk -- TOOL [WORD...] CURRENT: what may stand in place of CURRENT, for the
# completions of bash, zsh and fish, which only quote it as their shell wants.
#
# Words come without the shell's quotes.  Prints "CANDIDATE TAB DESCRIPTION" lines, each a whole
# word that begins with CURRENT; one that ends in "=" wants its value behind it.  ":files BEGIN" and
# ":commands BEGIN" leave it to the shell to complete what stands in CURRENT behind BEGIN.
#
# Options and their values come from TOOL --help, so that there is no second list to keep; what this
# release refuses is not offered.  Users come from the session files and the aliases file (imlogin(1),
# im.conf(5)): nothing is asked over a network.  POSIX awk, ls.

BEGIN {
    current = ARGV[ARGC - 1]
    tool = ARGV[1]
    command = tool
    sub(/.*\//, "", tool)
    user = ENVIRON["IM_USER"]
    server = ENVIRON["IM_SERVER"]
    read_help()
    for (i = 2; i < ARGC - 1; i++) walk(ARGV[i])

    if (pending != "") offer_value(value[pending], "")
    else if (ended) offer_operand()
    else if (current ~ /^--[^=]*=/) {
        begun = substr(current, 1, index(current, "="))
        offer_value(value[substr(begun, 1, length(begun) - 1)], begun)
    }
    else if (current ~ /^-/) offer_options()
    else offer_operand()
    exit
}

# value[OPTION]: what its value is called in --help, absent for a flag; help[OPTION].
function read_help(    ask, line, listed, text, at, names, called, name, n, i) {
    ask = quoted(command) " --help 2>/dev/null"
    while ((ask | getline line) > 0) {
        if (line ~ /^[^ ].*:$/) listed = line ~ /^options/
        if (!listed) continue
        if (line ~ /^  (-|    --)/) {
            text = line
            sub(/^ +/, "", text)
            at = index(text, "  ")
            names = at ? substr(text, 1, at - 1) : text
            text = at ? substr(text, at) : ""
            at = index(names, "=")
            called = at ? substr(names, at + 1) : ""
            sub(/=.*/, "", names)
            n = split(names, name, ", ")
            for (i = 1; i <= n; i++) {
                options[++count] = name[i]
                if (at) value[name[i]] = called
                help[name[i]] = trimmed(text)
                full[name[i]] = name[n]
            }
        } else if (line ~ /^          /) for (i = 1; i <= n; i++) help[name[i]] = trimmed(line)
    }
}

# One word before the current one.
function walk(word,    i, option) {
    if (pending != "") {
        note(pending, word)
        pending = ""
    } else if (ended) operands++
    else if (word == "--") ended = 1
    else if (word ~ /^--/) {
        i = index(word, "=")
        if (i) note(substr(word, 1, i - 1), substr(word, i + 1))
        else if (word in value) pending = word
        else note(word, "")
    } else if (word ~ /^-./) {
        for (i = 2; i <= length(word); i++) {
            option = "-" substr(word, i, 1)
            if (!(option in value)) { note(option, ""); continue }
            if (i < length(word)) note(option, substr(word, i + 1))
            else pending = option
            return
        }
    } else {
        operands++
        ended = 1 # the first operand ends the options
    }
}

function note(option, text) {
    given[option in full ? full[option] : option] = 1
    if (full[option] == "--user") user = text
    if (full[option] == "--server") server = text
}

function offer_options(    i) {
    for (i = 1; i <= count; i++)
        if (options[i] ~ /^--/ && options[i] in value) offer("", options[i] "=", help[options[i]])
        else offer("", options[i], help[options[i]])
}

# The value of an option that --help calls `called`; `begun` is what of the word stands before it.
function offer_value(called, begun,    rest, i, n, words) {
    rest = substr(current, length(begun) + 1)
    if (called ~ /\|/) {
        n = split(called, words, "|")
        for (i = 1; i <= n; i++) offer(begun, words[i], "")
    } else if (called == "TYPE,...") {
        n = split("talk login logout roster gap key server", words, " ")
        for (i = 1; i <= n; i++) offer(begun last_comma(rest), words[i], "")
    } else if (called == "USER") read_sessions("users", begun (rest ~ /^!/ ? "!" : ""))
    else if (called == "NAME") { user = ""; read_sessions("logins", begun) }
    else if (called ~ /^HOST/) { server = ""; read_sessions("servers", begun) }
    else if (called == "FILE") print ":files " begun
    else if (called == "CMD") print ":commands " begun
}

function offer_operand(    begun) {
    if (tool == "imlogin" && ("--is-online" in given || "--wait" in given)) read_sessions("users", "")
    if (tool != "imsend" || operands > 0 || "--to-first" in given || "--json-in" in given) return
    begun = last_comma(current)
    read_sessions("users", begun)
    read_aliases(begun)
}

function offer(begun, text, about) {
    if (index(begun text, current) != 1 || begun text in offered) return
    offered[begun text] = 1
    print begun text "\t" about
}

function last_comma(text) {
    return match(text, /.*,/) ? substr(text, 1, RLENGTH) : ""
}

# The users of the sessions that fit -u and -s, or their "logins" or "servers".
function read_sessions(what, begun,    list, path) {
    list = "ls \"${XDG_RUNTIME_DIR:-${XDG_STATE_HOME:-$HOME/.local/state}}\"/im/" \
        (ENVIRON["XDG_RUNTIME_DIR"] == "" ? "run/" : "") "*.session 2>/dev/null"
    while ((list | getline path) > 0) read_session(path, what, begun)
    close(list)
}

function read_session(path, what, begun,    line, at, head) {
    while ((getline line < path) > 0 && line != "") {
        at = index(line, " ")
        head[substr(line, 1, at - 1)] = substr(line, at + 1)
    }
    if (fits(user, head["user"], head["user"]) && fits(server, head["server"], head["server-name"])) {
        if (what == "logins") offer(begun, head["user"], "logged in at " head["server-name"])
        else if (what == "servers") offer(begun, head["server-name"], "")
        else while ((getline line < path) > 0) {
            at = index(line, "\t")
            offer(begun, substr(line, 1, at - 1), substr(line, at + 1))
        }
    }
    close(path)
}

function fits(wanted, one, other) {
    if (wanted == "" || wanted == one || wanted == other) return 1
    return wanted ":4649" == one || wanted ":4649" == other # the default port
}

function read_aliases(begun,    path, line, at) {
    path = ENVIRON["XDG_CONFIG_HOME"]
    if (path == "") path = ENVIRON["HOME"] "/.config"
    path = path "/im/aliases"
    while ((getline line < path) > 0) {
        sub(/^#.*/, "", line)
        sub(/[ \t]#.*/, "", line)
        at = index(line, ":")
        if (trimmed(substr(line, 1, at - 1)) != "")
            offer(begun, trimmed(substr(line, 1, at - 1)), "alias: " trimmed(substr(line, at + 1)))
    }
    close(path)
}

function trimmed(text) {
    gsub(/^[ \t\r]+|[ \t\r]+$/, "", text)
    return text
}

function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}
