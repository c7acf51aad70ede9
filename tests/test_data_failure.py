"""Why a download failed: each cause has a sentence of its own, with what to do."""

import errno
import http.client
import shutil
import socket
import ssl
import subprocess

import pytest
import requests
import urllib3
from requests import exceptions as kinds
from test_data_fetch import QUICK, TINY, Server, npz, serving
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from labkit.data import sources
from labkit.data.download import reachable
from labkit.data.failure import failure_of
from labkit.data.fetch import cached_or_downloaded

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "requests_ca_bundle")


@pytest.fixture(autouse=True)
def _direct(monkeypatch):
    """Go without proxy, and with the usual certificates."""
    for name in (*VARIABLES, "curl_ca_bundle"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    yield from serving(Server())


@pytest.fixture
def tls_server(tmp_path):
    """Serve https with a certificate that nobody trusts; its file is `server.bundle`."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", key, "-out", certificate, "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.bundle = certificate
    yield from serving(server)


def fetched(monkeypatch, *places):
    monkeypatch.setitem(sources.SOURCES, "mnist", places)
    reasons = []
    found = cached_or_downloaded("mnist", TINY, reasons, may_download=True, limits=QUICK)
    return found, "; ".join(reasons)


def place(base):
    return sources.Source(base, {"mnist.npz": None}, sources.read_keras_npz)


def secure(server):
    return place(server.source("a").base.replace("http:", "https:"))


def test_a_certificate_that_nobody_trusts_is_named(tls_server, monkeypatch):
    tls_server.pages["/a/mnist.npz"] = npz()
    found, reasons = fetched(monkeypatch, secure(tls_server))
    assert found is None
    assert "its certificate is not trusted" in reasons
    assert "REQUESTS_CA_BUNDLE" in reasons
    assert "LABKIT_CACHE" not in reasons
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls_server.bundle))
    assert fetched(monkeypatch, secure(tls_server))[0][2] == "download"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("state", ["missing", "damaged"])
def test_a_file_of_certificates_that_cannot_be_used_is_named(
    variable, state, tls_server, monkeypatch, tmp_path
):
    if state == "damaged":
        (tmp_path / "bundle.pem").write_text("no certificate")
    monkeypatch.setenv(variable, str(tmp_path / "bundle.pem"))
    found, reasons = fetched(monkeypatch, secure(tls_server))
    assert found is None
    assert f"certificates that {variable} names is {state}" in reasons
    assert "LABKIT_CACHE" not in reasons


def test_a_server_that_speaks_no_tls_is_told_from_a_bad_certificate(server, monkeypatch):
    found, reasons = fetched(monkeypatch, secure(server))
    assert found is None
    assert "no secure connection" in reasons
    assert "is not trusted" not in reasons


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_wants_a_password_is_named(scheme, server, monkeypatch):
    server.pages["http://data.example/mnist.npz"] = 407
    server.RequestHandlerClass = type(
        "Proxy", (server.RequestHandlerClass,), {"do_CONNECT": lambda self: self.send_error(407)}
    )
    monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://127.0.0.1:{server.server_port}")
    found, reasons = fetched(monkeypatch, place(f"{scheme}://data.example/"))
    assert found is None
    assert "the proxy wants a name and a password (407)" in reasons
    assert "HTTPS_PROXY" in reasons


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", "http://proxy.invalid:8080", "ftp://x"])
def test_a_proxy_that_cannot_be_used_is_named(address, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", address)
    found, reasons = fetched(monkeypatch, place("https://data.example/"))
    assert found is None
    assert "check HTTPS_PROXY" in reasons


def test_only_places_behind_a_proxy_are_taken_unasked(server, monkeypatch):
    far, near, dead = (
        place("http://data.example/"),
        server.source("a"),
        place("http://127.0.0.1:1/"),
    )
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert reachable([far, near, dead], QUICK) == [far, near, dead]
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert reachable([far, near, dead], QUICK) == [far, near]
    monkeypatch.delenv("HTTP_PROXY")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # not for these
    monkeypatch.delenv("NO_PROXY")
    assert reachable([near, dead], QUICK) == [near]


def test_no_name_for_a_host_is_no_error(server):
    odd = place(f"http://{'x' * 70}.example/")
    assert reachable([odd, server.source("a")], QUICK) == [server.source("a")]


def test_a_circle_of_addresses_is_named(server, monkeypatch):
    def page(handler):
        handler.send_response(302)
        handler.send_header("Location", handler.path)
        handler.end_headers()

    server.pages["/a/mnist.npz"] = page
    assert "without end" in fetched(monkeypatch, server.source("a"))[1]


def test_an_answer_that_cannot_be_unpacked_is_named(server, monkeypatch):
    def page(handler):
        handler.send_response(200)
        handler.send_header("Content-Encoding", "gzip")
        handler.send_header("Content-Length", "5")
        handler.end_headers()
        handler.wfile.write(b"plain")

    server.pages["/a/mnist.npz"] = page
    assert "cannot be unpacked" in fetched(monkeypatch, server.source("a"))[1]


def test_a_redirection_to_another_scheme_is_named(server, monkeypatch):
    def page(handler):
        handler.send_response(302)
        handler.send_header("Location", "ftp://data.example/mnist.npz")
        handler.end_headers()

    server.pages["/a/mnist.npz"] = page
    assert "the address is not valid" in fetched(monkeypatch, server.source("a"))[1]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full: free room"),
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be used"),
        (NotImplementedError("FileSystem does not appear to support flock"), "cannot be used"),
    ],
)
def test_a_disk_that_cannot_be_written_is_the_cache_s_fault(error, words, server, monkeypatch):
    def fail(*args, **kwargs):
        raise error

    server.pages["/a/mnist.npz"] = npz()
    monkeypatch.setattr("pooch.retrieve", fail)
    found, reasons = fetched(monkeypatch, server.source("a"))
    assert found is None
    assert words in reasons
    assert "LABKIT_CACHE" in reasons


def answer(status, reason="Some Reason"):
    response = requests.Response()
    response.status_code, response.reason = status, reason
    return requests.HTTPError(response=response)


def below(cause):
    """Wrap the cause of a connection that was not made as urllib3 and requests do."""
    new = NewConnectionError(None, f"Failed to establish a new connection: {cause}")
    new.__cause__ = cause
    return requests.ConnectionError(MaxRetryError(None, "/", new))


@pytest.mark.parametrize(
    ("error", "words", "may_pass"),
    [
        (answer(404), "the server said 404 Some Reason", False),
        (answer(503), "the server said 503 Some Reason", True),
        (answer(407), "the proxy wants a name and a password", False),
        (answer(511), "wants you to sign in", False),
        (requests.HTTPError("odd"), "HTTPError: odd", False),
        (kinds.ProxyError("Tunnel connection failed: 407 Proxy"), "name and a password", False),
        (kinds.ProxyError("Cannot connect to proxy."), "the proxy cannot be used", True),
        (kinds.SSLError("CERTIFICATE_VERIFY_FAILED"), "certificate is not trusted", False),
        (kinds.SSLError("hostname: certificate is not valid for"), "is not trusted", False),
        (kinds.SSLError("WRONG_VERSION_NUMBER"), "no secure connection", True),
        (ssl.SSLError("unexpected eof"), "no secure connection", True),
        (ssl.SSLCertVerificationError("certificate has expired"), "is not trusted", False),
        (kinds.InvalidProxyURL("odd"), "address of the proxy is not valid", False),
        (kinds.InvalidURL("odd"), "the address is not valid", False),
        (kinds.MissingSchema("odd"), "the address is not valid", False),
        (kinds.InvalidSchema("odd"), "the address is not valid", False),
        (kinds.InvalidSchema("Missing dependencies for SOCKS support."), "PySocks", False),
        (kinds.TooManyRedirects("odd"), "without end", False),
        (kinds.ContentDecodingError("odd"), "cannot be unpacked", True),
        (kinds.ChunkedEncodingError("odd"), "broke off before the end", True),
        (kinds.ConnectTimeout("odd"), "no connection within 2 s", False),
        (kinds.ReadTimeout("odd"), "no answer for 0.3 s", True),
        (requests.ConnectionError("Read timed out."), "nothing came for 0.3 s", True),
        (kinds.RetryError("odd"), "RetryError: odd", False),
        (below(socket.gaierror(-2, "Name or service not known")), "name of the host", True),
        (below(ConnectionRefusedError(errno.ECONNREFUSED, "refused")), "refuses it", True),
        (below(ConnectionResetError(errno.ECONNRESET, "reset")), "by the other side", True),
        (below(OSError(errno.ENETUNREACH, "Network is unreachable")), "unreachable", True),
        (ConnectionResetError(errno.ECONNRESET, "reset"), "by the other side", True),
        (TimeoutError("timed out"), "nothing came for 0.3 s", True),
        (socket.gaierror(-2, "Name or service not known"), "name of the host", True),
        (ProtocolError("odd", http.client.IncompleteRead(b"")), "no connection (", True),
        (urllib3.exceptions.DecodeError("odd"), "no connection (", True),
        (OSError("Could not find a suitable TLS CA certificate bundle"), "is missing", False),
        (ValueError("hash differs"), "hash differs", False),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_each_exception_has_its_sentence(error, words, may_pass):
    said, again = failure_of(error, QUICK)
    assert words in said
    assert again is may_pass
    assert "LABKIT_CACHE" not in said


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENAMETOOLONG])
def test_what_the_disk_raises_is_not_the_network_s(number):
    assert failure_of(OSError(number, "of the disk"), QUICK) is None
    assert failure_of(AttributeError("a fault of ours"), QUICK) is None
