# SPDX-License-Identifier: BSL-1.0
# fish completion for imindex, imlogin, imlisten and imsend: one file, linked under each name.
# What may be completed is decided by complete.awk; here it is handed to fish, which does the quoting.

set -l here (path dirname (path resolve (status filename)))
set -g __im_program $here/../complete.awk
test -r $__im_program; or set -g __im_program $here/../../im/complete.awk

function __im_complete
    # A quote that is still open is closed, so that the word can be read without its quotes.
    set -l token (commandline -ct)
    set -l plain (string unescape -- $token $token\' $token\")[1]
    for line in (awk -f $__im_program -- (commandline -opc) "$plain")
        switch $line
            case ':files *'
                set -l begun (string replace ':files ' '' -- $line)
                __fish_complete_path (string sub -s (math (string length -- "$begun") + 1) -- "$plain") |
                    string replace -r -- "^" "$begun"
            case ':commands *'
                set -l begun (string replace ':commands ' '' -- $line)
                complete -C (string sub -s (math (string length -- "$begun") + 1) -- "$plain") |
                    string replace -r -- "^" "$begun"
            case '*'
                printf '%s\n' $line
        end
    end
end

for tool in imindex imlogin imlisten imsend
    complete -c $tool -e
    complete -c $tool -f -k -a '(__im_complete)'
end
