"""Which addresses may be connected to, and that the one checked is the one connected to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import httpcore2
import pytest

from callendar.contracts.source import Unreachable
from callendar.net.address import CheckedNetwork, is_public

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
    *("255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("::127.0.0.1", "::10.0.0.1", "64:ff9b:1::7f00:1", "fec0::1"),
]
PUBLIC = ["9.9.9.9", "93.184.216.34", "2606:4700:4700::1111", "::ffff:9.9.9.9", "64:ff9b::909:909"]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_of_this_machine_and_its_networks_are_private(address: str) -> None:
    """Also behind an IPv6 address that carries an IPv4 one, and those of cloud metadata."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_world_are_public(address: str) -> None:
    """The others."""
    assert is_public(address)


class Wires(httpcore2.AsyncNetworkBackend):
    """Connects nowhere, and remembers to which address it should have."""

    def __init__(self, dead: Sequence[str] = ()) -> None:
        self.tried: list[str] = []
        self._dead = dead

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.tried.append(host)
        if host in self._dead:
            raise httpcore2.ConnectError
        return httpcore2.AsyncMockStream([])


def network(addresses: Sequence[str], wires: Wires, *, allow_private: bool) -> tuple[CheckedNetwork, list[str]]:
    """A network in which every name has these addresses; and the names that were looked up."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return addresses

    return CheckedNetwork(allow_private=allow_private, resolve=resolve, backend=wires), asked


@pytest.mark.anyio
async def test_a_name_is_looked_up_once_and_its_address_connected_to() -> None:
    """Nobody can answer the check with one address and the connection with another."""
    wires = Wires()
    checked, asked = network(["93.184.216.34"], wires, allow_private=False)
    await checked.connect_tcp("calendar.example", 443, timeout=5)
    assert asked == ["calendar.example"]
    assert wires.tried == ["93.184.216.34"]


@pytest.mark.anyio
@pytest.mark.parametrize("address", PRIVATE)
async def test_a_name_of_a_private_address_is_not_connected_to(address: str) -> None:
    """The words name the setting that would allow it; nothing is tried."""
    wires = Wires()
    checked, _ = network([address], wires, allow_private=False)
    with pytest.raises(Unreachable, match="private_networks"):
        await checked.connect_tcp("calendar.example", 443, timeout=5)
    assert wires.tried == []


@pytest.mark.anyio
async def test_of_mixed_addresses_only_the_public_are_tried() -> None:
    """A private one among them is passed over."""
    wires = Wires(dead=["9.9.9.9"])
    checked, _ = network(["10.0.0.1", "9.9.9.9", "93.184.216.34"], wires, allow_private=False)
    await checked.connect_tcp("calendar.example", 443, timeout=5)
    assert wires.tried == ["9.9.9.9", "93.184.216.34"]


@pytest.mark.anyio
async def test_private_addresses_are_fine_where_they_are_allowed() -> None:
    """A company's own server."""
    wires = Wires()
    checked, _ = network(["10.0.0.1"], wires, allow_private=True)
    await checked.connect_tcp("calendar.corp", 443, timeout=5)
    assert wires.tried == ["10.0.0.1"]


@pytest.mark.anyio
async def test_a_name_without_address_is_told_in_words() -> None:
    """No such host."""

    async def resolve(host: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known")

    checked = CheckedNetwork(allow_private=True, resolve=resolve, backend=Wires())
    with pytest.raises(Unreachable, match=r"no server called calendar\.example"):
        await checked.connect_tcp("calendar.example", 443, timeout=5)


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
async def test_other_spellings_of_this_machine_are_what_they_stand_for(host: str) -> None:
    """Decimal, octal and short forms are resolved before they are looked at."""
    with pytest.raises(Unreachable, match="private network"):
        await CheckedNetwork(allow_private=False, backend=Wires()).connect_tcp(host, 80)


@pytest.mark.anyio
async def test_a_server_in_the_world_may_not_send_us_into_a_private_network() -> None:
    """Though calendars may lie there: a private server may send us there, and the world into the world."""
    stands_for = {"world": "9.9.9.9", "inside": "10.0.0.1", "beside": "10.0.0.2", "also": "9.9.9.10"}

    async def resolve(host: str, port: int) -> Sequence[str]:
        return [stands_for[host]]

    wires = Wires()
    checked = CheckedNetwork(allow_private=True, resolve=resolve, backend=wires)
    await checked.connect_tcp("world", 80)
    with checked.sent_by("world", to="also"):
        await checked.connect_tcp("also", 80)
    with checked.sent_by("world", to="inside"), pytest.raises(Unreachable, match="world points into a private network"):
        await checked.connect_tcp("inside", 80)
    await checked.connect_tcp("inside", 80)
    with checked.sent_by("inside", to="beside"):
        await checked.connect_tcp("beside", 80)
    with pytest.raises(Unreachable, match="private network"), checked.sent_by("world", to="beside"):
        raise AssertionError("it was connected to before, so that it has a connection that could be used again")
    stands_for["also"] = "10.0.0.3"
    with checked.sent_by("world", to="also"), pytest.raises(Unreachable, match="private network"):
        await checked.connect_tcp("also", 80)
    assert wires.tried == ["9.9.9.9", "9.9.9.10", "10.0.0.1", "10.0.0.2"]
