"""A real IMAP server, Debian's Dovecot, as a process of its own on a free port."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from imaplib import IMAP4
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Final

USER, PASSWORD = "replies", "made-up"
_TRIES: Final = 100


@dataclass(frozen=True)
class Dovecot:
    """Where it listens; every login is let in with the one password."""

    port: int

    def session(self) -> IMAP4:
        client = IMAP4("127.0.0.1", self.port, timeout=10)
        client.login(USER, PASSWORD)
        client.select("INBOX")
        return client

    def delivers(self, *mails: bytes) -> None:
        client = self.session()
        for mail in mails:
            client.append("INBOX", "", "", mail)
        client.logout()

    def makes(self, folder: str) -> None:
        client = self.session()
        client.create(folder)
        client.logout()

    def forgets_all(self) -> None:
        """The mailbox is made anew: numbers of mails mean others from now on."""
        client = self.session()
        client.store("1:*", "+FLAGS", "\\Deleted")
        client.expunge()
        client.logout()

    def flags(self) -> list[str]:
        client = self.session()
        _, data = client.fetch("1:*", "(FLAGS)")
        client.logout()
        return [one.decode() for one in data if isinstance(one, bytes)]

    def count(self, folder: str) -> int:
        client = self.session()
        _, data = client.select(folder)
        client.logout()
        return int(data[0] or 0)


def is_installed() -> bool:
    return shutil.which("dovecot", path="/usr/sbin:/usr/bin") is not None


@contextmanager
def dovecot(*, idles: bool = True) -> Iterator[Dovecot]:
    """Runs until left; `idles` is whether it says when mail has come.

    In a folder of its own: mail lies there as another user's where this one is root,
    and pytest lets nobody else into its folders.
    """
    with TemporaryDirectory(prefix="dovecot") as made:
        folder = Path(made)
        folder.chmod(0o755)
        with _running(folder, idles) as found:
            yield found


@contextmanager
def _running(folder: Path, idles: bool) -> Iterator[Dovecot]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    config = folder / "dovecot.conf"
    config.write_text(_config(folder, port, idles))
    process = subprocess.Popen(
        ["/usr/sbin/dovecot", "-F", "-c", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(port)
        yield Dovecot(port)
    finally:
        process.terminate()
        process.wait(timeout=30)
        # What serves a connection would go on as long as that is open.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for(port: int) -> None:
    for _ in range(_TRIES):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            sleep(0.1)
    raise TimeoutError("Dovecot does not listen")


def _config(folder: Path, port: int, idles: bool) -> str:
    is_root = os.getuid() == 0
    me = pwd.getpwuid(os.getuid()).pw_name
    mailer = "nobody" if is_root else me
    mail = folder / "mail"
    mail.mkdir(exist_ok=True)
    if is_root:
        found = pwd.getpwnam(mailer)
        os.chown(mail, found.pw_uid, found.pw_gid)
    group = "nogroup" if is_root else pwd.getpwuid(os.getuid()).pw_gid
    without_idle = (
        "" if idles else "imap_capability = IMAP4rev1 UIDPLUS MOVE LITERAL+\n"
    )
    return f"""\
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
default_internal_user = {mailer}
default_login_user = {mailer}
default_internal_group = {group}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{mail}/%u
mail_uid = {mailer}
mail_gid = {group}
{without_idle}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={mailer} gid={group} home={mail}/%u
}}
"""
