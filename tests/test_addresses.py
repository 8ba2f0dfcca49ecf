"""The public internet ends where an address says so, whatever it is wrapped in and however it is spelt."""

import pytest

from aggregator.addresses import is_near, is_public

PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.215.14 100.63.255.255 100.128.0.0 126.255.255.255
    128.0.0.1 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 223.255.255.255
    2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450:4001:81b::200e
    ::ffff:8.8.8.8 ::ffff:808:808 64:ff9b::8.8.8.8 2002:808:808::1
""".split()

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255
    127.0.0.1 127.1.2.3 127.255.255.255 168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2
    172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255
    198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::7f00:1 0:0:0:0:0:0:0:1
    ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.1.2.3 ::ffff:169.254.169.254 ::ffff:0.0.0.0 ::FFFF:192.168.1.1
    64:ff9b::127.0.0.1 64:ff9b::a00:1 64:ff9b::169.254.169.254 64:ff9b:1::1 64:ff9b:1:ffff::8.8.8.8
    2002:7f00:1:: 2002:a00:1::1 2002:c0a8:101::1 2002:a9fe:a9fe::
    2001:0:4136:e378:8000:63bf:80ff:fffe 2001:0:808:808:0:0:f5ff:fffe
    2001:db8::1 2001:2::1 2001:10::1 3fff::1 3fff:fff::1 5f00::1 100::1
    fc00::1 fd00::1 fd00:ec2::254 fdff:ffff::1 fe80::1 fe80::1%eth0 febf::1%2 fec0::1 feff::1
    ff02::1 ff02::fb%eth0 ff05::2 ff0e::1
""".split()


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_network_behind_a_door_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("::ffff:0:127.0.0.1", id="translated, RFC 2765"),
        pytest.param("4000::1", id="assigned to nobody"),
    ],
)
def test_what_is_no_global_unicast_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "0177.0.0.1", "0x7f.1", "2130706433", "127.1", "1.2.3.4.5"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        is_public(text)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0",
        "0.0.0.0", "10.0.0.1", "192.168.1.1", "192.168.257", "169.254.169.254", "[::1]", "[fe80::1]",
        "[::ffff:10.0.0.1]",
        "localhost", "LOCALHOST.", "a.localhost", "printer.local", "db.internal", "nas.home.arpa",
    ],
)  # fmt: skip
def test_a_host_of_the_readers_own_network_is_near(host: str) -> None:
    assert is_near(host)


@pytest.mark.parametrize(
    "host",
    [
        "north.example", "8.8.8.8", "134744072", "0x08080808", "[2606:4700:4700::1111]", "mylocalhost",
        "local", "256.256.256.256", "1.2.3.4.5", "1.2.3.99999999", "0x", "09.1.1.1", "", "0xzz", "..", "1..2",
    ],
)  # fmt: skip
def test_a_name_or_an_address_elsewhere_is_not_near(host: str) -> None:
    assert is_near(host) is (host == "0x")  # browsers read a bare 0x as zero: this machine
