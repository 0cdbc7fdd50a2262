"""Killed at any moment, a service keeps what it has answered, and nothing half.

`CALLENDAR_TEST_KILLS=100` kills each as often as that.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anyio
import pytest

from callendar.store.key import KeyPlace, new_key
from tests.cast import CALLENDAR, plain_environment, until
from tests.integration.kill_trial import ANSWER_SECONDS, Trial, TurningFeeds, plant
from tests.integration.warm_serve import WarmServe, kill
from tests.postgres import start_postgres

KILLS = os.environ.get("CALLENDAR_TEST_KILLS")
BEFORE_IT_SERVES = 0.2
"""Part of the kills that come while the service starts."""


@contextmanager
def begun(database: str) -> Generator[Trial]:
    """A trial on an empty database, with its feeds; at the end, all of it is looked at once more."""
    feeds = TurningFeeds()
    with feeds.served():
        keys = KeyPlace(text=new_key())
        yield Trial(database, anyio.run(plant, database, feeds.url, keys), keys)


def kill_again_and_again(trial: Trial, warm: WarmServe, kills: int) -> None:
    chance = random.Random(20261124)
    with ExitStack() as last:
        with trial.written():
            for round_ in range(kills):
                with running(trial, warm):
                    if chance.random() < BEFORE_IT_SERVES:
                        time.sleep(chance.uniform(0.0, 0.4))
                        continue
                    trial.wait_served()
                    trial.look()
                    trial.resume()
                    trial.repeat()
                    time.sleep(chance.uniform(0.0, 0.8))
                    trial.look()
                # The others are recovered by the next start.
                if round_ % 2 == 0:
                    anyio.run(trial.check_kept)
            last.enter_context(running(trial, warm))
            trial.wait_served()
        finish(trial)
    anyio.run(trial.check_kept)
    anyio.run(trial.check_done_once)


@contextmanager
def running(trial: Trial, warm: WarmServe) -> Generator[int]:
    """A service, by its process id, that is killed at the end of the block, however that ends."""
    pid = warm.start(trial.environment, trial.port)
    try:
        yield pid
    finally:
        kill(pid)


def wait_answers(trial: Trial, more: int) -> None:
    """Wait until each client has been answered so many times more."""
    for writer in trial.writers:
        wanted = len(writer.answered) + more
        until(
            lambda writer=writer, wanted=wanted: len(writer.answered) >= wanted, ANSWER_SECONDS, "clients are answered"
        )


def finish(trial: Trial) -> None:
    """Nobody writes any more."""
    trial.look()
    trial.resume()
    trial.repeat()
    trial.check_answered()


def assert_quiet(said: Path) -> None:
    """Nothing broke in the service itself."""
    text = said.read_text()
    for word in ("Traceback", "job_broke", "request_broke", "reading_broke", "source_broke"):
        assert word not in text, text[text.index(word) - 500 : text.index(word) + 2000]


@pytest.mark.parametrize(("engine", "kills"), [("file", 12), ("postgresql", 5)], ids=["file", "postgresql"])
def test_a_killed_service_keeps_what_it_answered(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, kills: int
) -> None:
    """SIGKILL at random moments, while it starts too: no order answered is lost or done twice, keys answer as before,
    no reading is half, no row disagrees with its causes, no version goes back or comes again with other content."""
    database = str(tmp_path / "callendar.db") if engine == "file" else request.getfixturevalue("postgres_url")
    said = tmp_path / "said"
    with begun(database) as trial, WarmServe(said) as warm:
        kill_again_and_again(trial, warm, kills := int(KILLS or kills))
    assert sum(len(writer.answered) for writer in trial.writers) > 4 * kills
    assert_quiet(said)


def test_the_program_itself_is_killed_and_starts_again(tmp_path: Path) -> None:
    """`callendar serve` as it is installed, right after answers: the next one starts at once on the same file."""
    with begun(str(tmp_path / "callendar.db")) as trial:
        environment = {**plain_environment(), **trial.environment}
        command = [str(CALLENDAR), "serve", "--port", str(trial.port)]
        with trial.written():
            for _ in range(2):
                with (tmp_path / "said").open("ab") as out:
                    service = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
                trial.wait_served()
                trial.look()
                trial.resume()
                wait_answers(trial, 3)
                service.kill()
                service.wait()
                anyio.run(trial.check_kept)
            with (tmp_path / "said").open("ab") as out:
                service = subprocess.Popen(command, env=environment, stdout=out, stderr=out)
            trial.wait_served()
        finish(trial)
        service.kill()
        service.wait()
        anyio.run(trial.check_done_once)
    assert_quiet(tmp_path / "said")


def test_a_killed_postgresql_keeps_what_was_answered(tmp_path: Path) -> None:
    """The server itself is killed under the service: that goes on by itself when the server is back, and nothing that
    was answered is lost or done twice."""
    with start_postgres(durable=True) as server:
        database = server.url(server.create_database())
        said = tmp_path / "said"
        with begun(database) as trial, WarmServe(said) as warm:
            with running(trial, warm):
                with trial.written():
                    for _ in range(int(KILLS or 3)):
                        trial.wait_served()
                        trial.look()
                        wait_answers(trial, 5)
                        server.kill()
                        server.start()
                    trial.wait_served()
                finish(trial)
            anyio.run(trial.check_kept)
            anyio.run(trial.check_done_once)
        assert "Traceback" not in said.read_text()
