"""Hand-over and take-over as a picture; made from the results' file alone."""

import math

WIDTH, LEFT, ROW = 860, 130, 26
INK, GRID, OURS, PEER, FLOOR = "#24292f", "#d0d7de", "#0969da", "#8c959f", "#1a7f37"


def render(document):
    found = {(m["subject"], m["measure"]): m["value"] for m in document["measures"]}
    subjects = list(dict.fromkeys(m["subject"] for m in document["measures"]))
    panels = [
        ("Clean hand-over, ms: p50 to p99", subjects, "handover-p50", "handover-p50", "handover-p99", True),
        (f"Take-over after SIGKILL, s: lowest to highest, TTL {document['ttl']} s", subjects,
         "take-over-after-kill-median", "take-over-after-kill-min", "take-over-after-kill-max", False),
        ("Grants a second, one lock among 2 to 200", subjects, "throughput-2", "throughput-200", "throughput-2", True),
    ]
    body, top = [], 10
    for title, names, middle, low, high, logarithmic in panels:
        rows = [(s, found.get((s, low)), found.get((s, middle)), found.get((s, high))) for s in names]
        rows = [(s, min(a, c), b, max(a, c)) for s, a, b, c in rows if a and b and c]
        if rows:
            part, top = _panel(title, rows, top, logarithmic)
            body += part
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" '
            f'font-family="sans-serif" font-size="12" fill="{INK}"><rect width="100%" height="100%" fill="white"/>\n'
            + "\n".join(body) + "\n</svg>\n")


def _panel(title, rows, top, logarithmic):
    highest = max(row[3] for row in rows)
    lowest = min(row[1] for row in rows)
    if logarithmic:
        first, last = math.floor(math.log10(lowest)), math.ceil(math.log10(highest))
        ticks = [10.0 ** e * m for e in range(first, last + 1) for m in (1, 2, 5)]
        ticks = [t for t in ticks if 10.0 ** first <= t <= 10.0 ** last]
        low, high = math.log10(ticks[0]), math.log10(ticks[-1])
        place = lambda value: LEFT + (math.log10(value) - low) / (high - low) * (WIDTH - LEFT - 90)
    else:
        ticks = [t for t in range(0, math.ceil(highest) + 1)]
        place = lambda value: LEFT + value / ticks[-1] * (WIDTH - LEFT - 90)
    out = [f'<text x="{LEFT}" y="{top + 18}" font-size="14" font-weight="bold">{title}</text>']
    begin, end = top + 30, top + 30 + ROW * len(rows)
    for tick in ticks:
        x = place(tick)
        out.append(f'<line x1="{x:.1f}" y1="{begin}" x2="{x:.1f}" y2="{end}" stroke="{GRID}"/>')
        out.append(f'<text x="{x:.1f}" y="{end + 15}" text-anchor="middle" font-size="10">{tick:g}</text>')
    for number, (subject, low_value, middle, high_value) in enumerate(rows):
        y = begin + ROW * number + ROW / 2
        colour = OURS if subject.startswith("lockclaim") else FLOOR if subject.startswith("floor") else PEER
        out.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{subject}</text>')
        out.append(f'<line x1="{place(low_value):.1f}" y1="{y}" x2="{place(high_value):.1f}" y2="{y}" stroke="{colour}" '
                   f'stroke-width="6" stroke-linecap="round" opacity="0.45"/>')
        out.append(f'<circle cx="{place(middle):.1f}" cy="{y}" r="5" fill="{colour}"/>')
        out.append(f'<text x="{place(high_value) + 10:.1f}" y="{y + 4}" font-size="11">{_short(low_value)} – {_short(high_value)}</text>')
    return out, end + 30


def _short(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
