"""What the pages tell a newcomer to type is typed here, and has to do what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
SECONDS = 60


def _typed(page: Path) -> list[tuple[str, str]]:
    """Each call of a page with what it prints there."""
    calls: list[tuple[str, str]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for call in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, printed = call.partition("\n")
            calls.append((line, printed))
    return calls


def _run(line: str, folder: Path, code: int = 0) -> str:
    """What a `callendar` call prints in a folder of its own, without the spaces at the ends of its lines."""
    program, *words = shlex.split(line)
    assert program == "callendar", line
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLENDAR_")}
    done = subprocess.run(
        [str(Path(sys.executable).with_name("callendar")), *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == code, f"{line}\n{done.stderr}"
    return _tidy(done.stdout)


def _tidy(text: str) -> str:
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _without_ids(text: str) -> str:
    """Ids are random."""
    return re.sub(r"\b(co|p|cal|t|r)_[0-9a-f]{8,}\b", r"\1_…", text)


def test_a_rehearsal_says_what_the_page_shows() -> None:
    """docs/howto/rehearse-a-calendar.md, every call to the letter; nothing is left behind."""
    before = sorted(path.name for path in (DOCS / "howto").iterdir())
    calls = _typed(DOCS / "howto" / "rehearse-a-calendar.md")
    assert len(calls) == 2
    for line, printed in calls:
        assert _run(line, DOCS / "howto") == printed
    assert sorted(path.name for path in (DOCS / "howto").iterdir()) == before


def test_the_tutorial_leads_to_a_referral(tmp_path: Path) -> None:
    """docs/tutorial/first-calendar.md, step 3: company, person, calendar; read, she is referred with the why shown."""
    page = DOCS / "tutorial" / "first-calendar.md"
    text = page.read_text(encoding="utf-8")
    calendar = re.search(r"^\$ cat > budget\.ics <<END\n(.*?)^END$", text, re.MULTILINE | re.DOTALL)
    assert calendar is not None
    filled = subprocess.run(
        ["bash", "-c", f"cat <<END\n{calendar[1]}END"], capture_output=True, text=True, timeout=SECONDS, check=True
    ).stdout
    (tmp_path / "callendar").mkdir()
    (tmp_path / "callendar" / "budget.ics").write_text(filled, encoding="utf-8")
    folder = tmp_path / "nordlys"
    folder.mkdir()
    step = text.partition("## 3.")[2]
    calls = [(line, printed) for line, printed in _typed(page) if line in step]
    for start in ("callendar company add", "callendar people add", "callendar connect ics"):
        line, printed = next(each for each in calls if each[0].startswith(start))
        assert _without_ids(_run(line, folder)) == _without_ids(printed), line
    assert _run("callendar calendars sync", folder) == "budget: read\n"
    assert "Meeting (referred)" in _run("callendar people list", folder)
    said = _run("callendar referral show --person 101", folder)
    assert said.startswith("Anna Svensson: Meeting (referred), back ")
    assert "\nm: in a booking " in said
    line, printed = next(each for each in calls if each[0].startswith("callendar token create"))
    said, shown = _run(line, folder).splitlines(), printed.splitlines()
    assert said[0].partition(" ")[2] == shown[0].partition(" ")[2]
    assert said[2] == shown[2]


def test_people_are_imported_as_the_page_shows(tmp_path: Path) -> None:
    """docs/howto/import-people.md: the preview to the letter, with the status of refused lines; then it is written."""
    shutil.copy(DOCS / "howto" / "people.csv", tmp_path)
    for name, extension in (("Anna Svensson", 101), ("Bo Berg", 102), ("Eva Falk", 105)):
        address = f"{name.split()[0].casefold()}@nordlys.example"
        _run(f'callendar people add "{name}" --extension {extension} --email {address}', tmp_path)
    (preview, printed), (write, _), (nightly, _) = _typed(DOCS / "howto" / "import-people.md")
    assert _run(preview, tmp_path, 2) == printed
    assert "Written: 1 added, 2 changed." in _run(write, tmp_path, 2)
    report = json.loads(_run(nightly.partition(" > ")[0], tmp_path, 2))
    assert (report["written"], report["unchanged"], [each["line"] for each in report["refused"]]) == (False, 3, [5, 6])
    assert report["missing"][0]["name"] == "Eva Falk"


def test_rules_are_changed_as_the_page_shows(tmp_path: Path) -> None:
    """docs/howto/rules.md: each `rules` call to the letter, in a company with one person."""
    _run("callendar company add Nordlys", tmp_path)
    _run('callendar people add "Anna Svensson" --extension 101', tmp_path)
    calls = [each for each in _typed(DOCS / "howto" / "rules.md") if each[0].startswith("callendar ")]
    assert len(calls) == 2
    for line, printed in calls:
        assert _run(line, tmp_path) == printed
