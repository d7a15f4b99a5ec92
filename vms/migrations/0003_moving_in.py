from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("vms", "0002_pulls"),
    ]

    operations = [
        migrations.AddField(
            model_name="node",
            name="reload_generation",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="node",
            name="reload_observed_generation",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="node",
            name="reload_report",
            field=models.JSONField(blank=True, default=dict, help_text="What the last ReloadVms did."),
        ),
        migrations.AddField(
            model_name="vm",
            name="manifest_extra",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Unknown fields of a taken-over manifest, kept for others.",
            ),
        ),
    ]
