"""Rename a constraint of lines, and put help texts in plain words."""

from decimal import Decimal

from django.db import migrations, models

TEXT_LINES = ("invoiceline", "opportunityline", "orderline", "quoteline")


def _rename_constraint(model: str) -> migrations.SeparateDatabaseAndState:
    """Rename in place: dropping and adding would check every row of the table again."""
    old, new = f"{model}_words_cost_nothing", f"{model}_text_costs_nothing"
    condition = ~models.Q(kind__in=["section", "note"]) | models.Q(header_discount=0, net=0, tax=0)
    rename = "ALTER TABLE sales_{} RENAME CONSTRAINT {} TO {}"
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(rename.format(model, old, new), rename.format(model, new, old))
        ],
        state_operations=[
            migrations.RemoveConstraint(model_name=model, name=old),
            migrations.AddConstraint(
                model_name=model,
                constraint=models.CheckConstraint(condition=condition, name=new),
            ),
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_rename_reasons"),
        ("sales", "0005_rename_reasons"),
    ]

    operations = [
        migrations.AlterField(
            model_name="invoice",
            name="discounted",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("0"),
                editable=False,
                help_text="The discount taken for paying early.",
                max_digits=20,
            ),
        ),
        migrations.AlterField(
            model_name="invoice",
            name="early_payment_discount",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("0"),
                editable=False,
                help_text="The discount for paying all of it by then.",
                max_digits=20,
            ),
        ),
        migrations.AlterField(
            model_name="invoicehistory",
            name="discounted",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("0"),
                editable=False,
                help_text="The discount taken for paying early.",
                max_digits=20,
            ),
        ),
        migrations.AlterField(
            model_name="invoicehistory",
            name="early_payment_discount",
            field=models.DecimalField(
                decimal_places=5,
                default=Decimal("0"),
                editable=False,
                help_text="The discount for paying all of it by then.",
                max_digits=20,
            ),
        ),
        migrations.AlterField(
            model_name="invoiceline",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="invoicelinehistory",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="opportunityline",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="opportunitylinehistory",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="processing_status",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="As the external system calls it.",
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="orderhistory",
            name="processing_status",
            field=models.CharField(
                blank=True,
                editable=False,
                help_text="As the external system calls it.",
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="orderline",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="orderlinehistory",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="payment",
            name="source",
            field=models.CharField(blank=True, help_text="Who reported it.", max_length=30),
        ),
        migrations.AlterField(
            model_name="paymenthistory",
            name="source",
            field=models.CharField(blank=True, help_text="Who reported it.", max_length=30),
        ),
        migrations.AlterField(
            model_name="quoteline",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="quotelinehistory",
            name="price_source",
            field=models.CharField(
                choices=[
                    ("list", "Price list"),
                    ("typed", "Typed"),
                    ("bundle", "Part of a bundle"),
                    ("quote", "Agreed in the quote"),
                    ("external", "From an external system"),
                ],
                default="list",
                max_length=10,
            ),
        ),
        *(_rename_constraint(model) for model in TEXT_LINES),
    ]
