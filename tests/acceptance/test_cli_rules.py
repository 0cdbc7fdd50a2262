"""`callendar rules`: shown, set one by one, and edited."""

from __future__ import annotations

from pathlib import Path

from tests.cast import Shell


def _editor(shell: Shell, name: str, script: str) -> str:
    """An editor that changes the file it is given by itself."""
    path = Path(shell.folder) / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_rules_are_set_and_edited(shell: Shell) -> None:
    """What would change is told; nothing is stored of what cannot be, is not confirmed, or differs in nothing."""
    shell.run("company", "add", "Nordlys")
    said = shell.run("rules", "set", "grace_minutes=10", "holidays.country=SE").out
    assert "grace_minutes: 5 → 10" in said
    assert 'holidays.country: null → "SE"' in said
    assert "Nothing is changed" in shell.run("rules", "set", "grace_minutes=10").out
    for typed, word in (("grace_minutes=500", "0 to 120"), ("mood=busy", "mood"), ("mode", "mode")):
        assert word in shell.refused("rules", "set", typed)

    text = shell.run("rules", "show", "--toml").out
    assert 'holidays.country = "SE"' in text
    (shell.folder / "rules.toml").write_text(text.replace('mode = "keywords"', 'mode = "busy"'))
    preview = shell.run("rules", "edit", "--file", "rules.toml").out
    assert 'mode: "keywords" → "busy"' in preview
    assert "--yes" in preview
    assert shell.run("rules", "show").json()["mode"] == "keywords"
    shell.run("rules", "edit", "--file", "rules.toml", "--yes")
    assert shell.run("rules", "show").json()["mode"] == "busy"
    (shell.folder / "bad.toml").write_text("\n\ngrace_minutes = 500\n")
    assert "line 3: grace_minutes" in shell.refused("rules", "edit", "--file", "bad.toml", "--yes")

    busy = _editor(shell, "busy", "sed -i s/next_free_minutes.*/next_free_minutes=30/ $1")
    assert "next_free_minutes: 15 → 30" in shell.run("rules", "edit", "--yes", EDITOR=busy, VISUAL="").out
    lazy = _editor(shell, "lazy", "true")
    assert "Nothing is changed" in shell.run("rules", "edit", "--yes", VISUAL=lazy).out
    wrong = _editor(shell, "wrong", "echo 'mode = ' > $1")
    assert "line 1" in shell.refused("rules", "edit", "--yes", VISUAL=wrong)
    rules = shell.run("rules", "show").json()
    assert (rules["next_free_minutes"], rules["mode"], rules["grace_minutes"]) == (30, "busy", 10)
