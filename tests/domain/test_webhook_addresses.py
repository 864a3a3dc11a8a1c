"""Where webhooks may be called: the open internet, and nothing of ours."""

import pytest

from engine.domain.webhooks import WebhookAddressError, checked_url, is_public


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "8.8.8.8"]
)
def test_an_address_of_the_open_internet_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.req("OPS-6")
@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1",  # noqa: S104 - refused
        "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255",
        "198.18.0.1", "192.0.2.1", "240.0.0.1",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "fec0::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:10.0.0.1",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2001:0:53aa:64c::1", "2001:db8::1", "localhost", "",
    ],
)  # fmt: skip
def test_an_address_of_a_private_network_may_not_be_called(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/tacit",
        "https://hooks.example.com:8443/tacit?team=1",
        "https://93.184.216.34/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/x",
    ],
)
def test_an_https_address_is_taken_as_it_is(url: str) -> None:
    assert checked_url(f" {url} ", private=False) == url


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.com/", "must begin with https://"),
        ("ftp://hooks.example.com/", "must begin with https://"),
        ("file:///etc/passwd", "is no address"),
        ("hooks.example.com", "is no address"),
        ("https://", "is no address"),
        ("https://hooks.example.com:99999/", "is no address"),
        ("https://hooks.example.com:0/", "is no address"),
        ("https://[::1/", "is no address"),
        ("https://me:secret@hooks.example.com/", "no user, password or #fragment"),
        ("https://hooks.example.com/#x", "no user, password or #fragment"),
        ("https://127.0.0.1/", "within a private network"),
        ("https://[::ffff:10.0.0.1]/", "within a private network"),
        ("https://169.254.169.254/latest/meta-data", "within a private network"),
        ("https://hooks.example.com/a b", "blanks or letters"),
        ("https://hooks.example.com/\r\nX: y", "blanks or letters"),
        ("https://exämple.com/", "blanks or letters"),
        ("https://hooks.example.com/" + "a" * 2_000, "too long"),
        ("", "blanks or letters"),
    ],
)
def test_another_is_refused_with_the_reason(url: str, said: str) -> None:
    with pytest.raises(WebhookAddressError, match=said.replace("(", r"\(")):
        checked_url(url, private=False)


def test_a_test_may_call_itself() -> None:
    url = "http://127.0.0.1:8080/hook"

    assert checked_url(url, private=True) == url
