"""Figures with their bars and peers, as a table for people and as the JSON of all benchmarks (`BenchmarkReport` in Swift)."""
import json
import os

from serving_server import remark


class Report:
    def __init__(self, machine, peer=None):
        self.machine, self.peer, self.figures = machine, peer, []

    def add(self, name, value, unit="s", bar=None, lower=True, peer=None, peer_name=None):
        """`peer` is its value; the report's own peer gave it if no other is named."""
        peer_name = peer_name or self.peer
        figure = {"name": name, "value": value, "unit": unit}
        if bar is not None:
            figure |= {"bar": bar, "holds": value <= bar if lower else value >= bar}
        if peer is not None:
            ratio = (peer / value if lower else value / peer) if value and peer else None
            figure |= {"peer": peer_name, "peer_value": peer, "ratio": ratio}
        self.figures.append(figure)
        # A long run that is broken off has said something.
        remark(f"  {name}: {value:.3f} {unit}" + (f"; {peer_name}: {peer:.3f}" if peer is not None else ""))

    def table(self):
        def number(value):
            return f"{value:.3f}" if abs(value) < 1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"

        rows = [["", "value", "unit", "bar", "peer", "its value", "ratio"]]
        for figure in self.figures:
            bar = f"{number(figure['bar'])} {'holds' if figure['holds'] else 'MISSED'}" if "bar" in figure else ""
            theirs, ratio = figure.get("peer_value"), figure.get("ratio")
            rows.append([figure["name"], number(figure["value"]), figure["unit"], bar, figure.get("peer", ""),
                         "" if theirs is None else number(theirs), "" if ratio is None else f"{ratio:.2f}"])
        widths = [max(len(row[column]) for row in rows) for column in range(7)]
        return self.machine + "\n" + "".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + "\n" for row in rows)

    def write(self, path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w") as file:
            json.dump({"machine": self.machine, "figures": self.figures}, file, indent=1)
