# Makes relay.md, relay.json and relay.svg in dir out of the measurements of
# scripts/bench, one flat JSON object a line, and prints the first of them.
# Exits with 1 when a goal of the relay is missed.
#
#     awk -f json.awk -f report.awk -f plot.awk -v dir=D -v machine=WORDS
#         -v seconds=N measurements
#
# Of several measurements of the same the median of each figure counts; lost
# frames are added up.

{
    system_name = text("system")
    n = text("destinations")

    if (!(system_name in known)) {
        known[system_name] = ++systems
        system_names[systems] = system_name
    }

    if (!(n in known_n)) {
        known_n[n] = 1
        insert_n(n)
    }

    i = ++runs[system_name, n]

    cpu = text("cpu_ns")
    sec = text("seconds")
    bytes = text("bytes")

    if (bytes == 0) {
        bytes = 1
    }

    put("cpu", cpu / 1e6 / sec / n)
    put("cpu_s_per_gbit", cpu / 1e9 / (bytes * 8 / 1e9))
    put("kbps", bytes * 8 / 1000 / sec / n)
    put("rss_kb", text("rss_kb"))
    put("video_p50", text("video_p50_us") / 1000)
    put("video_p99", text("video_p99_us") / 1000)
    put("audio_p50", text("audio_p50_us") / 1000)
    put("audio_p99", text("audio_p99_us") / 1000)

    put("sink", text("sink_cpu_ns") / 1e9 / sec)

    lost[system_name, n] += text("lost")

    if (text("tls") != "") {
        tls = text("tls")
    }
}


END {
    if (systems == 0) {
        exit 1
    }

    write_table()
    write_goals()
    close(dir "/relay.md")

    while ((getline line < (dir "/relay.md")) > 0) {
        print line
    }

    write_json()
    write_svg()

    exit missed > 0
}


function insert_n(n,    k) {
    for (k = ++counts; k > 1 && order[k - 1] > n + 0; k--) {
        order[k] = order[k - 1]
    }

    order[k] = n + 0
}


# keeps the values of one figure sorted

function put(figure, v,    key, k) {
    key = figure SUBSEP system_name SUBSEP n

    for (k = i; k > 1 && values[key, k - 1] > v; k--) {
        values[key, k] = values[key, k - 1]
    }

    values[key, k] = v
}


function median(figure, s, n,    k, m) {
    k = runs[s, n]
    m = int((k + 1) / 2)

    if (k % 2) {
        return values[figure, s, n, m]
    }

    return (values[figure, s, n, m] + values[figure, s, n, m + 1]) / 2
}


# what a destination takes of memory: against the least number measured

function growth(s, n,    k) {
    for (k = 1; k <= counts && order[k] < n; k++) {
        if (runs[s, order[k]]) {
            return (median("rss_kb", s, n) - median("rss_kb", s, order[k])) \
                   / (n - order[k])
        }
    }

    return ""
}


function write_table(    k, j, s, n, out, busy) {
    out = dir "/relay.md"

    print "# Cost of a destination\n" > out
    print "One publisher, 6 Mbit/s H.264 and AAC, 77 messages a second, to" \
          > out
    print "N destinations on the same machine, which look for data once a" \
          > out
    print "millisecond; one core for the relay.  " seconds " s each" \
          (tls == "" ? "" : "; TLS is " tls) ".  " machine ".\n" > out

    print "| N | system | CPU ms per s and destination | CPU s per Gbit" \
          " | video p50 / p99 ms | audio p50 / p99 ms | RSS MB" \
          " | RSS KB per destination | frames lost |" > out
    print "|---|---|---|---|---|---|---|---|---|" > out

    for (k = 1; k <= counts; k++) {
        n = order[k]

        for (j = 1; j <= systems; j++) {
            s = system_names[j]

            if (!runs[s, n]) {
                continue
            }

            printf "| %d | %s | %.3f | %.3f | %.1f / %.1f | %.1f / %.1f" \
                   " | %.1f | %s | %d |\n",
                   n, s, median("cpu", s, n), median("cpu_s_per_gbit", s, n),
                   median("video_p50", s, n), median("video_p99", s, n),
                   median("audio_p50", s, n), median("audio_p99", s, n),
                   median("rss_kb", s, n) / 1024,
                   growth(s, n) == "" ? "-" : sprintf("%.0f", growth(s, n)),
                   lost[s, n] > out

            if (median("sink", s, n) > 0.8) {
                busy = busy " " s " at " n ","
            }
        }
    }

    if (busy != "") {
        print "\nThe sinks were busy, latencies are not the relay's alone:" \
              substr(busy, 1, length(busy) - 1) "." > out
    }
}


function write_goals(    k, n) {
    goals = 0

    for (k = 1; k <= counts; k++) {
        n = order[k]

        if (n >= 64) {
            ratio(n, "restream", "push", 0.6)
            ratio(n, "restream", "push-64k", 0.75)
            ratio(n, "restream", "floor", 0.75)
            ratio(n, "restream-33ms", "floor", 0.55)
            ratio(n, "restream", "floor-flush")
            ratio(n, "restream-33ms", "floor-33ms")
            ratio(n, "restream-100ms", "floor-100ms")
            ratio(n, "restream-100ms", "push", 0.35)
            ratio(n, "restream-tls", "floor-tls", 0.85)
            ratio(n, "restream-tls-33ms", "floor-tls", 0.65)
            memory(n, "restream")
            memory(n, "restream-tls")
        }

        if (n == 64 && runs["restream", n]) {
            goal(n, "restream: video p99, ms",
                 median("video_p99", "restream", n), 10)
        }
    }

    for (k = 1; k <= systems; k++) {
        if (system_names[k] ~ /^restream/) {
            goal("all", system_names[k] ": frames lost",
                 all_lost(system_names[k]), 0)
        }
    }
}


function memory(n, s) {
    if (runs[s, n] && growth(s, n) != "") {
        goal(n, s ": RSS KB per destination", growth(s, n), 64)
    }
}


function all_lost(s,    k, sum) {
    for (k = 1; k <= counts; k++) {
        sum += lost[s, order[k]]
    }

    return sum
}


# without a limit: to compare
function ratio(n, s, base, limit) {
    if (runs[s, n] && runs[base, n]) {
        goal(n, s " / " base ": CPU",
             median("cpu", s, n) / median("cpu", base, n), limit)
    }
}


function goal(n, what, v, limit,    ok, verdict, out) {
    out = dir "/relay.md"
    ok = limit == "" || v <= limit
    verdict = limit == "" ? "" : ok ? "PASS" : "MISS"

    if (++goals == 1) {
        print "\n| N | goal | measured | at most | |" > out
        print "|---|---|---|---|---|" > out
    }

    if (!ok) {
        missed++
    }

    printf "| %s | %s | %.3g | %s | %s |\n", n, what, v, limit, verdict > out

    goal_json[goals] = sprintf("{\"destinations\":%s,\"goal\":\"%s\"," \
                               "\"measured\":%.3f,\"limit\":%s,\"met\":%s}",
                               n == "all" ? "null" : n, what, v,
                               limit == "" ? "null" : limit,
                               ok ? "true" : "false")
}


function write_json(    k, j, s, n, g, out, comma) {
    out = dir "/relay.json"

    printf "{\"machine\":\"%s\",\"seconds\":%s,\"results\":[",
           machine, seconds > out

    for (k = 1; k <= counts; k++) {
        n = order[k]

        for (j = 1; j <= systems; j++) {
            s = system_names[j]

            if (!runs[s, n]) {
                continue
            }

            g = growth(s, n)

            printf "%s\n{\"destinations\":%d,\"system\":\"%s\"," \
                   "\"runs\":%d,\"cpuMsPerSecond\":%.4f," \
                   "\"cpuSecondsPerGbit\":%.4f,\"kbps\":%.0f," \
                   "\"videoMs\":{\"p50\":%.3f,\"p99\":%.3f}," \
                   "\"audioMs\":{\"p50\":%.3f,\"p99\":%.3f}," \
                   "\"rssKb\":%d,\"rssKbPerDestination\":%s,\"lost\":%d}",
                   comma, n, s, runs[s, n], median("cpu", s, n),
                   median("cpu_s_per_gbit", s, n), median("kbps", s, n),
                   median("video_p50", s, n), median("video_p99", s, n),
                   median("audio_p50", s, n), median("audio_p99", s, n),
                   median("rss_kb", s, n),
                   g == "" ? "null" : sprintf("%.1f", g), lost[s, n] > out
            comma = ","
        }
    }

    printf "\n],\"goals\":[" > out

    for (k = 1; k <= goals; k++) {
        printf "%s\n%s", (k > 1 ? "," : ""), goal_json[k] > out
    }

    print "\n]}" > out
    close(out)
}
