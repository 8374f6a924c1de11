"""What templates say that Django has no word for: seals, days, wordings, and differences."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from registry import comparison, days, markdown, meaning, rules, seals, wording
from registry.conditions import MonthCount
from registry.conditions.months import NUMBERS
from registry.look import look
from registry.models import Proposal, SignOff, Team
from registry.models.proposals import HEADING

register = template.Library()


register.filter("label", wording.label)
register.filter("day", days.day)
register.filter("moment", days.moment)
register.filter("month", days.month)


def _japanese() -> bool:
    return (get_language() or "ja").startswith("ja")


@register.simple_tag
def permanent(key: str, number: int) -> str:
    """The address of a version's page that a browser keeps for ever: it names the language and the look."""
    query = {"lang": get_language() or "ja"} | ({"look": look()} if look() else {})
    return f"{reverse('version', args=[key, number])}?{urlencode(query)}"


@register.filter
def say(worded: Any, stem: str) -> Any:
    """The text of a wording in the reader's language, or in the other where it is missing."""
    return wording.words(worded.wording, stem, (get_language() or "ja")[:2])


@register.filter
def tongue(worded: Any, stem: str) -> str:
    """The language that `say` answers in, for `lang=`."""
    language = (get_language() or "ja")[:2]
    return language if worded.wording.get(f"{stem}_{language}") else "en" if language == "ja" else "ja"


@register.filter
def other_tongue(worded: Any, stem: str) -> bool:
    """Whether the reader is shown the other language because theirs is missing."""
    return tongue(worded, stem) != (get_language() or "ja")[:2]


@register.simple_tag
def prose(worded: Any, stem: str, terms: Iterable[markdown.Term] = ()) -> SafeString:
    """The Markdown of a wording as HTML, with its terms linked."""
    return markdown.render(say(worded, stem), terms=list(terms))


@register.simple_tag
def seal(sign_off: SignOff, size: seals.Size = "full", void: bool = False) -> SafeString:
    """The stamp of one sign-off."""
    signer = sign_off.signed_by if size == "full" else None
    return seals.stamp(
        mark=sign_off.team.mark,
        date=timezone.localdate(sign_off.signed_at),
        name=_surname(signer) if signer else "",
        turn=seals.turn(f"{sign_off.digest}{sign_off.team_id}"),
        title=_seal_title(sign_off, void) if signer else _("%(team)s agreed") % {"team": sign_off.team.name},
        size=size,
        state="void" if void else "sealed",
    )


def _surname(user: Any) -> str:
    """As it stands on a seal: 田中 of 田中 美咲, Carter of Emily Carter, カーター of エミリー・カーター."""
    first = user.name == user.name_ja and "・" not in user.name
    parts = user.name.replace("・", " ").split()
    return parts[0 if first else -1] if parts else ""


def _seal_title(sign_off: SignOff, void: bool) -> str:
    template = (
        _("%(team)s had agreed · %(who)s · %(day)s · revision %(number)s, no longer valid")
        if void
        else _("%(team)s agreed · %(who)s · %(day)s · revision %(number)s")
    )
    return template % {
        "team": sign_off.team.name,
        "who": sign_off.signed_by.name,
        "day": days.day(sign_off.signed_at),
        "number": sign_off.revision.number,
    }


@register.simple_tag
def awaited(team: Team, size: seals.Size = "full") -> SafeString:
    """The empty ring where a seal is awaited."""
    title = _("The seal of %(team)s is awaited") % {"team": team.name}
    return seals.stamp(
        mark="",
        date=None,
        name="",
        turn=0,
        title=title,
        size=size,
        state="awaited",
    )


@register.simple_tag
def marked(pieces: Iterable[comparison.Piece]) -> SafeString:
    """Differences in a text: what is gone and what is new, each said for those who do not see colours."""
    tags = {"gone": "del", "new": "ins"}
    return format_html_join(
        "",
        "{}",
        (
            (format_html("<{0}>{1}</{0}>", tags[piece.kind], piece.text) if piece.kind in tags else piece.text,)
            for piece in pieces
        ),
    )


@register.filter
def kind(worded: Any) -> str:
    return str(wording.KINDS[worded.wording["kind"]])


@register.filter
def get(values: Mapping[Any, Any], key: Any) -> Any:
    """A value by a key that a template holds in a variable."""
    return values.get(key)


@register.filter
def example_text(example: Mapping[str, Any]) -> str:
    """A worked example in the reader's language, or in the other where it is missing."""
    first, second = ("ja", "en") if _japanese() else ("en", "ja")
    return example[first] or example[second]


@register.filter
def counting_facts(worded: Any) -> list[tuple[str, str]]:
    """What a counted metric counts, by which key and date: label and value where there is one."""
    names = ("counts", "counting_key", "dated_by", "first_per", "sums")
    return [(wording.label(name), worded.wording[name]) for name in names if worded.wording.get(name)]


@register.filter
def old_side(pieces: Iterable[comparison.Piece]) -> list[comparison.Piece]:
    return [piece for piece in pieces if piece.kind != "new"]


@register.filter
def new_side(pieces: Iterable[comparison.Piece]) -> list[comparison.Piece]:
    return [piece for piece in pieces if piece.kind != "gone"]


@register.filter
def is_code(field_name: str) -> bool:
    return wording.BY_NAME[field_name].shape == "code"


@register.filter
def sent_as(name: str) -> str:
    """What people know a form's field by: `meeting-text_ja` is a field of a wording."""
    key, _dash, worded = name.rpartition("-")
    if worded in wording.BY_NAME:
        return f"{key} · {wording.label(worded)}"
    if name in HEADING:
        field: Any = Proposal._meta.get_field(name)
        return str(field.verbose_name)
    return str(SENT_AS.get(name, name))


SENT_AS = {"words": gettext_lazy("Text"), "reason": gettext_lazy("Reason"), "about": gettext_lazy("About")}
SENT_BY_THE_PAGE = {"digest", "edits", "seen", "parent", "record", "team", "table", "agreed", "next"}


@register.filter
def by_hand(sent: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of what a form sent, what somebody may want to copy: neither empty, nor a password, nor what the page knows."""
    return [(name, value) for name, value in sent if value and "password" not in name and name not in SENT_BY_THE_PAGE]


@register.filter
def field_language(field_name: str) -> str:
    """The language of a field's text, or of the page where it has none."""
    return wording.BY_NAME[field_name].language or (get_language() or "ja")[:2]


@register.simple_tag
def may_close(objection: Any, standing: Any, user: Any) -> bool:
    """Whether the reader may close this objection, by the same rule that guards the act."""
    return rules.refusal("close_objection", standing, by=user, objection=objection) is None


@register.filter
def reply_prefix(comment: int) -> str:
    """Keeps the ids of the reply forms of one page apart."""
    return f"reply-{comment}"


@register.simple_tag
def condition_in_words(
    worded: Any, stamp: str, agreed_then: Any = None, vocabulary: Any = None, read_on: Any = None
) -> list[tuple[int, str]]:
    """The condition in plain words, `(depth, rule)` a line; `stamp` as `meaning.stamp` gives it.

    `agreed_then` are the wordings it refers to, where those of another day are meant and not today's;
    `vocabulary` is the one it is read in, and `read_on` the day for everything else it refers to, likewise.
    """
    if not stamp:
        return []
    return meaning.in_words(worded.wording, stamp, agreed_then or None, vocabulary or None, read_on or None)


@register.filter
def whole(number: Any) -> str:
    """A number with its thousands apart: 12,345."""
    return f"{number:,}"


@register.filter
def numbers(month: MonthCount) -> list[tuple[str, Any]]:
    """The outcomes of one month, in the order of a table's columns."""
    return [(name, getattr(month, name)) for name in NUMBERS]
