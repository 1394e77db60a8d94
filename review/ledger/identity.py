"""Who is at the keyboard, and with which key they sign.

The user is JupyterHub's, the database's, or a named profile of this machine, which is shown as
local. There is no anonymous author.
"""

from __future__ import annotations

import functools
import getpass
import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from review.errors import LedgerError

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES: Final = ("jupyterhub", "database", "local")
ROLES: Final = ("reviewer", "supervisor", "analyst", "administrator")


@dataclass(frozen=True, kw_only=True)
class Author:
    """A person in a role, with the key that signs.

    Parameters
    ----------
    name
        The user's name where ``source`` knows it.
    source
        Who vouches for the name: one of :data:`SOURCES`.
    role
        One of :data:`ROLES`.
    """

    name: str
    source: str
    role: str
    key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise LedgerError("an author without a name", expected="a named user")
        if self.source not in SOURCES:
            raise LedgerError(
                "unknown source of identity",
                expected=f"one of {', '.join(SOURCES)}",
                found=self.source,
            )
        if self.role not in ROLES:
            raise LedgerError(
                "no such role", expected=f"one of {', '.join(ROLES)}", found=repr(self.role)
            )

    @property
    def person(self) -> str:
        """Name with its source, as the staff list keeps it."""
        return f"{self.source}:{self.name}"

    @functools.cached_property
    def public_key(self) -> str:
        """The public key, hexadecimal."""
        raw = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )
        return raw.hex()

    @functools.cached_property
    def key_id(self) -> str:
        """Short name of the public key."""
        return key_id(self.public_key)

    def sign(self, digest: bytes) -> str:
        """Return the signature of a hash, hexadecimal."""
        return self.key.sign(digest).hex()


def key_id(public_key: str) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a public key."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def holds(public_key: Ed25519PublicKey, signature: str, digest: bytes) -> bool:
    """Say whether a signature is this key's for this hash."""
    try:
        public_key.verify(bytes.fromhex(signature), digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def current_author(
    *,
    role: str | None = None,
    database_user: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Author:
    """Return the user of this process.

    Parameters
    ----------
    role
        In which role; ``REVIEW_ROLE`` or ``reviewer`` if not given. The ledger checks it.
    database_user
        The user that the database knows (:attr:`review.ledger.Ledger.database_user`); it comes
        before all others.
    environ
        ``JUPYTERHUB_USER``, else ``REVIEW_USER``, else the operating system's log-in name.

    Raises
    ------
    LedgerError
        If there is no name, or the key file cannot be used.
    """
    env = os.environ if environ is None else environ
    if database_user:
        name, source = database_user, "database"
    elif env.get("JUPYTERHUB_USER"):
        name, source = env["JUPYTERHUB_USER"], "jupyterhub"
    else:
        name, source = env.get("REVIEW_USER") or _login_name(), "local"
    return Author(
        name=name,
        source=source,
        role=role or env.get("REVIEW_ROLE") or "reviewer",
        key=private_key(key_file(f"{source}:{name}", env)),
    )


def key_file(person: str, environ: Mapping[str, str]) -> Path:
    """Return where the private key of a person lives."""
    return key_folder(environ) / f"{quote(person, safe=':')}.pem"


def renewed(author: Author, *, environ: Mapping[str, str] | None = None) -> Author:
    """Make a new key for a person and put the old one aside; nothing is said to the ledger.

    Returns
    -------
    Author
        The same person with the new key. The old key is kept beside it, as ``<file>.<key id>``.

    Raises
    ------
    LedgerError
        If the files cannot be written.
    """
    path = key_file(author.person, os.environ if environ is None else environ)
    aside = path.with_name(f"{path.name}.{author.key_id}")
    try:
        path.rename(aside)
        made = private_key(path)
    except OSError as error:
        raise LedgerError(
            "the signing key cannot be put aside", where=path, found=error.strerror
        ) from error
    return replace(author, key=made)


def key_folder(environ: Mapping[str, str]) -> Path:
    """Return where private keys live: ``$XDG_CONFIG_HOME/review/keys``."""
    config = environ.get("XDG_CONFIG_HOME")
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    return (Path(config) if config else home / ".config") / "review" / "keys"


def private_key(path: Path) -> Ed25519PrivateKey:
    """Load a key, made on first use and readable by its owner alone.

    Raises
    ------
    LedgerError
        If others may read the file, or it holds no such key.
    """
    try:
        if not path.exists():
            _make_key(path)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise LedgerError(
                "others can read the signing key",
                where=path,
                expected="mode 0600",
                found=f"mode {stat.S_IMODE(path.stat().st_mode):04o}",
                todo="chmod 600, and have the key revoked if somebody may have copied it",
            )
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise LedgerError(
            "the signing key cannot be read or made", where=path, found=error.strerror
        ) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise LedgerError("not a signing key", where=path, expected="Ed25519, PEM") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError("not a signing key", where=path, expected="Ed25519, PEM")
    return key


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".key-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        # Linking fails where another process was first: its key is then everybody's.
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink(missing_ok=True)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:
        raise LedgerError(
            "nobody knows who you are", expected="a user name", todo="set REVIEW_USER"
        ) from error
