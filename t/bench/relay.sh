# A part of scripts/bench: what a destination costs.
#
# Usage: scripts/bench [relay] [options]
#
# Measures what a destination costs: this module, nginx-rtmp's push, ffmpeg's
# tee, and the floor, a bare loop with one write per message (or one for all
# that has waited, as the module does it); side by side.  Writes relay.md,
# relay.json and relay.svg to build/bench.
#
#   --destinations "N ..."  how many, each measured (1 8 32 64 128 256)
#   --systems "NAME ..."    of restream restream-copy restream-33ms
#                           restream-100ms push push-64k tee floor floor-flush
#                           floor-33ms floor-100ms restream-tls
#                           restream-tls-33ms floor-tls (all; tee with 32 at
#                           most)
#   --seconds N             measured time of each (8)
#   --warmup N              seconds before it, when all receive (2)
#   --repeat N              how often; the median counts (1)
#   --check                 exit with 1 when a goal is missed
#   --help                  this text

tee_limit=32

destinations='1 8 32 64 128 256'
systems='restream restream-copy restream-33ms restream-100ms push push-64k tee
    floor floor-flush floor-33ms floor-100ms restream-tls restream-tls-33ms
    floor-tls'
seconds=8
warmup=2
repeat=1
check=


main() {
    parse "$@"
    prepare
    build_programs

    : > "$dir/relay.runs"

    for run in $(seq "$repeat"); do
        for n in $destinations; do
            for system in $systems; do
                if [ "$system" != tee ] || [ "$n" -le $tee_limit ]; then
                    measure
                fi
            done
        done
    done

    report
}


parse() {
    known=" $(echo $systems) "

    while [ $# -gt 0 ]; do
        case $1 in
        --help)     help "$root/t/bench/relay.sh" ;;
        --check)    check=yes; shift; continue ;;
        --destinations | --systems | --seconds | --warmup | --repeat) ;;
        *)          wrong_use "unknown option \"$1\"" ;;
        esac

        [ -n "${2-}" ] || wrong_use "no value for \"$1\""

        for word in $2; do
            case $1,$word in
            --systems,*)
                [ "${known#* "$word" }" != "$known" ] \
                    || wrong_use "unknown system \"$word\"" ;;
            *,0* | *,*[!0-9]*)
                wrong_use "invalid \"$1\" value \"$word\"" ;;
            esac
        done

        case $1 in
        --destinations)  destinations=$2 ;;
        --systems)       systems=$2 ;;
        --seconds)       seconds=$2 ;;
        --warmup)        warmup=$2 ;;
        --repeat)        repeat=$2 ;;
        esac

        shift 2
    done
}


build_programs() {
    case $systems in
    *restream*)  "$root/scripts/setup" ;;
    esac

    case $systems in
    *tee*)  need_packages ffmpeg ;;
    esac

    build_peers
    logged bench compile floor stream session

    need_packages openssl

    logged bench openssl req -x509 -nodes -days 30 -subj /CN=localhost \
        -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -addext subjectAltName=IP:127.0.0.1 \
        -keyout "$dir/key.pem" -out "$dir/certificate.pem"
}


# One measurement of $system with $n destinations.
measure() {
    case $system in
    *-tls*)  tls=yes ;;
    *)       tls= ;;
    esac

    start_sink "$n" ${tls:+--tls "$dir/certificate.pem" "$dir/key.pem"}

    case $system in
    floor*)  start_floor ;;
    tee)     start_tee ;;
    *)       start_module ;;
    esac

    await "media at $n destinations" grep -q delivering "$dir/sink.out"
    sleep "$warmup"

    pids=$(relay_pids)

    kill -USR1 $sink
    begin=$(cpu_ns)
    sleep "$seconds"
    end=$(cpu_ns)
    kill -USR1 $sink

    [ "$(relay_pids)" = "$pids" ] && kill -0 $pids \
        || fail "$system: the relay ended or was restarted, see $dir/relay.log"

    rss_kb=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' \
             "/proc/$(echo "$pids" | tail -n 1)/status")

    wait $sink
    sink=

    printf '{"system":"%s","destinations":%d,"cpu_ns":%.0f,"rss_kb":%d,%s\n' \
        "$system" "$n" $((end - begin)) "$rss_kb" \
        "$(sed -n 's/^{//p' "$dir/sink.out")" >> "$dir/relay.runs"

    echo "$system with $n: $(((end - begin) / n / seconds / 1000)) us"

    stop
}


start_floor() {
    case $system in
    *-tls)    waits=--tls ;;
    *-flush)  waits=--flush ;;
    *-33ms)   waits='--batch 33' ;;
    *-100ms)  waits='--batch 100' ;;
    *)        waits= ;;
    esac

    taskset -c "$relay_cpu" "$dir/floor" $waits "$sink_port" "$n" \
        2> "$dir/relay.log" &
    relay=$!
}


start_tee() {
    outputs=

    for k in $(seq "$n"); do
        outputs="$outputs|[f=flv]rtmp://127.0.0.1:$sink_port/live/k$k"
    done

    taskset -c "$relay_cpu" ffmpeg -nostdin -loglevel error -listen 1 \
        -i "rtmp://127.0.0.1:$port/live/in" -map 0 -c copy -f tee \
        "${outputs#|}" 2> "$dir/relay.log" &
    relay=$!

    start_publisher
}


start_module() {
    settings=
    chunk_size=4096

    case $system in
    push-64k)  chunk_size=65536 ;;
    *-33ms)    settings='restream_batch 33ms;' ;;
    *-100ms)   settings='restream_batch 100ms;' ;;
    *-copy)    settings='restream_sendfile off;' ;;
    esac

    nginx_conf > "$dir/nginx.conf"

    start_nginx "$dir/nginx.conf"
    start_publisher
}


nginx_conf() {
    cat << END
daemon off;
worker_processes 1;
worker_rlimit_nofile 4096;
pid $dir/nginx.pid;
error_log stderr warn;
load_module $(modules_path)/ngx_rtmp_module.so;
END

    case $system in
    restream*)  echo "load_module $build/ngx_rtmp_restream_module.so;" ;;
    esac

    cat << END
events { worker_connections 2048; }

rtmp {
    access_log off;
    max_message 16m;
    chunk_size $chunk_size;

    server {
        listen 127.0.0.1:$port;

        application live {
            live on;
END

    case $system in
    restream*)
        echo "restream on; $settings"
        echo "restream_ssl_trusted_certificate $dir/certificate.pem;"

        seq "$n" | sed "s|.*|restream_destination d& \
rtmp${tls:+s}://127.0.0.1:$sink_port/live key=k&;|" ;;

    *)
        seq "$n" | sed "s|.*|push rtmp://127.0.0.1:$sink_port/live/k&;|" ;;
    esac

    echo "} } }"
}


report() {
    status=0

    awk -f t/bench/json.awk -f t/bench/report.awk -f t/bench/plot.awk \
        -v dir="$dir" -v seconds="$seconds" -v machine="$(machine)" \
        "$dir/relay.runs" \
        || status=$?

    [ $status -eq 0 ] || [ -z "$check" ] || exit 1
}
