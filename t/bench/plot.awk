# The plot of report.awk: CPU time over the number of destinations.  Both axes
# are logarithmic, so that systems of very different cost can be told apart.

function plot_x(n) {
    return order[counts] == order[1] ? 60 + 280 \
           : 60 + 560 * log(n / order[1]) / log(order[counts] / order[1])
}


function plot_y(v) {
    return 440 - 400 * log(v / low) / log(high / low)
}


function write_svg(    k, j, s, n, v, out, color, dash, points, y, last, at) {
    out = dir "/relay.svg"

    split("#c0392b #e67e22 #f1c40f #1f4e9e #3498db #7f8c8d #000000" \
          " #8e44ad #d48ae0 #555555", colors, " ")

    low = high = 0

    for (k = 1; k <= counts; k++) {
        for (j = 1; j <= systems; j++) {
            if (runs[system_names[j], order[k]]) {
                v = median("cpu", system_names[j], order[k])
                if (low == 0 || v < low) low = v
                if (v > high) high = v
            }
        }
    }

    low = power_below(low)
    high = 2 * power_below(high)

    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 500\"" \
          " font-family=\"sans-serif\" font-size=\"12\">" > out
    print "<rect width=\"800\" height=\"500\" fill=\"#fff\"/>" > out
    print "<text x=\"60\" y=\"24\" font-size=\"14\">CPU time of the relay," \
          " ms per second and destination</text>" > out
    print "<text x=\"340\" y=\"486\" text-anchor=\"middle\">destinations" \
          "</text>" > out

    for (v = low; v <= high * 1.01; v *= 2) {
        line_svg(out, 60, plot_y(v), 620, plot_y(v))
        printf "<text x=\"54\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>\n",
               plot_y(v) + 4, v > out
    }

    for (k = 1; k <= counts; k++) {
        line_svg(out, plot_x(order[k]), 40, plot_x(order[k]), 440)
        printf "<text x=\"%.1f\" y=\"460\" text-anchor=\"middle\">%d</text>\n",
               plot_x(order[k]), order[k] > out
    }

    for (j = 1; j <= systems; j++) {
        s = system_names[j]
        color = colors[(j - 1) % 10 + 1]
        dash = s ~ /^restream/ ? "" : " stroke-dasharray=\"6 3\""
        points = ""

        for (k = 1; k <= counts; k++) {
            if (!runs[s, order[k]]) {
                continue
            }

            at = sprintf("%.1f,%.1f", plot_x(order[k]),
                         plot_y(median("cpu", s, order[k])))
            points = points " " at
            split(at, xy, ",")
            printf "<circle cx=\"%s\" cy=\"%s\" r=\"3\" fill=\"%s\"/>\n",
                   xy[1], xy[2], color > out
        }

        printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"" \
               " stroke-width=\"2\"%s/>\n", points, color, dash > out

        y = 50 + 20 * j
        printf "<line x1=\"640\" y1=\"%d\" x2=\"670\" y2=\"%d\" stroke=\"%s\"" \
               " stroke-width=\"2\"%s/>\n", y, y, color, dash > out
        printf "<text x=\"678\" y=\"%d\">%s</text>\n", y + 4, s > out
    }

    print "</svg>" > out
    close(out)
}


function power_below(v,    p) {
    p = 1

    while (p > v) p /= 2
    while (p * 2 <= v) p *= 2

    return p
}


function line_svg(out, x1, y1, x2, y2) {
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"" \
           " stroke=\"#ddd\"/>\n", x1, y1, x2, y2 > out
}
