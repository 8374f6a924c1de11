"""What the builder calls its tests, its groups, and what is still missing."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

type Choices = list[tuple[str, Any]]

TEST_LABELS: dict[str, str | Promise] = {
    "=": pgettext_lazy("test", "is"),
    "<>": pgettext_lazy("test", "is not"),
    ">=": pgettext_lazy("test", "is at least"),
    "<=": pgettext_lazy("test", "is at most"),
    ">": pgettext_lazy("test", "is more than"),
    "<": pgettext_lazy("test", "is less than"),
    "between": pgettext_lazy("test", "is between (both included)"),
    "not between": pgettext_lazy("test", "is not between"),
    "in": pgettext_lazy("test", "is one of"),
    "not in": pgettext_lazy("test", "is none of"),
    "contains": pgettext_lazy("test", "contains"),
    "begins": pgettext_lazy("test", "begins with"),
    "ends": pgettext_lazy("test", "ends with"),
    "not contains": pgettext_lazy("test", "does not contain"),
    "not begins": pgettext_lazy("test", "does not begin with"),
    "not ends": pgettext_lazy("test", "does not end with"),
    "yes": pgettext_lazy("test", "is yes"),
    "no": pgettext_lazy("test", "is no"),
    "not yes": pgettext_lazy("test", "is no or blank"),
    "not no": pgettext_lazy("test", "is yes or blank"),
    "blank": pgettext_lazy("test", "is blank"),
    "filled": pgettext_lazy("test", "is filled in"),
    "same": pgettext_lazy("test", "is the same, two blanks too"),
    "differs": pgettext_lazy("test", "is another one, or blank"),
    "counts": pgettext_lazy("test", "counts"),
    "not counts": pgettext_lazy("test", "does not count"),
}
DAY_LABELS: dict[str, str | Promise] = {
    ">=": pgettext_lazy("test", "is on or after"),
    "<=": pgettext_lazy("test", "is on or before"),
    ">": pgettext_lazy("test", "is after"),
    "<": pgettext_lazy("test", "is before"),
}
# Tests that say the same as another one in other words: shown where they stand, never offered.
UNOFFERED = {"same", "differs"}
ROW_LABELS = {
    "some": _("at least one fulfils this"),
    "none": _("none fulfils this"),
    ">=": _("at least this many fulfil this"),
    "<=": _("at most this many fulfil this"),
    "=": _("exactly this many fulfil this"),
    "<>": _("not exactly this many fulfil this"),
    ">": _("more than this many fulfil this"),
    "<": _("fewer than this many fulfil this"),
}
KINDS: Choices = [
    ("all", _("All of these are true")),
    ("any", _("At least one of these is true")),
    ("none", _("None of these is true")),
    ("not all", _("Not all of these are true")),
]
BLANKS: Choices = [
    ("", _("Please say what happens to blanks")),
    ("out", _("Blank does not count")),
    ("in", _("Blank counts too")),
]
MOMENT_LABELS = {
    "as_of": _("the as-of date"),
    "period_start": _("the first day of the period"),
    "period_end": _("the day after the period"),
}
GAP_SENTENCES = {
    "field": _("Choose what this rule is about."),
    "test": _("Choose how it is compared."),
    "value": _("Fill in the value, or remove the rule."),
    "number": _("Write a number, such as 100."),
    "date": _("Choose a day."),
    "moment": _("Write a day and a time, such as 2026-04-01 09:30."),
    "enum": _("Choose from the declared values."),
    "pattern": _("Leave out %, _ and \\; the text is searched for as it is."),
    "empty": _("Add a rule here, or remove the group."),
    "relation": _("Choose which records are looked at."),
    "count": _("Write how many, as a whole number."),
    "shift": _("Only a date can be moved by days or months."),
}
