from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [
        migrations.AddField(
            model_name="product",
            name="list_price",
            field=models.DecimalField(
                blank=True, decimal_places=5, default=None, max_digits=20, null=True
            ),
        ),
        migrations.AlterField(
            model_name="pricelistitem",
            name="amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="The price, where it is an amount.",
                max_digits=20,
                null=True,
            ),
        ),
    ]
