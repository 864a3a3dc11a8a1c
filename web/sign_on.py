"""Single sign-on: the authorization code flow of OpenID Connect, as its client.

What one attempt is known by, `flow`, is a random secret in a short-lived cookie of the
browser that began it. State, nonce and the verifier of PKCE are derived from it, so
there is nothing to keep here and no key to sign with: an answer fits only the browser
that asked, and only its own question.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

import structlog
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from engine.domain.accounts import Identity
from web.sign_on_documents import Documents, SignOnError, ask

log = structlog.get_logger("tacit.sign_on")

#: Where the provider sends people back to, below the installation's own address.
RETURN_PATH: Final = "/sign-in/sso/return"
_LEEWAY: Final = 60  # seconds that the provider's clock may be off
#: Only what takes a key of the provider's own: none, and HMAC, are for anybody.
_ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "EdDSA",
)  # fmt: skip


@dataclass(frozen=True)
class OpenIdConnect:
    """One provider, and what it calls us; everything else it says of itself."""

    issuer: str
    client_id: str
    client_secret: str | None
    return_to: str
    name: str | None = None
    documents: Documents = field(default_factory=lambda: Documents(timedelta(0)))

    def start(self, flow: str, now: datetime) -> str:
        """Where to send the browser that keeps `flow`."""
        found = self._discover(now)
        return str(
            prepare_grant_uri(
                _endpoint(found, "authorization_endpoint", self.issuer),
                self.client_id,
                "code",
                self.return_to,
                "openid email profile",
                derived("state", flow),
                nonce=derived("nonce", flow),
                code_challenge=create_s256_code_challenge(derived("verifier", flow)),
                code_challenge_method="S256",
            )
        )

    def finish(self, flow: str, answer: Mapping[str, str], now: datetime) -> Identity:
        """Who came back; SignOnError unless everything about the answer is right."""
        if answer.get("state") != derived("state", flow):
            raise SignOnError("the answer belongs to another attempt")
        if answer.get("iss", self.issuer) != self.issuer:
            raise SignOnError("the answer comes from another provider")
        if "code" not in answer:
            raise SignOnError(
                f"the provider refused ({answer.get('error', 'no code')})"
            )
        found = self._discover(now)
        try:
            tokens = self._exchange(found, answer["code"], derived("verifier", flow))
        except SignOnError as error:
            if error.is_away:
                self.documents.forget()  # it may have moved
            raise
        claims = self._claims(found, tokens, derived("nonce", flow), now)
        return Identity(self.issuer, str(claims["sub"]), _verified_email(claims))

    def _discover(self, now: datetime) -> dict[str, Any]:
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        found, _ = self.documents.get(address, now)
        if found.get("issuer") != self.issuer:
            self.documents.forget()
            raise SignOnError(
                f"the provider calls itself {found.get('issuer')}, not {self.issuer}: "
                "sign_on.issuer must be exactly that"
            )
        return found

    def _exchange(
        self, found: dict[str, Any], code: str, verifier: str
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.return_to,
            "client_id": self.client_id,
            "code_verifier": verifier,
        }
        options: dict[str, Any] = {}
        if self.client_secret is not None:
            ways = found.get("token_endpoint_auth_methods_supported")
            if ways and "client_secret_basic" not in ways:
                form["client_secret"] = self.client_secret
            else:
                # RFC 6749: both are form-encoded before they are joined.
                options["auth"] = quote(self.client_id), quote(self.client_secret)
        address = _endpoint(found, "token_endpoint", self.issuer)
        return ask("POST", address, data=form, **options)

    def _claims(
        self,
        found: dict[str, Any],
        tokens: dict[str, Any],
        nonce: str,
        now: datetime,
    ) -> CodeIDToken:
        try:
            token = self._token(found, str(tokens.get("id_token", "")), now)
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self.issuer},
                    "aud": {"essential": True, "value": self.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": nonce,
                    "client_id": self.client_id,
                    "access_token": tokens.get("access_token"),
                },
            )
            claims.validate(int(now.timestamp()), _LEEWAY)
        except _NOT_VALID as error:
            log.warning("identity refused", error=str(error))
            raise SignOnError("what the provider said of you is not valid") from None
        return claims

    def _token(self, found: dict[str, Any], text: str, now: datetime) -> jwt.Token:
        """The token, if it is signed with a key of the provider's as they are now."""
        address = _endpoint(found, "jwks_uri", self.issuer)
        keys, is_kept = self.documents.get(address, now)
        try:
            return _decoded(found, keys, text)
        except _NOT_VALID:
            if not is_kept:
                raise
        # It may have changed its keys since.
        return _decoded(found, self.documents.ask(address, now), text)


#: What is raised of tokens and keys that are not as they must be.
_NOT_VALID: Final = (JoseError, ValueError, TypeError, KeyError)


def _decoded(found: dict[str, Any], keys: dict[str, Any], text: str) -> jwt.Token:
    said = found.get("id_token_signing_alg_values_supported") or ["RS256"]
    registry = JWSRegistry(
        algorithms=[one for one in _ALGORITHMS if one in said],
        strict_check_header=False,
    )
    known = KeySet.import_key_set(keys)  # type: ignore[arg-type]
    return jwt.decode(text, known, registry=registry)


def derived(purpose: str, flow: str) -> str:
    """A value of one attempt, from which its secret cannot be told."""
    digest = hashlib.sha256(f"{purpose}:{flow}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    """An address that nobody checked is anybody's."""
    email = claims.get("email")
    is_verified = claims.get("email_verified") is True
    return email if is_verified and isinstance(email, str) and email else None


def _endpoint(found: Mapping[str, Any], name: str, issuer: str) -> str:
    """An address of the provider's; encrypted like its own."""
    address = found.get(name)
    scheme = urlsplit(issuer).scheme
    if not isinstance(address, str) or urlsplit(address).scheme not in (
        scheme,
        "https",
    ):
        raise SignOnError(f"the provider names no {name} that can be used")
    return address
