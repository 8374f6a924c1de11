"""A date may refer to another metric, as `MIN(meeting.held_on WHERE is_qualified_meeting)` does: a use like any other."""

from django.db import migrations

from registry.conditions_syntax import references

CONDITION = "condition"


def add_uses_in_dates(apps, schema_editor):
    definitions = apps.get_model("registry", "Definition").objects.filter(wording__dated_by__icontains="is_")
    Use, OpenAct = (apps.get_model("registry", name) for name in ("Use", "OpenAct"))
    if not definitions.exists():
        return
    opened = OpenAct.objects.create(event_id=0)  # the database takes derived rows within an act alone
    for definition in definitions.iterator():
        for key in references(definition.wording["dated_by"]):
            Use.objects.get_or_create(definition=definition, key=key, how=CONDITION)
    opened.delete()


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_reason_of_a_revision")]

    operations = [migrations.RunPython(add_uses_in_dates, migrations.RunPython.noop)]
