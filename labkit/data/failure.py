"""Say in a sentence why a download failed, what to do, and whether another try may help.

The exceptions of requests are `OSError`s, and those of certificates and proxies are its
`ConnectionError`s: the order below, from the particular to the general, matters.
"""

import os
import socket
import ssl

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # in the order in which requests asks them
_PROXY = "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
_NETWORK = (ConnectionError, TimeoutError, socket.gaierror, socket.herror, ssl.SSLError)


def failure_of(error, limits):
    """Sort what a download raised.

    Parameters
    ----------
    error : Exception
        From pooch, requests or below.
    limits : labkit.data.download.Limits
        For the message.

    Returns
    -------
    tuple of (str, bool) or None
        What happened and what to do; whether it may pass. None where the network is not to blame,
        but the disk or the program.
    """
    import requests
    from requests.exceptions import BaseHTTPError  # of urllib3

    if isinstance(error, (requests.RequestException, BaseHTTPError)):
        return _of_requests(error, limits)
    if isinstance(error, _NETWORK):
        return _of_connection(error, limits)
    if isinstance(error, OSError) and error.errno is None:  # so requests misses a file
        return f"{_bundle()} missing; correct the variable or unset it ({_text(error)})", False
    if isinstance(error, ValueError):  # of pooch: the hash differs
        return _text(error), False
    return None


def _of_requests(error, limits):
    """Sort the exceptions of requests; several are each other's subclasses."""
    import requests
    from requests import exceptions as kinds

    text = _text(error)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return _of_status(error.response)
    if isinstance(error, kinds.ProxyError):
        return _of_proxy(text)
    if isinstance(error, kinds.SSLError):
        return _of_tls(text)
    if isinstance(error, kinds.InvalidProxyURL) or text.startswith("Proxy URL"):
        return f"the address of the proxy is not valid; {_PROXY} ({text})", False
    if isinstance(error, (kinds.InvalidURL, kinds.InvalidSchema, kinds.MissingSchema)):
        if "SOCKS" in text:
            return f"a SOCKS proxy needs the package PySocks; install it, or {_PROXY}", False
        return f"the address is not valid ({text})", False
    if isinstance(error, kinds.TooManyRedirects):
        return "the server sends from one address to the next without end", False
    if isinstance(error, kinds.ContentDecodingError):
        return "what came cannot be unpacked: it was damaged on its way", True
    if isinstance(error, kinds.ChunkedEncodingError):
        return "the connection broke off before the end", True
    if isinstance(error, kinds.ConnectTimeout):
        return f"no connection within {limits.connect:g} s", False
    if isinstance(error, kinds.Timeout):
        return f"no answer for {limits.read:g} s", True
    if isinstance(error, (requests.ConnectionError, kinds.BaseHTTPError)):
        return _of_connection(error, limits)
    return f"{type(error).__name__}: {text}", False


def _of_connection(error, limits):
    """Sort what has no class of its own by what lies below it, or by what it says."""
    text = _text(error)
    if any(isinstance(each, ssl.SSLError) for each in _chain(error)):
        return _of_tls(text)
    if any(isinstance(each, socket.gaierror) for each in _chain(error)) or "resolve" in text:
        return "no connection: the name of the host is not found; is there a network?", True
    if "timed out" in text:  # how requests reports a body that stops coming
        return f"nothing came for {limits.read:g} s", True
    for kind, said in (
        (ConnectionRefusedError, "no connection: the server refuses it"),
        (ConnectionResetError, "the connection was broken off by the other side"),
    ):
        if any(isinstance(each, kind) for each in _chain(error)):
            return said, True
    return f"no connection ({text[:200]})", True


def _of_status(response):
    """Say what a server, or a proxy on the way, answered."""
    status = response.status_code
    if status == 407:
        return _of_proxy("407")
    if status == 511:
        return "this network wants you to sign in first; open any page in a browser", False
    return f"the server said {status} {response.reason}", status >= 500


def _of_proxy(text):
    if "407" in text:
        return (
            "the proxy wants a name and a password (407); set HTTPS_PROXY and HTTP_PROXY to "
            "http://NAME:PASSWORD@HOST:PORT"
        ), False
    return f"the proxy cannot be used; {_PROXY} ({text[-200:]})", True


def _of_tls(text):
    if "X509" in text or "PEM" in text:
        return f"{_bundle()} damaged; correct the variable or unset it ({text[-200:]})", False
    if "certificate" in text.lower():
        return (
            "its certificate is not trusted; behind a proxy that opens connections set "
            "REQUESTS_CA_BUNDLE to the file of its certificates, and look whether this computer's "
            f"date is right ({text[-200:]})"
        ), False
    return f"no secure connection; does a proxy or a firewall interfere? ({text[-200:]})", True


def _bundle():
    """Name the file of trusted certificates, as the beginning of a sentence."""
    named = next((name for name in _BUNDLES if os.environ.get(name)), None)
    where = f"that {named} names" if named else "of the package certifi"
    return f"the file of trusted certificates {where} is"


def _text(error):
    return " ".join(str(error).split()) or type(error).__name__


def _chain(error):
    """Yield an exception, and those that it carries or comes from."""
    seen, left = set(), [error]
    while left:
        each = left.pop()
        if id(each) in seen or not isinstance(each, BaseException):
            continue
        seen.add(id(each))
        yield each
        left += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
