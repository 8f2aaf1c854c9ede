# Reads what the programs of the benchmark print: flat JSON objects, one a line.

# the value of a key in the line, without quotes

function text(key,    s) {
    if (!match($0, "\"" key "\":(\"[^\"]*\"|[^,}]*)")) {
        return ""
    }

    s = substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3)
    gsub(/"/, "", s)

    return s
}
