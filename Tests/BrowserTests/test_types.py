"""The scripts, as TypeScript sees them."""

import subprocess

from conftest import REPOSITORY


def test_types_and_calls_of_the_scripts_fit():
    checked = subprocess.run(
        ["tsc", "-p", str(REPOSITORY / "Sources" / "Web" / "Site" / "tsconfig.json")], capture_output=True, text=True,
        timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr
