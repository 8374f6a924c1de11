"""Exchanging the signing key, in an order in which a crash at any point leaves a ledger that verifies."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils.translation import gettext as _

from registry.ledger import keys
from registry.models import Event, User
from registry.proof import checkpoints
from registry.workflow import rotation


def rotate(*, by: User, reason: str) -> Event:
    """Announce the next key in the ledger, let the old one sign that, and only then put the next in its place.

    Interrupted, it goes on where it stopped when it is run again. Raises `checkpoints.KeyMissing` without the old key,
    and `checkpoints.Unreadable` where a key's file is damaged.
    """
    path = settings.SIGNING_KEY
    checkpoints.require_key()
    following = _next_key()
    if not path.exists():
        checkpoints.write()
    event = rotation.announce_key(keys.signing_key(path).public_key(), following, by=by, reason=reason)
    with keys.held(path):
        checkpoints.sign_held()
        keys.promote_next(path)
    return event


def is_lost() -> bool:
    """Whether neither the key that signed last is here, nor one that came in its place."""
    try:
        checkpoints.require_key()
    except checkpoints.KeyMissing:
        return True
    return False


def replace_lost(*, by: User, reason: str) -> Event:
    """Announce a next key although the one that signed last is gone. Nobody attests it: people must be told its name.

    Of the lost key, and of one that lies in its place unannounced, the public part is kept.
    Raises `checkpoints.Unreadable` where the next key's file is damaged.
    """
    path, last = settings.SIGNING_KEY, checkpoints.newest(settings.CHECKPOINTS)
    assert last is not None, "a key is missed only where it has signed"
    old = Ed25519PublicKey.from_public_bytes(bytes.fromhex(last["public_key"]))
    event = rotation.announce_key(old, _next_key(), by=by, reason=reason)
    with keys.held(path):
        keys.keep_public(path, old)
        keys.promote_next(path)
        checkpoints.sign_held()
    return event


def _next_key() -> Ed25519PrivateKey:
    path = settings.SIGNING_KEY
    try:
        return keys.next_key(path)
    except (OSError, ValueError) as error:
        sentence = _(
            "The next key in %(file)s can be neither read nor made (%(why)s), so the key was not exchanged. If the "
            "file is damaged, remove it and run this again, which makes another."
        )
        raise checkpoints.Unreadable(sentence % {"file": keys.next_path(path), "why": keys.reason(error)}) from error
