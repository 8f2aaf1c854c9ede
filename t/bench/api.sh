# A part of scripts/bench: how soon the API answers.
#
# Usage: scripts/bench api [options]
#
# Measures how soon one worker answers to GET of a stream and PATCH of a
# destination while destinations are streaming, and what they notice; how soon
# it answers after a start; and whether what is stored takes shared memory.
# Writes api.md and api.json to build/bench.
#
#   --streams N             stored, each with 5 destinations (10000)
#   --destinations N        that the live stream is sent to (64)
#   --rate N                requests a second (200)
#   --live N                how many of a hundred are for the live stream (10)
#   --seconds N             of each load: GET, PATCH, both (10)
#   --warmup N              seconds before it, when all receive (2)
#   --check                 exit with 1 when a goal is missed
#   --help                  this text

stored_destinations=5
http_port=$((port + 1))
api=http://127.0.0.1:$http_port/restream

streams=10000
destinations=64
rate=200
live=10
seconds=10
warmup=2
check=


main() {
    parse "$@"
    prepare
    build_programs

    : > "$dir/api.runs"

    rm -rf "$dir/stores"
    mkdir -m 700 "$dir/stores"

    start 0
    count_memory 0
    stop

    logged bench "$dir/store" "sqlite:$(store "$streams")" \
        "$streams" "$stored_destinations" 0

    start "$streams"
    measure
    stop

    report
}


parse() {
    while [ $# -gt 0 ]; do
        case $1 in
        --help)   help "$root/t/bench/api.sh" ;;
        --check)  check=yes; shift; continue ;;
        --streams | --destinations | --rate | --live | --seconds | --warmup) ;;
        *)        wrong_use "unknown option \"$1\"" ;;
        esac

        case ${2-} in
        '')
            wrong_use "no value for \"$1\"" ;;
        0* | *[!0-9]*)
            wrong_use "invalid \"$1\" value \"$2\"" ;;
        esac

        case $1 in
        --streams)       streams=$2 ;;
        --destinations)  destinations=$2 ;;
        --rate)          rate=$2 ;;
        --live)          live=$2 ;;
        --seconds)       seconds=$2 ;;
        --warmup)        warmup=$2 ;;
        esac

        shift 2
    done

    [ "$destinations" -ge $stored_destinations ] \
        || wrong_use "\"--destinations\" has to be $stored_destinations or more"
}


build_programs() {
    "$root/scripts/setup"

    build_peers
    need_packages curl libjansson-dev libsqlite3-dev

    libraries="$libraries -ljansson -lsqlite3"

    logged bench compile load http stream histogram
    logged bench compile disk stream histogram
    logged bench compile store histogram 'model/*.c' 'jobs/restream_seal.c' \
                         'jobs/restream_store*.c'
}


store() {
    echo "$dir/stores/$1.db"
}


# start <stored>: nginx with so many streams in the store, and one more, which
# is live and goes to all destinations
start() {
    system="$1 stored streams"

    start_sink "$destinations"
    nginx_conf "$1" > "$dir/nginx.conf"

    begin=$(date +%s%N)
    start_nginx "$dir/nginx.conf"
    logged bench "$dir/load" "$http_port"
    first_ms=$((($(date +%s%N) - begin) / 1000000))

    live_stream > "$dir/live.json"
    logged bench curl -sS --fail-with-body "$api/streams" \
        -H 'Content-Type: application/json' --data-binary "@$dir/live.json"

    start_publisher

    await "media" grep -q delivering "$dir/sink.out"
    sleep "$warmup"

    pids=$(relay_pids)
}


nginx_conf() {
    cat << END
daemon off;
user $(id -un) $(id -gn);
worker_processes 1;
worker_rlimit_nofile 4096;
pid $dir/nginx.pid;
error_log stderr warn;
load_module $(modules_path)/ngx_rtmp_module.so;
load_module $build/ngx_rtmp_restream_module.so;

events { worker_connections 2048; }

rtmp {
    access_log off;
    max_message 16m;
    chunk_size 4096;

    restream_store sqlite:$(store "$1");
    restream_allow 127.0.0.0/8;
    restream_max_destinations $destinations;

    server {
        listen 127.0.0.1:$port;

        application live {
            live on;
            restream on;
        }
    }
}

http {
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 1d;

    server {
        listen 127.0.0.1:$http_port;

        location /restream/ {
            restream_api;
        }
    }
}
END
}


live_stream() {
    seq 0 $((destinations - 1)) | awk -v port="$sink_port" '
        { list = list (NR > 1 ? "," : "") "{\"name\":\"destination " $1 "\"," \
                 "\"url\":\"rtmp://127.0.0.1:" port "/live\"," \
                 "\"key\":\"k" $1 "\"}" }
        END { print "{\"app\":\"live\",\"name\":\"in\"," \
                    "\"destinations\":[" list "]}" }'
}


# What is asked for by goals, while the sink counts.
measure() {
    kill -USR1 $sink

    # without requests, but with the disk, to know what both are like

    others=$(($(core_ns) - $(cpu_ns)))
    began=$(date +%s)
    before=$(cpu_ns)

    taskset -c "$other_cpus" "$dir/disk" "$dir/stores/scratch" "$rate" \
        "$seconds" | tee -a "$dir/api.runs"

    idle_ns=$(($(cpu_ns) - before))

    for gets in 100 0 50; do
        before=$(cpu_ns)
        load "$seconds" $gets "$streams" "$live" > "$dir/load.out"
        cpu=$(($(cpu_ns) - before - idle_ns))

        sed "s/}\$/,\"cpu_us\":$((cpu / 1000 / rate / seconds))}/" \
            "$dir/load.out" | tee -a "$dir/api.runs"
    done

    others=$((($(core_ns) - $(cpu_ns) - others) / ($(date +%s) - began)))

    count_memory "$streams"

    kill -USR1 $sink
    wait $sink
    sink=

    printf '{"first_ms":%d,"idle_cpu_ns":%.0f,"others_ns":%.0f,%s\n' \
        "$first_ms" "$idle_ns" "$others" \
        "$(sed -n 's/^{//p' "$dir/sink.out")" >> "$dir/api.runs"
}


# load <seconds> <gets, per cent> <streams> <for the live one, per cent>
load() {
    taskset -c "$other_cpus" "$dir/load" "$http_port" "$rate" "$1" "$2" "$3" \
        "$stored_destinations" "$4"
}


# count_memory <stored>: pages of shared memory in use, when the live stream
# has been read and changed
count_memory() {
    load 2 50 0 100 > "$dir/load.out"

    for pid in $pids; do
        cat "/proc/$pid/smaps"
    done | awk -v stored="$1" '
        /^[0-9a-f]+-/            { shared = /dev\/zero/ }
        shared && $1 == "Pss:"   { kb += $2 }
        END { printf "{\"stored\":%d,\"shared_kb\":%d}\n", stored, kb }' \
        >> "$dir/api.runs"
}


report() {
    status=0

    awk -f t/bench/json.awk -f t/bench/api.awk -v dir="$dir" \
        -v streams="$streams" -v each="$stored_destinations" \
        -v destinations="$destinations" -v rate="$rate" -v seconds="$seconds" \
        -v machine="$(machine)" "$dir/api.runs" \
        || status=$?

    [ $status -eq 0 ] || [ -z "$check" ] || exit 1
}
