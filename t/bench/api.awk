# Makes api.md and api.json in dir out of the measurements of scripts/bench api,
# one flat JSON object a line, and prints the first of them.  Exits with 1 when
# a goal is missed.
#
#     awk -f json.awk -f api.awk -v dir=D -v machine=WORDS -v streams=N
#         -v each=N -v destinations=N -v rate=N -v seconds=N measurements

/"call"/ {
    calls++

    gets = text("gets")
    load[calls] = gets == "" ? "none" : gets == 100 ? "GET" \
                  : gets == 0 ? "PATCH" : "both"
    call[calls] = text("call") (gets == "" ? "" : " " text("of"))
    requests[calls] = text("requests")
    p50[calls] = text("p50_us") / 1000
    p99[calls] = text("p99_us") / 1000
    max[calls] = text("max_us") / 1000

    # a bucket of the histogram may end above the largest of all
    if (p99[calls] > max[calls]) {
        p99[calls] = max[calls]
    }

    late[calls] = text("late_p99_us") / 1000
    cpu[calls] = text("cpu_us")
    failed += text("failed")
}


/"shared_kb"/ {
    shared[text("stored")] = text("shared_kb")
}


/"first_ms"/ {
    first = text("first_ms") + 0
    lost = text("lost") + 0
    closed = text("closed") + 0
    frames = text("video_frames") + text("audio_frames")
    kbps = text("bytes") * 8 / 1000 / text("seconds") / destinations
    video_p50 = text("video_p50_us") / 1000
    video_p99 = text("video_p99_us") / 1000
    idle = text("idle_cpu_ns") / 1e6 / seconds
    others = text("others_ns") / 1e7
}


END {
    if (first == "") {
        exit 1
    }

    out = dir "/api.md"

    write_table()
    write_goals()
    close(out)

    while ((getline line < out) > 0) {
        print line
    }

    write_json()

    exit missed > 0
}


function write_table(    i) {
    print "# The API while " destinations " destinations are streaming\n" > out
    print streams " streams with " each " destinations each are stored; " \
          rate " requests a second" > out
    print "to one worker, " seconds " s each; durations count from when a" \
          " request was due." > out
    print machine ".\n" > out

    print "| load | call | requests | p50 ms | p99 ms | max ms" \
          " | sent late, p99 ms | CPU us per request |" > out
    print "|---|---|---|---|---|---|---|---|" > out

    for (i = 1; i <= calls; i++) {
        printf "| %s | %s | %d | %.2f | %.2f | %.2f | %.2f | %s |\n",
               load[i], call[i], requests[i], p50[i], p99[i], max[i], late[i],
               (cpu[i] == "" ? "-" : cpu[i]) > out
    }

    printf "\nMeanwhile the destinations got %d frames, %.0f kbit/s each," \
           " video with p50 / p99\n", frames, kbps > out
    printf "of %.1f / %.1f ms.  Without requests the relay took %.0f ms of" \
           " CPU a second and\n", video_p50, video_p99, idle > out
    printf "others had its core for %.0f %% of the time%s.\n", others,
           (others > 3 ? ": a noisy run" : "") > out
    printf "Shared memory in use: %d KB, with none stored %d KB.\n",
           shared[streams], shared[0] > out
}


function write_goals(    i) {
    print "\n| goal | measured | at most | |" > out
    print "|---|---|---|---|" > out

    for (i = 1; i <= calls; i++) {
        if (load[i] == "none") {
            continue
        }

        goal(load[i] ": " call[i] ": p99, ms", p99[i], 10)
    }

    goal("requests not answered with 200", failed, 0)
    goal("frames lost", lost, 0)
    goal("connections closed", closed, 0)
    goal("start to first answer, ms", first, 2000)
    goal("shared memory for what is stored, KB",
         shared[streams] - shared[0], 0)
}


function goal(what, v, limit,    ok) {
    ok = v <= limit
    missed += !ok

    printf "| %s | %.4g | %s | %s |\n", what, v, limit,
           (ok ? "PASS" : "MISS") > out

    goal_json[++goals] = sprintf("{\"goal\":\"%s\",\"measured\":%.3f," \
                                 "\"limit\":%s,\"met\":%s}",
                                 what, v, limit, ok ? "true" : "false")
}


function write_json(    i, json) {
    json = dir "/api.json"

    printf "{\"machine\":\"%s\",\"streams\":%d,\"destinations\":%d," \
           "\"rate\":%d,\"seconds\":%d,\"firstMs\":%d,\"frames\":%d," \
           "\"lost\":%d,\"closed\":%d,\"kbps\":%.0f," \
           "\"videoMs\":{\"p50\":%.3f,\"p99\":%.3f}," \
           "\"idleCpuMsPerSecond\":%.1f,\"othersPercent\":%.1f," \
           "\"sharedKb\":{\"noneStored\":%d,\"allStored\":%d},\"results\":[",
           machine, streams, destinations, rate, seconds, first, frames,
           lost, closed, kbps, video_p50, video_p99, idle, others, shared[0],
           shared[streams] > json

    for (i = 1; i <= calls; i++) {
        printf "%s\n{\"load\":\"%s\",\"call\":\"%s\",\"requests\":%d," \
               "\"ms\":{\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}," \
               "\"lateMs\":%.3f,\"cpuUs\":%s}",
               (i > 1 ? "," : ""), load[i], call[i], requests[i], p50[i],
               p99[i], max[i], late[i], (cpu[i] == "" ? "null" : cpu[i]) > json
    }

    printf "\n],\"goals\":[" > json

    for (i = 1; i <= goals; i++) {
        printf "%s\n%s", (i > 1 ? "," : ""), goal_json[i] > json
    }

    print "\n]}" > json
    close(json)
}
