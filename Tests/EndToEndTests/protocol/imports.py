#!/usr/bin/env python3
"""Says how long `runroom import` takes for a folder of files of all formats, on one processor, and for the same again.

    imports.py --runroom .build/release/runroom --files 200 run.gpx …

Each file is one of the recorded runs, some days earlier, in one of the formats: GPX, TCX, FIT, KML and GeoJSON as a server
hands them out, some of them in gzip or zip. Exits with 1 when a file is refused or taken for another's duplicate, when the
second time does not name each as there already, or when either takes longer than --limit (20 s).
"""

import argparse
import datetime
import gzip
import io
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

import requests

import live


def earlier(text, days):
    """A GPX file so many days earlier."""

    def moved(match):
        moment = datetime.datetime.fromisoformat(match[1].replace("Z", "+00:00")) - datetime.timedelta(days=days)
        return moment.strftime("<time>%Y-%m-%dT%H:%M:%SZ</time>")

    return re.sub(r"<time>([^<]+)</time>", moved, text)


def zipped(name, data):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return file.getvalue()


# Ending of the name, format to ask the server for, and how it is packed.
KINDS = [
    ("gpx", "gpx", None), ("tcx", "tcx", None), ("fit", "fit", None), ("kml", "kml", None), ("geojson", "geojson", None),
    ("gpx.gz", "gpx", gzip.compress), ("fit.gz", "fit", gzip.compress), ("kmz", "kml", lambda data: zipped("doc.kml", data)),
    ("zip", "tcx", lambda data: zipped("run.tcx", data)),
]


def account(server):
    session = requests.Session()
    body = {"name": "ana", "password": "secret"}
    session.headers["Authorization"] = "Bearer " + session.post(server.url + "/v1/accounts", json=body).json()["token"]
    return session


def write_files(runroom, folder, runs, count):
    """Has a server take runs in and hand them out in all formats."""
    server = live.Server(runroom, str(folder / "source"))
    try:
        server.start()
        session = account(server)
        (folder / "files").mkdir()
        for number in range(count):
            ending, kind, pack = KINDS[number % len(KINDS)]
            text = earlier(runs[number % len(runs)], number + 1)
            told = session.post(server.url + "/v1/runs", files={"file": ("run.gpx", text)}).json()
            data = session.get(f"{server.url}/v1/runs/{told['files'][0]['id']}.{kind}").content
            (folder / "files" / f"run{number:03}.{ending}").write_bytes(pack(data) if pack else data)
    finally:
        server.kill()


def take(runroom, folder):
    """Imports all files: the seconds that it took, and what was said of them."""
    begun = time.monotonic()
    done = subprocess.run(
        [runroom, "import", "--data", str(folder / "data"), "--username", "ana", str(folder / "files")],
        capture_output=True, text=True, preexec_fn=lambda: os.sched_setaffinity(0, {0}))
    return time.monotonic() - begun, done.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runroom", required=True)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--limit", type=float, default=20, help="seconds")
    parser.add_argument("gpx", nargs="+", type=pathlib.Path, help="recorded runs")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="imports-"))
    failures = []
    try:
        write_files(options.runroom, folder, [file.read_text() for file in options.gpx], options.files)
        size = sum(file.stat().st_size for file in (folder / "files").iterdir())
        server = live.Server(options.runroom, str(folder / "data"))
        try:
            server.start()
            account(server)
        finally:
            server.kill()
        for word, name in (("made", "the first time"), ("duplicate", "again")):
            seconds, lines = take(options.runroom, folder)
            count = sum(f": {word}" in line for line in lines)
            print(f"{name:15} {seconds:5.1f} s for {size / 1e6:.0f} MB: {lines[-1]}", flush=True)
            if count != options.files:
                failures.append(f"{name}: {count} of {options.files} {word}")
            if seconds > options.limit:
                failures.append(f"{name}: {seconds:.1f} s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for failure in failures:
        print("FAIL ", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
