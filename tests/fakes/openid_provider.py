"""A real OpenID Connect provider on loopback: signs real tokens, checks the proof key."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT: Final = "tacit"
SECRET: Final = "s3cret:with%signs"


@dataclass
class Asked:
    """A question that the provider answered with a code, which works once."""

    query: dict[str, str]
    used: bool = False


@dataclass
class Behaviour:
    """Who signs in there, and what is wrong with what the provider says of them."""

    claims: dict[str, Any] = field(default_factory=dict)  #: a value of None leaves out
    signed_by: Callable[["OpenIdProvider", dict[str, Any]], str] | None = None
    error: str = ""  #: instead of a code
    status: dict[str, int] = field(default_factory=dict)  #: by path
    body: dict[str, str] = field(default_factory=dict)  #: by path
    discovery: dict[str, Any] = field(default_factory=dict)


class OpenIdProvider:
    """Use as a context manager; `behaviour` may be replaced at any time."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.behaviour = Behaviour()
        self.key = a_key("the provider's")
        self.codes: dict[str, Asked] = {}
        self.asked: list[str] = []  #: the paths of what was asked for, in order
        self._server = _Http(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            **self.behaviour.discovery,
        }

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes back to, once somebody has signed in here."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        state = {"state": query["state"]}
        if self.behaviour.error:
            answer = {"error": self.behaviour.error, **state}
        else:
            code = secrets.token_urlsafe(8)
            self.codes[code] = Asked(query)
            answer = {"code": code, **state}
        return f"{query['redirect_uri']}?{urlencode(answer)}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Exchange a code, once, against the key that its challenge was made of."""
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        user, _, password = given.partition(":")
        if (unquote(user), unquote(password)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        asked = self.codes.get(form["code"])
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = _encoded(digest)
        if (
            asked is None
            or asked.used
            or asked.query["code_challenge"] != challenge
            or asked.query["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        asked.used = True
        token = self._signed(asked.query["nonce"])
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def _signed(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "subject-1", "nonce": nonce,
            "iat": now, "exp": now + 300, "email": "ops@example.com",
            "email_verified": True, **self.behaviour.claims,
        }  # fmt: skip
        sent = {name: value for name, value in claims.items() if value is not None}
        if self.behaviour.signed_by is not None:
            return self.behaviour.signed_by(self, sent)
        return jwt.encode({"alg": "RS256", "kid": "one"}, sent, self.key)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def by_another_key(_: OpenIdProvider, claims: dict[str, Any]) -> str:
    """Signed with a key that calls itself the provider's."""
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, a_key("another"))


def by_the_public_key(provider: OpenIdProvider, claims: dict[str, Any]) -> str:
    """Signed by HMAC with what everybody knows: the provider's public key."""
    text = _unsigned({"alg": "HS256", "kid": "one"}, claims)
    public = provider.key.as_pem(private=False)
    return f"{text}.{_encoded(hmac.digest(public, text.encode(), 'sha256'))}"


def by_nobody(_: OpenIdProvider, claims: dict[str, Any]) -> str:
    """Not signed at all, and says so."""
    return f"{_unsigned({'alg': 'none'}, claims)}."


@cache
def a_key(_name: str) -> RSAKey:
    """Made once for all tests: it takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


def _unsigned(header: dict[str, str], claims: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(_encoded(part) for part in parts)


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, provider: OpenIdProvider) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        provider = self.server.provider
        provider.asked.append(address.path)
        if address.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", provider.authorize(_flat(address.query)))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif address.path == "/keys":
            self._answer(200, provider.keys())
        elif address.path == "/.well-known/openid-configuration":
            self._answer(200, provider.discovery())
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        form = _flat(self.rfile.read(length).decode())
        given = self.headers.get("Authorization", "")
        self._answer(*self.server.provider.token(form, given))

    def _answer(self, status: int, content: Any) -> None:
        path = urlsplit(self.path).path
        behaviour = self.server.provider.behaviour
        body = behaviour.body.get(path, json.dumps(content)).encode()
        self.send_response(behaviour.status.get(path, status))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
