"""Say how many units a price is for; keep the company's rounding and discount method on documents."""

from decimal import Decimal
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0004_activity_parameters"),
        ("sales", "0019_deduction_lines"),
    ]

    operations = [
        migrations.AddField(
            model_name="company",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="companyhistory",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="companyhistory",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="invoice",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="invoicehistory",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="invoiceline",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="invoicelinehistory",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="opportunityline",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="opportunityline",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="opportunityline",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="opportunitylinehistory",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="opportunitylinehistory",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="opportunitylinehistory",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="orderhistory",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="orderline",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="orderlinehistory",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="pricelistitem",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="pricelistitemhistory",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="quotehistory",
            name="discount_method",
            field=models.CharField(
                choices=[("whole_line", "For the whole line"), ("per_unit", "For each unit")],
                default="whole_line",
                help_text="What an amount typed as the discount of a line counts for. A new document takes over its company's choice and keeps it.",
                max_length=10,
                verbose_name="discount of a line",
            ),
        ),
        migrations.AddField(
            model_name="quoteline",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AddField(
            model_name="quotelinehistory",
            name="price_quantity",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("1"),
                help_text="The price is for so many units: 100 for a price per 100.",
                max_digits=20,
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="invoicehistory",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AlterField(
            model_name="invoicelinehistory",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="invoicelinehistory",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AlterField(
            model_name="opportunityline",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="opportunityline",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AlterField(
            model_name="opportunitylinehistory",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="opportunitylinehistory",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="orderhistory",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AlterField(
            model_name="orderlinehistory",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="orderlinehistory",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AlterField(
            model_name="quote",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="quotehistory",
            name="rounding",
            field=models.CharField(
                choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                default="half_up",
                help_text="Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half to even. A new document takes over its company's choice and keeps it.",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="quoteline",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="quoteline",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AlterField(
            model_name="quotelinehistory",
            name="discount_amount",
            field=models.DecimalField(
                blank=True,
                decimal_places=5,
                default=None,
                help_text="Off the whole line, or off each unit.",
                max_digits=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="quotelinehistory",
            name="volume_discount",
            field=models.DecimalField(
                decimal_places=5, default=Decimal("0"), help_text="Off the price.", max_digits=20
            ),
        ),
        migrations.AddConstraint(
            model_name="invoiceline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_quantity__gt", 0), ("price_quantity__lte", Decimal("1000000"))
                ),
                name="invoiceline_price_quantity",
                violation_error_message="A price is for more than 0 and at most 1,000,000 units.",
            ),
        ),
        migrations.AddConstraint(
            model_name="opportunityline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_quantity__gt", 0), ("price_quantity__lte", Decimal("1000000"))
                ),
                name="opportunityline_price_quantity",
                violation_error_message="A price is for more than 0 and at most 1,000,000 units.",
            ),
        ),
        migrations.AddConstraint(
            model_name="orderline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_quantity__gt", 0), ("price_quantity__lte", Decimal("1000000"))
                ),
                name="orderline_price_quantity",
                violation_error_message="A price is for more than 0 and at most 1,000,000 units.",
            ),
        ),
        migrations.AddConstraint(
            model_name="pricelistitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_quantity__gt", 0), ("price_quantity__lte", Decimal("1000000"))
                ),
                name="price_list_item_price_quantity",
                violation_error_message="A price is for more than 0 and at most 1,000,000 units.",
            ),
        ),
        migrations.AddConstraint(
            model_name="quoteline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_quantity__gt", 0), ("price_quantity__lte", Decimal("1000000"))
                ),
                name="quoteline_price_quantity",
                violation_error_message="A price is for more than 0 and at most 1,000,000 units.",
            ),
        ),
    ]
