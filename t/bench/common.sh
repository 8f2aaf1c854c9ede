# What the parts of scripts/bench share: cores, programs, and the processes of
# one measurement.

dir=$build/bench
port=${RESTREAM_BENCH_PORT:-19350}
libraries='-lssl -lcrypto'

# what is measured at the moment, for messages, and what is running for it
system=
sink=
relay=
publisher=


prepare() {
    mkdir -p "$dir"
    cd "$root"

    # one at a time: they would measure each other
    exec 8> "$dir/lock"
    flock -n 8 || fail "another one is running"

    trap stop EXIT

    # for 256 destinations and some more
    ulimit -n 4096

    choose_cpus
}


# The relay gets the first core that we may use, the others the rest.
choose_cpus() {
    cpus=$(awk '/^Cpus_allowed_list/ {
        n = split($2, parts, ",")
        for (i = 1; i <= n; i++) {
            m = split(parts[i], range, "-")
            for (c = range[1]; c <= range[m]; c++) printf "%d ", c
        }
    }' /proc/self/status)

    relay_cpu=${cpus%% *}
    other_cpus=$(echo ${cpus#* } | tr ' ' ,)

    [ -n "$other_cpus" ] || fail "two cores are needed"
}


# The encoder and the destinations.
build_peers() {
    need_packages gcc libc6-dev libssl-dev nginx libnginx-mod-rtmp procps

    logged bench compile publisher stream session
    logged bench compile sink stream ingest histogram tally
}


# compile <program> <source>...: sources of t/bench by name, those of the
# module by path; $libraries are linked
compile() {
    program=$1
    sources=

    for source in "$@"; do
        case $source in
        */*)  sources="$sources ngx_rtmp_restream_module/$source" ;;
        *)    sources="$sources t/bench/$source.c" ;;
        esac
    done

    cc -std=c99 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror \
        -I ngx_rtmp_restream_module -o "$dir/$program" \
        $sources ngx_rtmp_restream_module/lib/*.c $libraries
}


# start_sink <connections> [--tls certificate key]
start_sink() {
    # the old one must not be taken for the new one's
    : > "$dir/sink.out"

    taskset -c "$other_cpus" "$dir/sink" --connections "$@" \
        > "$dir/sink.out" &
    sink=$!

    await "the sink" grep -q listening "$dir/sink.out"
    sink_port=$(sed -n 's/^listening //p' "$dir/sink.out")
}


# start_nginx <configuration>
start_nginx() {
    taskset -c "$relay_cpu" nginx -p "$dir/" -c "$1" 2> "$dir/relay.log" &
    relay=$!
}


start_publisher() {
    await "port $port" listening

    taskset -c "$other_cpus" "$dir/publisher" "$port" live in &
    publisher=$!
}


listening() {
    grep -q "0100007F:$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp
}


# await <what> <command>...: until it succeeds
await() {
    what=$1
    shift

    tries=300

    until "$@"; do
        for pid in $sink $relay $publisher; do
            kill -0 "$pid" 2> /dev/null \
                || fail "$system: a process ended before $what, see $dir"
        done

        tries=$((tries - 1))
        [ $tries -gt 0 ] || fail "$system: no $what in 30 s, see $dir"

        sleep 0.1
    done
}


relay_pids() {
    echo "$relay"
    pgrep -P "$relay" || true
}


# CPU time of all threads of the relay, from the scheduler
cpu_ns() {
    for pid in $pids; do
        cat "/proc/$pid/task/"*/schedstat
    done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}


# Time that the relay's core was not idle
core_ns() {
    awk -v core="cpu$relay_cpu" -v hz="$(getconf CLK_TCK)" '
        $1 == core { printf "%.0f\n", ($2 + $3 + $4 + $7 + $8 + $9) * 1e9 / hz }
    ' /proc/stat
}


stop() {
    for pid in $publisher $relay $sink; do
        kill "$pid" 2> /dev/null || true
        wait "$pid" 2> /dev/null || true
    done

    sink=
    relay=
    publisher=
}


machine() {
    echo "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)," \
         "$(echo $cpus | wc -w) cores, $(uname -sr)," \
         "$(nginx -v 2>&1 | sed 's/.*: //')," \
         "$(cat /proc/sys/net/ipv4/tcp_congestion_control)"
}
