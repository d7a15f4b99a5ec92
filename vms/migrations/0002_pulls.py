import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("vms", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="deleting",
            field=models.BooleanField(default=False, help_text="Asked for; the node's worker does it."),
        ),
        migrations.AddField(
            model_name="image",
            name="delete_error",
            field=models.TextField(blank=True, help_text="Why the last try to delete it failed."),
        ),
        migrations.CreateModel(
            name="Pull",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tag", models.CharField(max_length=128)),
                ("name", models.CharField(help_text="The image's name here.", max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("downloading", "Downloading"),
                            ("unpacking", "Unpacking"),
                            ("cancelling", "Cancelling"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("bytes_done", models.PositiveBigIntegerField(default=0)),
                ("bytes_total", models.PositiveBigIntegerField(default=0, help_text="0 until the manifest is read.")),
                ("error", models.TextField(blank=True)),
                ("started_at_ms", models.BigIntegerField(help_text="Milliseconds since 1970.")),
                ("updated_at_ms", models.BigIntegerField(help_text="Milliseconds since 1970.")),
                (
                    "node",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="pulls", to="vms.node"
                    ),
                ),
            ],
            options={
                "ordering": ["started_at_ms", "id"],
                "constraints": [
                    models.UniqueConstraint(fields=("node", "name"), name="pull_once_per_node"),
                ],
            },
        ),
    ]
