"""A date, key, first or sum may refer to another metric as a condition does: a use like any other.

What is calculated uses nothing by the condition that it may have kept, and what is counted nothing by its formula.
"""

from django.db import migrations
from django.db.models import Q

from registry.conditions_syntax import references

COUNTED_BY = ("dated_by", "counting_key", "first_per", "sums")
CONDITION, FORMULA = "condition", "formula"


def mend_uses(apps, schema_editor):
    Definition, Use, OpenAct = (apps.get_model("registry", name) for name in ("Definition", "Use", "OpenAct"))
    refers = Q()
    for name in COUNTED_BY:
        refers |= Q(**{f"wording__{name}__icontains": "is_"})
    kept = Use.objects.filter(
        Q(definition__wording__kind="calculated", how=CONDITION)
        | (~Q(definition__wording__kind="calculated") & Q(how=FORMULA))
    )
    referring = Definition.objects.filter(refers).exclude(wording__kind="calculated")
    if not (kept.exists() or referring.exists()):
        return
    opened = OpenAct.objects.create(event_id=0)  # the database takes derived rows within an act alone
    kept.delete()
    for definition in referring.iterator():
        for name in COUNTED_BY:
            for key in references(definition.wording[name]):
                Use.objects.get_or_create(definition=definition, key=key, how=CONDITION)
    opened.delete()


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_reason_of_a_revision")]

    operations = [migrations.RunPython(mend_uses, migrations.RunPython.noop)]
