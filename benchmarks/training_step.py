"""The speed of a full training step (forward, loss, backward, update) beside PyTorch; --help tells what to choose.

Nets A to E and the presets, batches of 1, 16, 32 and 128, one thread and two, plain SGD or with momentum. Own engine
and PyTorch run in processes of their own, one for each number of threads, in alternating rounds, so that a slow spell
of the machine hits all; only one of them works at a time. PyTorch gets its batches ready made, and takes contiguous or
channels_last, whichever is faster. The ratio is the median over rounds of the ratio within a round; its smallest is
shown too. Rounds in which other programs had more than a tenth of a core are dropped and counted; where too few are
left, all are used and the row is marked ~. The share of peak is that of the filter banks' multiply-adds in the whole
step, against a register-blocked multiply-add loop measured in the same round.

A net and batch takes at most 15 s: all of it some 5 minutes with five presets, twice that on a busy machine.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import statistics
import time
from pathlib import Path
from typing import Any

import nets
from rounds import FOREIGN, Contestant, busy_seconds, python_contestant

GOALS = {
    "A": ((24, 7, 6, 5), (12, 4, 4, 3.5)),
    "B": ((10, 4, 3.5, 2.6), (7, 2.5, 2.5, 2)),
    "C": ((2.7, 3.5, 4.5, 4.5), (2, 2, 3, 3)),
    "D": ((30, 45, 28, 9), (15, 20, 15, 6)),
    "E": ((8, 2.8, 2.6, 1.3), (4, 1.8, 1.8, 1.1)),
}
"""Ratios to reach, and those never to fall below, at batch 1, 16, 32 and 128: plain SGD, best threads of each."""
BATCHES = (1, 16, 32, 128)
OF_PEAK = 0.6
"""Share of peak that the convolutions of A, B, C and the linear layers of E are to reach at batch 32."""
Answer = dict[str, Any]


def one_round(contestants: dict[tuple[str, int], Contestant], seconds: float) -> Answer:
    """Ask all in turn: rates, peaks, and how many cores others had meanwhile."""
    before, start, own_cpu = busy_seconds(), time.perf_counter(), time.process_time()
    answers: Answer = {}
    cpu = 0.0
    for (engine, threads), each in contestants.items():
        if engine == "own":
            answers[f"peak {threads}"] = each.ask("peak", seconds=0.03)["gflops"]
            cpu += 0.03 * threads
        answer = each.ask("run", seconds=seconds)
        answers[f"{engine} {threads}"] = answer["rate"]
        cpu += answer["cpu"] * (1 + 0.02 / answer["seconds"])  # its warm-up too
    after = busy_seconds()
    spent = time.perf_counter() - start
    cpu += time.process_time() - own_cpu
    answers["foreign"] = 0.0 if before is None or after is None else max(0.0, (after - before - cpu) / spent)
    return answers


def measure(contestants: dict[tuple[str, int], Contestant], net: str, batch: int, options: Any) -> Answer:
    """All rounds of one net and batch."""
    deadline = time.perf_counter() + options.limit
    wanted = {"net": net, "batch": batch, "momentum": options.momentum}
    prepared = {key: each.ask("prepare", **wanted) for key, each in contestants.items()}
    missing = next((each["missing"] for each in prepared.values() if "missing" in each), "")
    if missing:
        contestants = {key: each for key, each in contestants.items() if key[0] == "own"}
    losses = [prepared[key]["loss"] for key in contestants]
    if max(losses) - min(losses) > 1e-4 * max(1, abs(losses[0])):
        raise SystemExit(f"{net} is not the same network everywhere: its first losses are {losses}.")
    rounds: list[Answer] = []
    while True:
        rounds.append(one_round(contestants, options.seconds))
        quiet = [each for each in rounds if each["foreign"] <= FOREIGN]
        if len(quiet) >= options.rounds or len(rounds) >= 3 * options.rounds or time.perf_counter() > deadline:
            break
    used = quiet if len(quiet) >= min(2, options.rounds) else rounds
    formats = {str(key[1]): each["format"] for key, each in prepared.items() if "format" in each}
    return {
        "net": net, "batch": batch, "missing": missing, "formats": formats, "rounds": used,
        "dropped": len(rounds) - len(used), "loaded": used is not quiet, "flops": nets.step_flops(nets.network(net)),
    }  # fmt: skip


def rows_of(measured: Answer, threads: list[int], momentum: float) -> list[Answer]:
    """A row for each number of threads and one for the best of each engine, with goals and verdict."""
    rounds = measured["rounds"]
    rows = []
    for count in [*threads, "best"]:

        def rate(engine: str, each: Answer, count: int | str = count) -> float:
            return max((each.get(f"{engine} {t}", 0.0) for t in (threads if count == "best" else [count])), default=0.0)

        own = statistics.median(rate("own", each) for each in rounds)
        peak = max(threads) if count == "best" else count
        row = {
            "net": measured["net"], "batch": measured["batch"], "threads": count, "own": own,
            "of_peak": statistics.median(
                rate("own", each) * measured["flops"] / (1e9 * each[f"peak {peak}"]) for each in rounds
            ),
            "dropped": measured["dropped"], "loaded": measured["loaded"], "missing": measured["missing"],
        }  # fmt: skip
        ratios = [rate("own", each) / rate("torch", each) for each in rounds if rate("torch", each)]
        if ratios:
            row |= {
                "torch": statistics.median(rate("torch", each) for each in rounds),
                "format": "/".join(sorted(set(measured["formats"].values()))),
                "ratio": statistics.median(ratios), "smallest": min(ratios),
            }  # fmt: skip
            if count == "best":
                row |= judge(row, momentum)
        rows.append(row)
    return rows


def judge(row: Answer, momentum: float) -> Answer:
    """Goal, floor and whether they are reached; with momentum the goal is to be nowhere behind PyTorch."""
    net, batch = row["net"], row["batch"]
    if momentum:
        goal = floor = 1.0
    elif net in GOALS and batch in BATCHES:
        goal, floor = (each[BATCHES.index(batch)] for each in GOALS[net])
    else:
        return {}
    verdict = "reached" if row["ratio"] >= goal else "not reached"
    return {"goal": goal, "floor": floor, "verdict": verdict if row["smallest"] >= floor else f"{verdict}, BELOW FLOOR"}


HEAD = (
    f"{'net':17} {'batch':>5} {'threads':>7} {'own/s':>11} {'PyTorch/s':>11} {'ratio':>7} {'least':>7} "
    f"{'goal':>5} {'floor':>5} {'of peak':>7}  verdict"
)


def text_of(row: Answer) -> str:
    """One line of the table."""

    def number(name: str, form: str) -> str:
        return format(row[name], form) if name in row else "-".rjust(int(form.split(".")[0].strip(",")))

    notes = [row.get("verdict", "")]
    if row["threads"] == "best" and row["dropped"]:
        notes.append(f"{row['dropped']} rounds dropped")
    if row["missing"]:
        notes.append(f"not in PyTorch: {row['missing']}")
    return (
        f"{row['net']:17} {row['batch']:5} {row['threads']:>7} {row['own']:11,.0f} {number('torch', '11,.0f')} "
        f"{number('ratio', '7.2f')} {number('smallest', '7.2f')} {number('goal', '5.1f')} {number('floor', '5.1f')} "
        f"{row['of_peak']:7.0%} {'~' if row['loaded'] else ' '}{', '.join(filter(None, notes))}"
    )


def modules(own: Contestant, names: list[str]) -> list[Answer]:
    """Share of peak of every filter bank at batch 32 on one thread, each operation timed by itself in compiled code.

    `whole` counts the copies of weights before and the sums of gradients after the samples too.
    """
    found = []
    for name in names:
        own.ask("prepare", net=name, batch=32, momentum=0.0)
        answer, peak = own.ask("profile"), own.ask("peak", seconds=0.1)["gflops"]
        total = sum(seconds for *_, seconds in answer["times"])
        for module_id, forward, backward in answer["work"]:
            times = dict.fromkeys(("prepare", "forward", "backward", "collect"), 0.0)
            for each, phase, _, seconds in answer["times"]:
                if each == module_id:
                    times[phase] += seconds
            whole = sum(times.values())
            flops = {"forward": forward, "backward": backward, "whole": forward + backward}
            row = {"net": name, "module": module_id, "share": whole / total}
            for part, seconds in {**times, "whole": whole}.items():
                if part in flops:
                    row[part] = flops[part] / max(seconds, 1e-12) / (1e9 * peak)
            found.append(row)
    return found


def text_of_module(row: Answer) -> str:
    """One line of the table of filter banks."""
    is_asked = (row["net"] in "ABC" and "Conv" in row["module"]) or row["net"] == "E"
    verdict = "" if not is_asked else "reached" if row["whole"] >= OF_PEAK else "not reached"
    parts = "  ".join(f"{row[part]:8.0%}" for part in ("forward", "backward", "whole", "share"))
    return f"{row['net']:17} {row['module']:16} {parts}  {verdict}"


def machine(options: Any) -> Answer:
    """What was measured on, and how."""
    import llvmlite.binding

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "processor": f"{platform.machine()} {llvmlite.binding.get_host_cpu_name()}", "cores": os.cpu_count(),
        "load": load, "torch": importlib.metadata.version("torch") if with_torch() else None,
        "momentum": options.momentum, "rounds": options.rounds, "seconds": options.seconds,
    }  # fmt: skip


def with_torch() -> bool:
    """Whether PyTorch is installed."""
    return importlib.util.find_spec("torch") is not None


def parsed() -> argparse.Namespace:
    """The command line."""

    def names(text: str) -> list[str]:
        unknown = set(text.split(",")) - set(nets.all_names())
        if unknown:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: there are {', '.join(nets.all_names())}")
        return text.split(",")

    def numbers(text: str) -> list[int]:
        return [int(each) for each in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--nets", type=names, default=nets.all_names(), help="such as A,B,lenet-5; all")
    parser.add_argument("--batches", type=numbers, default=list(BATCHES), help="such as 1,32; 1,16,32,128")
    parser.add_argument("--threads", type=numbers, default=[1, 2], help="1, 2 or 1,2")
    parser.add_argument("--momentum", type=float, nargs="?", const=0.9, default=0.0, help="0.9 where no number follows")
    parser.add_argument("--rounds", type=int, default=3, help="quiet ones of each net and batch")
    parser.add_argument("--seconds", type=float, default=0.2, help="of each measurement")
    parser.add_argument("--limit", type=float, default=15.0, help="seconds for a net and batch, beyond its first round")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write everything measured there")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    options = parsed()
    told = machine(options)
    peer = f"PyTorch {told['torch']}" if told["torch"] else "no PyTorch"
    print(f"{told['processor']}, {told['cores']} cores, load {told['load']:.1f}, {peer}, momentum {options.momentum:g}")
    engines = ["own", "torch"] if with_torch() else ["own"]
    rows: list[Answer] = []
    with contextlib.ExitStack() as stack:
        contestants = {(e, t): python_contestant(e, t) for e in engines for t in options.threads}
        for each in contestants.values():
            stack.callback(each.close)
        print(HEAD)
        for net in options.nets:
            for batch in options.batches:
                new = rows_of(measure(contestants, net, batch, options), options.threads, options.momentum)
                rows += new
                print("\n".join(map(text_of, new)), flush=True)
        own = contestants["own", min(options.threads)]
        banks = modules(own, options.nets) if min(options.threads) == 1 else []
    print(f"\n{'filter banks, batch 32, 1 thread':34}  forward  backward     whole  of step  (of peak)")
    print("\n".join(map(text_of_module, banks)))
    judged = [row for row in rows if "verdict" in row]
    print(f"\n{sum(row['verdict'] == 'reached' for row in judged)} of {len(judged)} goals reached.")
    if options.json:
        options.json.write_text(json.dumps({"machine": told, "rows": rows, "modules": banks}, indent=1))


if __name__ == "__main__":
    main()
