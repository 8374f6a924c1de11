"""Two indexes that keep the bar of every page, the list and its count as quick in a large registry."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("registry", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="inforce", name="in_force_list"),
        migrations.AddIndex(
            model_name="inforce",
            index=models.Index(
                fields=["known_to", "retired", "stage", "rank", "key", "valid_to", "valid_from"], name="in_force_list"
            ),
        ),
        migrations.AddIndex(
            model_name="signoff",
            index=models.Index(fields=["revision", "team"], name="sign_off_of_place"),
        ),
    ]
