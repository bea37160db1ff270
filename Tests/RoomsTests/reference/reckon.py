#!/usr/bin/env python3
"""Reckons recorded runs by the rules of the live protocol, section 4, independently of the server.

Written from the protocol's page alone, with Karney's geodesics from the Python package geographiclib (2.1):

    pip install geographiclib
    python3 reckon.py RUN.gpx ...

It prints, for each run, what RecordedRunTests.swift expects: the metres along all recorded places, the metres and
seconds that count, how many markers count, and the time at each full kilometre. All of it twice: for the places as the
watch wrote them, and rounded to 7 decimals, as the server keeps them. The centimetre between these decides, for
somebody who walks, which markers are beyond the 4 m of stillness, and so which corners are cut.
"""

import re
import sys
from datetime import datetime

from geographiclib.geodesic import Geodesic

WORST_ACCURACY = 50.0  # metres
TOP_SPEED = 12.5  # metres per second
STILLNESS = 4.0  # metres
AGREEING = 3  # markers


def markers(path, decimals):
    """The places of a GPX file as (seconds, latitude, longitude), in the file's order."""
    text = open(path, encoding="utf-8").read()
    for point in re.findall(r"<trkpt\b.*?</trkpt>", text, re.S):
        latitude = float(re.search(r'\blat="([^"]+)"', point).group(1))
        longitude = float(re.search(r'\blon="([^"]+)"', point).group(1))
        stamp = re.search(r"<time>([^<]+)</time>", point).group(1)
        latitude, longitude = round(latitude, decimals), round(longitude, decimals)
        yield datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp(), latitude, longitude


def metres(one, two):
    return Geodesic.WGS84.Inverse(one[1], one[2], two[1], two[2], Geodesic.DISTANCE)["s12"]


def is_runnable(one, two):
    """Whether a runner gets from one marker to another in the time between them."""
    return two[0] > one[0] and metres(one, two) <= TOP_SPEED * (two[0] - one[0])


def counted_stretches(run):
    """The markers that count, in stretches between which the way is unknown."""
    stretches, previous, doubtful = [[]], None, []
    for marker in run:
        before, previous = previous, marker
        if marker[1] == 0 and marker[2] == 0:
            previous = before
            continue
        if before is not None and marker[0] <= before[0]:
            continue
        if not stretches[-1] or is_runnable(stretches[-1][-1], marker):
            stretches[-1].append(marker)
            doubtful = []
            continue
        if doubtful and not is_runnable(doubtful[-1], marker):
            doubtful = []
        doubtful.append(marker)
        if len(doubtful) == AGREEING:
            stretches.append(doubtful)
            doubtful = []
    return stretches


def reckon(run):
    """Metres, seconds, the number of counted markers, and the seconds at each full kilometre."""
    start, total, kilometres, count, last = run[0][0], 0.0, [], 0, run[0][0]
    for stretch in counted_stretches(run):
        place = None
        for before, marker in zip([None] + stretch, stretch):
            count += 1
            last = max(last, marker[0])
            if place is None:
                place = marker
                continue
            step = metres(place, marker)
            if step <= STILLNESS:
                continue
            while total + step >= 1000 * (len(kilometres) + 1):
                share = (1000 * (len(kilometres) + 1) - total) / step
                kilometres.append(before[0] + share * (marker[0] - before[0]) - start)
            total += step
            place = marker
    return total, last - start, count, kilometres


for path in sys.argv[1:]:
    for decimals, name in ((15, "as written"), (7, "rounded to 7 decimals")):
        run = list(markers(path, decimals))
        everything = sum(metres(one, two) for one, two in zip(run, run[1:]))
        total, seconds, count, kilometres = reckon(run)
        print(f"{path}, {name}: {len(run)} markers, {everything:.3f} m along all of them")
        print(f"  counted: {count} markers, {total:.3f} m, {seconds:.1f} s")
        print(f"  kilometres at: {', '.join(f'{at:.2f}' for at in kilometres)}")
