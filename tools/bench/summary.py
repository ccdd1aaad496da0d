# SPDX-License-Identifier: MIT
"""summary.py - the rounds of a case put together, and shown: medians, and of
ratios to the bare loop those inside one round."""
import json
import statistics

RATIOS = {"cpu_ratio": "cpu_us", "rate_ratio": "rate", "p999_ratio": "p999", "p99_ratio": "p99"}

# Of a round only: sums, and what others are computed from.
NOT_SUMMARIZED = {"is_rate_kept", "exchanges", "seconds", "user_ticks", "system_ticks"}

# Key, heading, how it is written.
COLUMNS = {
    "echo": [
        ("rate", "rate/s", "{:.0f}"), ("rate_ratio", "ratio", "{:.3f}"),
        ("cpu_us", "cpu us", "{:.3f}"), ("cpu_ratio", "ratio", "{:.3f}"), ("user_us", "user us", "{:.3f}"),
        ("p50", "p50 us", "{:.0f}"), ("p99", "p99 us", "{:.0f}"), ("p999", "p99.9 us", "{:.0f}"),
        ("client_share", "client CPU", "{:.0%}"),
    ],
    "churn": [
        ("rate", "conn/s", "{:.0f}"), ("rate_ratio", "ratio", "{:.3f}"),
        ("per_cpu_second", "conn/CPU s", "{:.0f}"), ("cpu_us", "cpu us", "{:.2f}"),
        ("cpu_ratio", "ratio", "{:.3f}"), ("user_us", "user us", "{:.3f}"),
        ("p50", "p50 us", "{:.0f}"), ("p99", "p99 us", "{:.0f}"), ("p999", "p99.9 us", "{:.0f}"),
        ("client_share", "client CPU", "{:.0%}"),
    ],
    "idle": [
        ("rss_each", "RSS/conn B", "{:.0f}"), ("pss_each", "PSS/conn B", "{:.0f}"),
        ("rss_bytes", "RSS before", "mib"), ("pss_bytes", "PSS before", "mib"),
        ("core_share", "CPU, idle", "{:.2%}"),
    ],
    "life": [
        ("start_ms", "start ms", "{:.1f}"), ("respawn_ms", "respawn ms", "{:.1f}"),
        ("reload_ms", "reload ms", "{:.1f}"),
    ],
}  # fmt: skip


def spread(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def numbers(rows, key):
    return [row[key] for row in rows if isinstance(row.get(key), (int, float))]


def ratios(rows, references, key):
    pairs = [(row.get(key), reference.get(key)) for row, reference in zip(rows, references)]
    return [own / bare for own, bare in pairs] if all(own is not None and bare for own, bare in pairs) else []


def user_us(rows, cpu_us):
    """Ticks are few in a round: the share is that of all rounds."""
    user, system = (sum(numbers(rows, key)) for key in ("user_ticks", "system_ticks"))
    return cpu_us * user / (user + system) if user + system else None


def summarize(rounds):
    """{peer: {key: {median, least, most}, kept_count, round_count}} of [{peer: row}].
    There is a figure only if every round has it: those that lack it are the
    bad ones, as where the asked rate was not kept, and the median of the others
    would flatter."""
    result = {}
    for name in rounds[0]:
        rows = [row[name] for row in rounds]
        kept_count = sum(row.get("is_rate_kept", True) for row in rows)
        keys = set.intersection(*map(set, rows)) - NOT_SUMMARIZED
        peer = {key: spread(numbers(rows, key)) for key in sorted(keys) if len(numbers(rows, key)) == len(rows)}
        for key, of in RATIOS.items():
            if values := ratios(rows, [row.get("bare", {}) for row in rounds], of):
                peer[key] = spread(values)
        if "cpu_us" in peer and (share := user_us(rows, peer["cpu_us"]["median"])) is not None:
            peer["user_us"] = {"median": share}
        peer |= {"kept_count": kept_count, "round_count": len(rows)}
        result[name] = peer
    return result


def rounded(value):
    """Of a tree of results: no more digits than mean something."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: rounded(member) for key, member in value.items()}
    return [rounded(member) for member in value] if isinstance(value, (list, tuple)) else value


def json_of(results):
    """A line for each member, and for each case."""
    lines = []
    for key, value in rounded(results).items():
        text = json.dumps(value, ensure_ascii=False)
        if key == "cases":
            text = "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in value) + "\n]"
        lines.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def not_kept(peer):
    """Words for who has no figures because a rate was asked for; "" otherwise."""
    kept, rounds = peer.get("kept_count", 0), peer.get("round_count", 0)
    return f"not kept ({kept}/{rounds})" if kept < rounds else ""


def cell(peer, key, form, otherwise="–"):
    if key not in peer:
        return otherwise
    value = peer[key]["median"]
    return f"{value / 2**20:.1f}" if form == "mib" else form.format(value)


def text_of(case, rate, peers, summary):
    """A table for the terminal."""
    columns = COLUMNS[case.kind]
    width = max([16, *(len(peer.name) for peer in peers)])
    head = f"{case.name}: {case.words()}" + (f", {rate} exchanges/s wanted" if rate else "")
    lines = [head, " " * width + "".join(f"{heading:>11}" for _, heading, _ in columns)]
    for peer in peers:
        if not (own := summary.get(peer.name)):
            continue
        line = f"{peer.name:<{width}}" + "".join(f"{cell(own, key, form):>11}" for key, _, form in columns)
        if "cpu_ratio" in own:
            line += "  ({least:.3f} to {most:.3f})".format(**own["cpu_ratio"])
        if not_kept(own):
            line += f"  rate kept in {own['kept_count']} of {own['round_count']} rounds"
        lines.append(line.rstrip())
    return "\n".join(lines)


def shown(peer, key, form):
    """A cell of a report."""
    return cell(peer, key, form, not_kept(peer) or "–")


def markdown(title, heads, rows):
    lines = ["", f"{title}", "", "| " + " | ".join(heads) + " |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def in_columns(results, title, kinds, key, form, is_wanted=lambda case: True):
    """A table of one figure: a row for each case, a column for each peer."""
    peers = [peer for peer in results["peers"] if not peer.get("left_out")]
    cases = [case for case in results["cases"] if case["kind"] in kinds and is_wanted(case)]
    rows = [
        [case["words"], *(shown(case["summary"].get(peer["name"], {}), key, form) for peer in peers)] for case in cases
    ]
    rows = [row for row in rows if set(row[1:]) != {"–"}]
    return markdown(title, ["", *(peer["label"] for peer in peers)], rows) if rows else []


def in_rows(results, case):
    """A table of one case: a row for each peer, all its figures."""
    columns = COLUMNS[case["kind"]]
    rows = []
    for peer in results["peers"]:
        if own := case["summary"].get(peer["name"]):
            rows.append([peer["label"], *(shown(own, key, form) for key, _, form in columns)])
    asked = f" ({case['rate_wanted']} exchanges/s)" if case.get("rate_wanted") else ""
    return markdown(f"**{case['words']}**{asked}", ["", *(heading for _, heading, _ in columns)], rows)


def markdown_of(results, is_whole):
    """For the README: what counts; whole: every figure of every case as well."""
    tables = in_columns(
        results, "Server CPU per exchange, relative to the bare loop (below 1: less than it)",
        ("echo", "churn"), "cpu_ratio", "{:.2f}",
    )  # fmt: skip
    tables += in_columns(
        results, "Exchanges (connections) per second, relative to the bare loop",
        ("echo", "churn"), "rate_ratio", "{:.2f}", lambda case: not case["is_open_loop"],
    )  # fmt: skip
    tables += in_columns(
        results, "p99.9 of the open loop, µs, from the intended send time",
        ("echo",), "p999", "{:.0f}", lambda case: case["is_open_loop"],
    )  # fmt: skip
    tables += in_columns(
        results, "The same, relative to the bare loop", ("echo",), "p999_ratio", "{:.2f}", lambda case: case["is_open_loop"]
    )
    tables += in_columns(results, "Connections per second of server CPU", ("churn",), "per_cpu_second", "{:.0f}")
    tables += in_columns(results, "Bytes of memory (RSS) per connection", ("idle",), "rss_each", "{:.0f}")
    tables += in_columns(results, "Milliseconds", ("life",), "start_ms", "{:.1f}")
    for case in results["cases"]:
        if case["kind"] == "life" or is_whole:
            tables += in_rows(results, case)
    return "\n".join(tables).strip() + "\n"
