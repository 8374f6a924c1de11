"""What changed between two days as files to pass on: Markdown that reads like release notes, and a table."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from django.urls import reverse
from django.utils.translation import gettext as _

from registry import as_of, changes, clock, comparison, days, wording
from registry.changes import Between, Entry

type Absolute = Callable[[str], str]

_SPECIAL = re.compile(r"([\\`*_\[\]<>~#|])")


def markdown(between: Between, absolute: Absolute) -> Iterator[str]:
    """The report, stage by stage; `absolute` makes a link of a path. Written as it is read, so it may be long."""
    values = {"since": days.day(between.since), "until": days.day(between.until)}
    yield "# " + _("What changed in the glossary from %(since)s to %(until)s") % values + "\n\n"
    yield lede(between) + "\n"
    stages = {stage.pk: stage.name for stage in as_of.stages(between.after)}
    count = 0
    for stage, entries in groupby(changes.all_entries(between), key=lambda entry: entry.span.stage_id):
        yield f"\n## {escaped(stages[stage])}\n"
        for entry in entries:
            count += 1
            yield "".join(_section(entry, absolute))
    if not count:
        yield "\n" + _("Nothing changed between these days.") + "\n"


def lede(between: Between) -> str:
    """Which two days, and which knowledge."""
    known = between.known or clock.now()
    values = {"since": days.day(between.since), "until": days.day(between.until), "known": days.day(known)}
    if known < days.end_of(between.since):
        told = _("From what was in force on %(since)s to %(until)s, both as recorded by %(known)s.")
    elif between.known is None:
        told = _("From what was in force on %(since)s, as known on that day, to %(until)s, as known today.")
    else:
        told = _("From what was in force on %(since)s, as known on that day, to %(until)s, as recorded by %(known)s.")
    return told % values


def _section(entry: Entry, absolute: Absolute) -> Iterator[str]:
    yield f"\n### {escaped(entry.after.name)} (`{entry.key}`)\n\n"
    yield escaped(changes.paragraph(entry)) + "\n"
    for change in entry.changes:
        yield f"\n- **{escaped(wording.label(change.field))}**{_(': ')}{_marked(change.pieces)}\n"
    yield "\n" + _("Read it: %(link)s") % {"link": f"<{absolute(address(entry))}>"} + "\n"


def _marked(pieces: Iterable[comparison.Piece]) -> str:
    """Differences as `<del>` and `<ins>`, which every reader of Markdown shows, next to Japanese as well."""
    tags = {"gone": "del", "new": "ins"}
    told = []
    for piece in pieces:
        text = escaped(piece.text).replace("\n", "<br>")
        told.append(f"<{tags[piece.kind]}>{text}</{tags[piece.kind]}>" if piece.kind in tags else text)
    return "".join(told)


def escaped(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def address(entry: Entry) -> str:
    """Where the change is shown: against the version before, or alone."""
    if entry.before is None:
        return reverse("version", args=[entry.key, entry.after.number])
    return reverse("compare", args=[entry.key, entry.before.number, entry.after.number])


def head() -> list[str]:
    """The first line of the table, in the reader's language."""
    return [
        _("Stage"),
        _("Metric key"),
        _("Name"),
        _("What happened"),
        _("Version before"),
        _("Version now"),
        _("In force from"),
        _("Recorded on"),
        _("Corrected retroactively"),
        _("Agreed by"),
        _("Seal missing"),
        _("Why"),
        _("Changed fields"),
        _("Word by word"),
        _("Link"),
    ]


def table(between: Between, absolute: Absolute) -> Iterator[list[str]]:
    """One line for each metric that changed."""
    stages = {stage.pk: stage.name for stage in as_of.stages(between.after)}
    for entry in changes.all_entries(between):
        last = entry.steps[-1]
        yield [
            stages[entry.span.stage_id],
            entry.key,
            entry.after.name,
            entry.label,
            str(entry.before.number) if entry.before else "",
            str(entry.after.number),
            last.effective_from.isoformat(),
            days.local(last.recorded_at).isoformat(),
            _("yes") if entry.corrections else _("no"),
            changes.agreed_by(entry, last),
            _(", ").join(team.name for step in entry.steps for team in entry.missing(step)),
            last.revision.title,
            changes.field_names(entry.changes),
            "\n".join(f"{wording.label(each.field)}{_(': ')}{_bracketed(each.pieces)}" for each in entry.changes),
            absolute(address(entry)),
        ]


def _bracketed(pieces: Iterable[comparison.Piece]) -> str:
    """Differences as `[-gone-]` and `{+new+}`, since a cell has no colours."""
    marks = {"gone": "[-{}-]", "new": "{{+{}+}}", "same": "{}"}
    return "".join(marks[piece.kind].format(piece.text) for piece in pieces)
