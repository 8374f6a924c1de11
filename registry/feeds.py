"""The secret address under which a feed reader, which cannot sign in, reads the history for one person.

Its key is computed from the person's password as it is stored: nothing is kept, and a new password, like a
deactivated account, makes the old address void.
"""

from django.utils.crypto import constant_time_compare, salted_hmac

from registry.models import User

_SALT = "registry.feeds"


def key(user: User) -> str:
    """What stands in the address of this person's feed."""
    return f"{user.pk}-{salted_hmac(_SALT, user.password, algorithm='sha256').hexdigest()[:40]}"


def owner(given: str) -> User | None:
    """Whose key it is, while it holds."""
    number, _dash, _rest = given.partition("-")
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return None
    user = User.objects.filter(pk=int(number), is_active=True).first()
    return user if user is not None and constant_time_compare(key(user), given) else None
