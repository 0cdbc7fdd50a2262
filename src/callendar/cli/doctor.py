"""`callendar doctor`: every setting and connection, in plain words."""

from __future__ import annotations

import typer
from rich.markup import escape

from callendar.app import open_parts
from callendar.cli.desk import CompanyOption, console, find_company, run
from callendar.cli.outside import examine_public_url
from callendar.domain.line import printable
from callendar.engine.examine import Finding, examine, examine_keys, examine_store
from callendar.settings import load_settings


def add_to(program: typer.Typer) -> None:
    """Put this command under `callendar`."""
    program.command(epilog="Example: callendar doctor")(doctor)


def doctor(company: CompanyOption = None) -> None:
    """Try everything and say what is wrong and how to mend it; exit status 1 on a fault."""

    async def work() -> int:
        loaded = load_settings()
        console.print("[bold]Settings[/]")
        for name, origin in loaded.origins.items():
            value = loaded.settings.shown(name)
            console.print(f"  {name} = {escape(value)}  [dim]({escape(origin)})[/]", highlight=False, soft_wrap=True)
        faults = 0

        def tell(finding: Finding) -> None:
            nonlocal faults
            faults += not finding.well
            sign = "[green]ok[/]" if finding.well else "[red]fault[/]"
            console.print(f"  {sign}  {escape(printable(finding.said))}", highlight=False, soft_wrap=True)

        async with open_parts(loaded.settings) as parts:
            for finding in await examine_store(parts.store):
                tell(finding)
            console.print("[bold]Secrets[/]")
            for finding in await examine_keys(parts.store):
                tell(finding)
            if loaded.settings.public_url is not None:
                console.print("[bold]From outside[/]")
                if await parts.is_served():
                    public_url, now = loaded.settings.public_url, parts.clock.now()
                    async for finding in examine_public_url(public_url, parts.store.epoch, now):
                        tell(finding)
                else:
                    tell(Finding(well=True, said="serve is not running, so public_url was not tried"))
            companies = [await find_company(parts, company)] if company else await parts.store.load_companies()
            for each in companies:
                console.print(f"[bold]{escape(printable(each.name))}[/]")
                with console.status("Trying its connections…"):
                    async for finding in examine(parts.store, each, parts.sources, parts.source_context):
                        tell(finding)
            if not companies:
                console.print("There is no company yet; add one with: callendar company add NAME")
        if faults:
            console.print(f"[red]{faults} fault{'s' if faults > 1 else ''}.[/]")
        else:
            console.print("[green]All is well.[/]")
        return faults

    if run(work):
        raise typer.Exit(1)
