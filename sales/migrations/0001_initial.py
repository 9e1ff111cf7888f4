import common.identifiers
import django.contrib.postgres.constraints
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import django_countries.fields
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("crm", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("discount_rate", "Discount above (rate)"),
                            ("margin_rate", "Margin below (rate)"),
                            ("total", "Total above (base currency)"),
                        ],
                        max_length=15,
                    ),
                ),
                ("threshold", models.DecimalField(decimal_places=5, max_digits=20)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="TaxCategory",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "verbose_name_plural": "tax categories",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="TaxZone",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=100)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="UnitGroup",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=50, unique=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Unit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=30)),
                (
                    "factor",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="units",
                        to="sales.unitgroup",
                    ),
                ),
            ],
            options={
                "ordering": ["group", "factor", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("group", "name"), name="unit_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("factor__gt", 0)), name="unit_factor_positive"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("factor", 1)),
                        fields=("group",),
                        name="unit_one_base_per_group",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountTermsHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("account", models.UUIDField(db_column="account_id", null=True)),
                ("price_list", models.UUIDField(db_column="price_list_id", null=True)),
                ("payment_terms", models.UUIDField(db_column="payment_terms_id", null=True)),
                ("tax_zone", models.UUIDField(db_column="tax_zone_id", null=True)),
                (
                    "currency",
                    models.CharField(
                        default="EUR",
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                (
                    "credit_limit",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ApprovalRuleHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("discount_rate", "Discount above (rate)"),
                            ("margin_rate", "Margin below (rate)"),
                            ("total", "Total above (base currency)"),
                        ],
                        max_length=15,
                    ),
                ),
                ("threshold", models.DecimalField(decimal_places=5, max_digits=20)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="BundleItemHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("bundle", models.UUIDField(db_column="bundle_id", null=True)),
                ("product", models.UUIDField(db_column="product_id", null=True)),
                ("unit", models.UUIDField(db_column="unit_id", null=True)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_required", models.BooleanField(default=True, verbose_name="required")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Company",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=200, unique=True)),
                (
                    "number_prefix",
                    models.CharField(
                        blank=True,
                        help_text="Stands before every number: NL- makes NL-O-2026-00001.",
                        max_length=6,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^([A-Z]{1,5}-)?$", "Use capitals and a hyphen: NL-"
                            )
                        ],
                    ),
                ),
                (
                    "base_currency",
                    models.CharField(
                        default="EUR",
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                ("time_zone", models.CharField(default="Europe/Paris", max_length=50)),
                (
                    "tax_number",
                    models.CharField(blank=True, max_length=30, verbose_name="VAT number"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                ("street", models.CharField(blank=True, max_length=200)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("city", models.CharField(blank=True, max_length=100)),
                ("country", django_countries.fields.CountryField(blank=True, max_length=2)),
                ("is_default", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name_plural": "companies",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("number_prefix"),
                        name="company_prefix_unique",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)),
                        fields=("is_default",),
                        name="company_one_default",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "number_prefix",
                    models.CharField(
                        blank=True,
                        help_text="Stands before every number: NL- makes NL-O-2026-00001.",
                        max_length=6,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^([A-Z]{1,5}-)?$", "Use capitals and a hyphen: NL-"
                            )
                        ],
                    ),
                ),
                (
                    "base_currency",
                    models.CharField(
                        default="EUR",
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                ("time_zone", models.CharField(default="Europe/Paris", max_length=50)),
                (
                    "tax_number",
                    models.CharField(blank=True, max_length=30, verbose_name="VAT number"),
                ),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                ("street", models.CharField(blank=True, max_length=200)),
                ("postal_code", models.CharField(blank=True, max_length=20)),
                ("city", models.CharField(blank=True, max_length=100)),
                ("country", django_countries.fields.CountryField(blank=True, max_length=2)),
                ("is_default", models.BooleanField(default=False)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DiscountBandHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("discount_list", models.UUIDField(db_column="discount_list_id", null=True)),
                (
                    "quantity_from",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "quantity_to",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DiscountList",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("percent", "Percent"), ("amount", "Amount")],
                        default="percent",
                        max_length=10,
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("currency", ""), ("kind", "percent")),
                            models.Q(("kind", "amount"), models.Q(("currency", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="discount_list_amount_has_currency",
                        violation_error_message="Amounts need a currency, percentages have none.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DiscountListHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("percent", "Percent"), ("amount", "Amount")],
                        default="percent",
                        max_length=10,
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("base", models.CharField(default="EUR", max_length=3)),
                ("currency", models.CharField(max_length=3)),
                ("valid_on", models.DateField()),
                ("rate", models.DecimalField(decimal_places=12, max_digits=24)),
                ("source", models.CharField(default="manual", max_length=20)),
            ],
            options={
                "ordering": ["-valid_on", "currency"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("base", "currency", "valid_on"),
                        name="exchange_rate_unique",
                        violation_error_message="There is a rate of this currency for that day already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0)), name="exchange_rate_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("base", models.F("currency")), _negated=True),
                        name="exchange_rate_two_currencies",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExchangeRateHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("base", models.CharField(default="EUR", max_length=3)),
                ("currency", models.CharField(max_length=3)),
                ("valid_on", models.DateField()),
                ("rate", models.DecimalField(decimal_places=12, max_digits=24)),
                ("source", models.CharField(default="manual", max_length=20)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InstalmentHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("terms", models.UUIDField(db_column="terms_id", null=True)),
                ("share_rate", models.DecimalField(decimal_places=6, max_digits=9)),
                ("due_days", models.PositiveSmallIntegerField()),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InvoiceHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("owner", models.UUIDField(db_column="owner_id", null=True)),
                ("team", models.UUIDField(db_column="team_id", null=True)),
                ("company", models.UUIDField(db_column="company_id", null=True)),
                ("account", models.UUIDField(db_column="account_id", null=True)),
                ("contact", models.UUIDField(db_column="contact_id", null=True)),
                ("price_list", models.UUIDField(db_column="price_list_id", null=True)),
                ("payment_terms", models.UUIDField(db_column="payment_terms_id", null=True)),
                ("tax_zone", models.UUIDField(db_column="tax_zone_id", null=True)),
                ("created_by", models.UUIDField(db_column="created_by_id", null=True)),
                ("order", models.UUIDField(db_column="order_id", null=True)),
                ("credits", models.UUIDField(db_column="credits_id", null=True)),
                ("number", models.CharField(blank=True, editable=False, max_length=30, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=12,
                        default=Decimal("1"),
                        help_text="Units of the document's currency per unit of the company's base currency.",
                        max_digits=24,
                    ),
                ),
                ("exchange_rate_on", models.DateField(blank=True, null=True)),
                (
                    "rounding",
                    models.CharField(
                        choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                        default="half_up",
                        max_length=10,
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                (
                    "customer_reference",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="customer's reference"
                    ),
                ),
                ("notes", models.TextField(blank=True)),
                (
                    "discount_amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount_rate",
                    models.DecimalField(decimal_places=6, default=Decimal("0"), max_digits=9),
                ),
                (
                    "detail",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "freight",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "total",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "Invoice"), ("credit_note", "Credit note")],
                        default="invoice",
                        max_length=12,
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("all", "Everything ordered"),
                            ("shipped", "What was shipped"),
                            ("lines", "Chosen quantities"),
                            ("percentage", "Percentage"),
                            ("down_payment", "Down payment"),
                            ("milestone", "Milestone"),
                            ("free", "Without an order"),
                        ],
                        default="free",
                        max_length=15,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("issued", "Issued"),
                            ("partly_paid", "Partly paid"),
                            ("paid", "Paid"),
                            ("cancelled", "Cancelled by credit note"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                (
                    "bill_again",
                    models.BooleanField(
                        default=True, help_text="Whether what is credited may be invoiced again."
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("shipment_ref", models.CharField(blank=True, max_length=60)),
                ("issued_on", models.DateField(blank=True, null=True)),
                ("due_on", models.DateField(blank=True, null=True)),
                ("issued_at", models.DateTimeField(blank=True, null=True)),
                (
                    "origin",
                    models.CharField(
                        blank=True, help_text="The connection the invoice came from.", max_length=30
                    ),
                ),
                (
                    "paid",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "credited",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                ("official_ref", models.CharField(blank=True, editable=False, max_length=60)),
                ("official_number", models.CharField(blank=True, editable=False, max_length=60)),
                ("official_status", models.CharField(blank=True, editable=False, max_length=30)),
                ("official_issued_on", models.DateField(blank=True, editable=False, null=True)),
                (
                    "official_tax",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        editable=False,
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "official_total",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        editable=False,
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="InvoiceLineHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("product", models.UUIDField(db_column="product_id", null=True)),
                ("product_category", models.UUIDField(db_column="product_category_id", null=True)),
                ("unit", models.UUIDField(db_column="unit_id", null=True)),
                ("price_list_item", models.UUIDField(db_column="price_list_item_id", null=True)),
                ("tax_category", models.UUIDField(db_column="tax_category_id", null=True)),
                ("bundle_line", models.UUIDField(db_column="bundle_line_id", null=True)),
                ("invoice", models.UUIDField(db_column="invoice_id", null=True)),
                ("order_line", models.UUIDField(db_column="order_line_id", null=True)),
                ("credits_line", models.UUIDField(db_column="credits_line_id", null=True)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OpportunityLineHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("product", models.UUIDField(db_column="product_id", null=True)),
                ("product_category", models.UUIDField(db_column="product_category_id", null=True)),
                ("unit", models.UUIDField(db_column="unit_id", null=True)),
                ("price_list_item", models.UUIDField(db_column="price_list_item_id", null=True)),
                ("tax_category", models.UUIDField(db_column="tax_category_id", null=True)),
                ("bundle_line", models.UUIDField(db_column="bundle_line_id", null=True)),
                ("opportunity", models.UUIDField(db_column="opportunity_id", null=True)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OrderHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("owner", models.UUIDField(db_column="owner_id", null=True)),
                ("team", models.UUIDField(db_column="team_id", null=True)),
                ("company", models.UUIDField(db_column="company_id", null=True)),
                ("account", models.UUIDField(db_column="account_id", null=True)),
                ("contact", models.UUIDField(db_column="contact_id", null=True)),
                ("price_list", models.UUIDField(db_column="price_list_id", null=True)),
                ("payment_terms", models.UUIDField(db_column="payment_terms_id", null=True)),
                ("tax_zone", models.UUIDField(db_column="tax_zone_id", null=True)),
                ("created_by", models.UUIDField(db_column="created_by_id", null=True)),
                ("opportunity", models.UUIDField(db_column="opportunity_id", null=True)),
                ("quote", models.UUIDField(db_column="quote_id", null=True)),
                ("partner", models.UUIDField(db_column="partner_id", null=True)),
                ("number", models.CharField(blank=True, editable=False, max_length=30, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=12,
                        default=Decimal("1"),
                        help_text="Units of the document's currency per unit of the company's base currency.",
                        max_digits=24,
                    ),
                ),
                ("exchange_rate_on", models.DateField(blank=True, null=True)),
                (
                    "rounding",
                    models.CharField(
                        choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                        default="half_up",
                        max_length=10,
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                (
                    "customer_reference",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="customer's reference"
                    ),
                ),
                ("notes", models.TextField(blank=True)),
                (
                    "discount_amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount_rate",
                    models.DecimalField(decimal_places=6, default=Decimal("0"), max_digits=9),
                ),
                (
                    "detail",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "freight",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "total",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "fulfilment_status",
                    models.CharField(
                        choices=[
                            ("not_started", "Not started"),
                            ("partly_shipped", "Partly shipped"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("returned", "Returned"),
                        ],
                        default="not_started",
                        editable=False,
                        max_length=15,
                    ),
                ),
                (
                    "billing_status",
                    models.CharField(
                        choices=[
                            ("to_invoice", "To invoice"),
                            ("partly", "Partly invoiced"),
                            ("invoiced", "Invoiced"),
                            ("credited", "Credited"),
                        ],
                        default="to_invoice",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "processing_status",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The other system's own word.",
                        max_length=40,
                    ),
                ),
                (
                    "is_on_hold",
                    models.BooleanField(default=False, editable=False, verbose_name="on hold"),
                ),
                ("hold_reason", models.CharField(blank=True, max_length=200)),
                ("external_id", models.CharField(blank=True, max_length=100)),
                (
                    "origin",
                    models.CharField(
                        blank=True, help_text="The connection the order came from.", max_length=30
                    ),
                ),
                ("prices_are_locked", models.BooleanField(default=False)),
                (
                    "requested_on",
                    models.DateField(blank=True, null=True, verbose_name="requested delivery"),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_because", models.CharField(blank=True, max_length=200)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OrderLineHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("product", models.UUIDField(db_column="product_id", null=True)),
                ("product_category", models.UUIDField(db_column="product_category_id", null=True)),
                ("unit", models.UUIDField(db_column="unit_id", null=True)),
                ("price_list_item", models.UUIDField(db_column="price_list_item_id", null=True)),
                ("tax_category", models.UUIDField(db_column="tax_category_id", null=True)),
                ("bundle_line", models.UUIDField(db_column="bundle_line_id", null=True)),
                ("order", models.UUIDField(db_column="order_id", null=True)),
                ("quote_line", models.UUIDField(db_column="quote_line_id", null=True)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "shipped_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "delivered_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "returned_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "cancelled_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "drafted_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="On draft invoices.",
                        max_digits=20,
                    ),
                ),
                (
                    "invoiced_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="On issued invoices.",
                        max_digits=20,
                    ),
                ),
                (
                    "credited_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="Taken back by credit notes.",
                        max_digits=20,
                    ),
                ),
                (
                    "closed_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="Credited and not to be billed again.",
                        max_digits=20,
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PaymentHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("invoice", models.UUIDField(db_column="invoice_id", null=True)),
                ("recorded_by", models.UUIDField(db_column="recorded_by_id", null=True)),
                (
                    "amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("received_on", models.DateField()),
                ("reference", models.CharField(blank=True, max_length=60)),
                ("method", models.CharField(blank=True, max_length=30)),
                ("source", models.CharField(blank=True, help_text="Who told us.", max_length=30)),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PaymentTerms",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "invoice_when",
                    models.CharField(
                        choices=[
                            ("placed", "When the order is placed"),
                            ("fulfilled", "When everything is shipped"),
                            ("per_shipment", "With each shipment"),
                            ("by_hand", "By hand"),
                        ],
                        default="by_hand",
                        max_length=15,
                    ),
                ),
                ("due_days", models.PositiveSmallIntegerField(default=30)),
                (
                    "early_payment_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("early_payment_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "deposit_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
            ],
            options={
                "verbose_name_plural": "payment terms",
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("early_payment_days__isnull", True),
                                ("early_payment_rate__isnull", True),
                            ),
                            models.Q(
                                ("early_payment_days__gte", 0),
                                ("early_payment_rate__gte", 0),
                                ("early_payment_rate__lt", 1),
                            ),
                            _connector="OR",
                        ),
                        name="payment_terms_early_payment_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("deposit_rate__isnull", True),
                            models.Q(("deposit_rate__gte", 0), ("deposit_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="payment_terms_deposit_is_a_rate",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentTermsHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "invoice_when",
                    models.CharField(
                        choices=[
                            ("placed", "When the order is placed"),
                            ("fulfilled", "When everything is shipped"),
                            ("per_shipment", "With each shipment"),
                            ("by_hand", "By hand"),
                        ],
                        default="by_hand",
                        max_length=15,
                    ),
                ),
                ("due_days", models.PositiveSmallIntegerField(default=30)),
                (
                    "early_payment_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("early_payment_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "deposit_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PriceList",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_from__isnull", True),
                            ("valid_to__isnull", True),
                            ("valid_from__lte", models.F("valid_to")),
                            _connector="OR",
                        ),
                        name="price_list_dates_in_order",
                        violation_error_message="It would end before it begins.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceListHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PriceListItemHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("price_list", models.UUIDField(db_column="price_list_id", null=True)),
                ("product", models.UUIDField(db_column="product_id", null=True)),
                ("unit", models.UUIDField(db_column="unit_id", null=True)),
                ("discount_list", models.UUIDField(db_column="discount_list_id", null=True)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("amount", "Amount"),
                            ("percent_of_list", "Percent of list price"),
                            ("markup_current", "Markup on current cost"),
                            ("markup_standard", "Markup on standard cost"),
                            ("margin_current", "Margin on current cost"),
                            ("margin_standard", "Margin on standard cost"),
                        ],
                        default="amount",
                        max_length=20,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="The price, where it is an amount.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "percentage_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "rounding",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("up", "Up"),
                            ("down", "Down"),
                            ("nearest", "To nearest"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                (
                    "rounding_option",
                    models.CharField(
                        blank=True,
                        choices=[("multiple_of", "Multiple of"), ("ends_in", "Ends in")],
                        max_length=15,
                    ),
                ),
                (
                    "rounding_amount",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "selling",
                    models.CharField(
                        choices=[
                            ("no_control", "No control"),
                            ("whole", "Whole"),
                            ("fractional", "Whole and fractional"),
                        ],
                        default="no_control",
                        max_length=12,
                        verbose_name="quantity selling",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProductCategory",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="sales.productcategory",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "product categories",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("sku", models.CharField(max_length=40, unique=True, verbose_name="SKU")),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("goods", "Goods"), ("service", "Service"), ("bundle", "Bundle")],
                        default="goods",
                        max_length=10,
                    ),
                ),
                (
                    "decimals",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="How many decimals a quantity may have.",
                        validators=[django.core.validators.MaxValueValidator(5)],
                        verbose_name="decimals allowed",
                    ),
                ),
                (
                    "list_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "standard_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "current_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("cost_currency", models.CharField(default="EUR", max_length=3)),
                ("active_from", models.DateField(blank=True, null=True)),
                ("active_to", models.DateField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="sales.productcategory",
                    ),
                ),
                (
                    "tax_category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxcategory",
                    ),
                ),
                (
                    "default_unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unit",
                    ),
                ),
                (
                    "unit_group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unitgroup",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "indexes": [
                    models.Index(fields=["name", "id"], name="product_by_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="product_custom", opclasses=["jsonb_path_ops"]
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["sku", "name"],
                        name="product_text_trgm",
                        opclasses=["gin_trgm_ops", "gin_trgm_ops"],
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("decimals__lte", 5)), name="product_decimals_at_most_5"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("active_from__isnull", True),
                            ("active_to__isnull", True),
                            ("active_from__lte", models.F("active_to")),
                            _connector="OR",
                        ),
                        name="product_active_dates_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceListItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("amount", "Amount"),
                            ("percent_of_list", "Percent of list price"),
                            ("markup_current", "Markup on current cost"),
                            ("markup_standard", "Markup on standard cost"),
                            ("margin_current", "Margin on current cost"),
                            ("margin_standard", "Margin on standard cost"),
                        ],
                        default="amount",
                        max_length=20,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="The price, where it is an amount.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "percentage_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "rounding",
                    models.CharField(
                        choices=[
                            ("none", "None"),
                            ("up", "Up"),
                            ("down", "Down"),
                            ("nearest", "To nearest"),
                        ],
                        default="none",
                        max_length=10,
                    ),
                ),
                (
                    "rounding_option",
                    models.CharField(
                        blank=True,
                        choices=[("multiple_of", "Multiple of"), ("ends_in", "Ends in")],
                        max_length=15,
                    ),
                ),
                (
                    "rounding_amount",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "selling",
                    models.CharField(
                        choices=[
                            ("no_control", "No control"),
                            ("whole", "Whole"),
                            ("fractional", "Whole and fractional"),
                        ],
                        default="no_control",
                        max_length=12,
                        verbose_name="quantity selling",
                    ),
                ),
                (
                    "discount_list",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.discountlist",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="sales.pricelist",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prices",
                        to="sales.product",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unit",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("price_list", "product", "unit"), name="price_list_item_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount__isnull", True), ("amount__gte", 0), _connector="OR"
                        ),
                        name="price_list_item_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("method", "amount"), _negated=True),
                            ("amount__isnull", False),
                            _connector="OR",
                        ),
                        name="price_list_item_amount_given",
                        violation_error_message="Give the amount.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("method", "amount"),
                            ("percentage_rate__isnull", False),
                            _connector="OR",
                        ),
                        name="price_list_item_percentage_given",
                        violation_error_message="This method needs a percentage, as a fraction: 0.25.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductCategoryHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("parent", models.UUIDField(db_column="parent_id", null=True)),
                ("code", models.CharField(max_length=30)),
                ("name", models.CharField(max_length=100)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ProductHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("category", models.UUIDField(db_column="category_id", null=True)),
                ("unit_group", models.UUIDField(db_column="unit_group_id", null=True)),
                ("default_unit", models.UUIDField(db_column="default_unit_id", null=True)),
                ("tax_category", models.UUIDField(db_column="tax_category_id", null=True)),
                ("sku", models.CharField(max_length=40, verbose_name="SKU")),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("goods", "Goods"), ("service", "Service"), ("bundle", "Bundle")],
                        default="goods",
                        max_length=10,
                    ),
                ),
                (
                    "decimals",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="How many decimals a quantity may have.",
                        validators=[django.core.validators.MaxValueValidator(5)],
                        verbose_name="decimals allowed",
                    ),
                ),
                (
                    "list_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "standard_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "current_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("cost_currency", models.CharField(default="EUR", max_length=3)),
                ("active_from", models.DateField(blank=True, null=True)),
                ("active_to", models.DateField(blank=True, null=True)),
                ("is_active", models.BooleanField(default=True)),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PromotionCode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.CharField(max_length=30, unique=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("percent", "Percent"), ("amount", "Amount")],
                        default="percent",
                        max_length=10,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("uses_allowed", models.PositiveIntegerField(blank=True, null=True)),
                ("uses", models.PositiveIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                ("accounts", models.ManyToManyField(blank=True, to="crm.account")),
                ("products", models.ManyToManyField(blank=True, to="sales.product")),
            ],
            options={
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("discount_rate__gt", 0),
                                ("discount_rate__isnull", False),
                                ("discount_rate__lte", 1),
                                ("kind", "percent"),
                            ),
                            models.Q(
                                ("discount_amount__gt", 0),
                                ("discount_amount__isnull", False),
                                ("kind", "amount"),
                                models.Q(("currency", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="promotion_code_rate_or_amount",
                        violation_error_message="Give a rate above 0 and up to 1 for a percentage, or an amount above 0 with its currency.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_from__isnull", True),
                            ("valid_to__isnull", True),
                            ("valid_from__lte", models.F("valid_to")),
                            _connector="OR",
                        ),
                        name="promotion_code_dates_in_order",
                        violation_error_message="It would end before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("uses_allowed__isnull", True),
                            ("uses__lte", models.F("uses_allowed")),
                            _connector="OR",
                        ),
                        name="promotion_code_uses_left",
                        violation_error_message="It has been used more often than that already.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PromotionCodeHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("code", models.CharField(max_length=30)),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[("percent", "Percent"), ("amount", "Amount")],
                        default="percent",
                        max_length=10,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                ("uses_allowed", models.PositiveIntegerField(blank=True, null=True)),
                ("uses", models.PositiveIntegerField(default=0)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="PromotionUseHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("code", models.UUIDField(db_column="code_id", null=True)),
                ("quote", models.UUIDField(db_column="quote_id", null=True)),
                ("order", models.UUIDField(db_column="order_id", null=True)),
                ("given_by", models.UUIDField(db_column="given_by_id", null=True)),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What the code takes off, in the document's currency.",
                        max_digits=20,
                    ),
                ),
                ("is_counted", models.BooleanField(default=False, editable=False)),
                ("given_at", models.DateTimeField(auto_now_add=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.CharField(blank=True, editable=False, max_length=30, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=12,
                        default=Decimal("1"),
                        help_text="Units of the document's currency per unit of the company's base currency.",
                        max_digits=24,
                    ),
                ),
                ("exchange_rate_on", models.DateField(blank=True, null=True)),
                (
                    "rounding",
                    models.CharField(
                        choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                        default="half_up",
                        max_length=10,
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                (
                    "customer_reference",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="customer's reference"
                    ),
                ),
                ("notes", models.TextField(blank=True)),
                (
                    "discount_amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount_rate",
                    models.DecimalField(decimal_places=6, default=Decimal("0"), max_digits=9),
                ),
                (
                    "detail",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "freight",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "total",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("active", "Active"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("cancelled", "Cancelled"),
                            ("superseded", "Superseded"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("content_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("activated_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("price", "Price"),
                            ("competitor", "Competitor"),
                            ("timing", "Timing"),
                            ("declined", "Declined by the customer"),
                            ("other", "Other"),
                        ],
                        max_length=15,
                    ),
                ),
                ("closed_comment", models.TextField(blank=True)),
                ("accepted_by_name", models.CharField(blank=True, max_length=100)),
                ("accepted_by_email", models.EmailField(blank=True, max_length=254)),
                ("accepted_from_ip", models.GenericIPAddressField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="crm.account",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.company",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.contact",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="crm.opportunity",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payment_terms",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.paymentterms",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.pricelist",
                    ),
                ),
                (
                    "revises",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="next_revision",
                        to="sales.quote",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                (
                    "tax_zone",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxzone",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [("approve_quote", "Can approve quotes")],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["status", "-id"], name="quote_by_status"),
                    models.Index(fields=["owner", "-id"], name="quote_by_owner"),
                    models.Index(fields=["team", "-id"], name="quote_by_team"),
                    models.Index(fields=["account", "-id"], name="quote_by_account"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="quote_custom", opclasses=["jsonb_path_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("detail"), "-", models.F("discount")
                                        ),
                                        "+",
                                        models.F("freight"),
                                    ),
                                    "+",
                                    models.F("tax"),
                                ),
                            )
                        ),
                        name="quote_total_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                        name="quote_discount_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exchange_rate__gt", 0)),
                        name="quote_exchange_rate_positive",
                    ),
                    models.UniqueConstraint(
                        fields=("number", "revision"), name="quote_revision_unique"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "active")),
                        fields=("number",),
                        name="quote_one_live_revision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "cancelled"]),
                            models.Q(("number__isnull", False), ("revision__gte", 1)),
                            _connector="OR",
                        ),
                        name="quote_numbered_once_active",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.CharField(blank=True, editable=False, max_length=30, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=12,
                        default=Decimal("1"),
                        help_text="Units of the document's currency per unit of the company's base currency.",
                        max_digits=24,
                    ),
                ),
                ("exchange_rate_on", models.DateField(blank=True, null=True)),
                (
                    "rounding",
                    models.CharField(
                        choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                        default="half_up",
                        max_length=10,
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                (
                    "customer_reference",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="customer's reference"
                    ),
                ),
                ("notes", models.TextField(blank=True)),
                (
                    "discount_amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount_rate",
                    models.DecimalField(decimal_places=6, default=Decimal("0"), max_digits=9),
                ),
                (
                    "detail",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "freight",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "total",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                (
                    "fulfilment_status",
                    models.CharField(
                        choices=[
                            ("not_started", "Not started"),
                            ("partly_shipped", "Partly shipped"),
                            ("shipped", "Shipped"),
                            ("delivered", "Delivered"),
                            ("returned", "Returned"),
                        ],
                        default="not_started",
                        editable=False,
                        max_length=15,
                    ),
                ),
                (
                    "billing_status",
                    models.CharField(
                        choices=[
                            ("to_invoice", "To invoice"),
                            ("partly", "Partly invoiced"),
                            ("invoiced", "Invoiced"),
                            ("credited", "Credited"),
                        ],
                        default="to_invoice",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "processing_status",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="The other system's own word.",
                        max_length=40,
                    ),
                ),
                (
                    "is_on_hold",
                    models.BooleanField(default=False, editable=False, verbose_name="on hold"),
                ),
                ("hold_reason", models.CharField(blank=True, max_length=200)),
                ("external_id", models.CharField(blank=True, max_length=100)),
                (
                    "origin",
                    models.CharField(
                        blank=True, help_text="The connection the order came from.", max_length=30
                    ),
                ),
                ("prices_are_locked", models.BooleanField(default=False)),
                (
                    "requested_on",
                    models.DateField(blank=True, null=True, verbose_name="requested delivery"),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_because", models.CharField(blank=True, max_length=200)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="crm.account",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.company",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.contact",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="crm.opportunity",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="crm.partner",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                (
                    "payment_terms",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.paymentterms",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.pricelist",
                    ),
                ),
                (
                    "quote",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order",
                        to="sales.quote",
                    ),
                ),
                (
                    "tax_zone",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxzone",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("override_price", "Can type a price other than the list's"),
                    ("exceed_discount", "Can give more discount than the limit"),
                ],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["status", "-id"], name="order_by_status"),
                    models.Index(fields=["owner", "-id"], name="order_by_owner"),
                    models.Index(fields=["team", "-id"], name="order_by_team"),
                    models.Index(fields=["account", "-id"], name="order_by_account"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="order_custom", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(fields=["fulfilment_status", "-id"], name="order_by_fulfilment"),
                    models.Index(fields=["billing_status", "-id"], name="order_by_billing"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("detail"), "-", models.F("discount")
                                        ),
                                        "+",
                                        models.F("freight"),
                                    ),
                                    "+",
                                    models.F("tax"),
                                ),
                            )
                        ),
                        name="order_total_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                        name="order_discount_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exchange_rate__gt", 0)),
                        name="order_exchange_rate_positive",
                    ),
                    models.UniqueConstraint(fields=("number",), name="order_number_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("partner", "external_id"),
                        name="order_external_id_unique",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["draft", "cancelled"]),
                            ("number__isnull", False),
                            _connector="OR",
                        ),
                        name="order_numbered_once_submitted",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("hold_reason", ""), _negated=True),
                            ("is_on_hold", False),
                            _connector="OR",
                        ),
                        name="order_hold_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PromotionUse",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What the code takes off, in the document's currency.",
                        max_digits=20,
                    ),
                ),
                ("is_counted", models.BooleanField(default=False, editable=False)),
                ("given_at", models.DateTimeField(auto_now_add=True)),
                (
                    "code",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="given",
                        to="sales.promotioncode",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promotions",
                        to="sales.order",
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="promotions",
                        to="sales.quote",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quote__isnull", True), ("order__isnull", True), _connector="XOR"
                        ),
                        name="promotion_use_on_one_document",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("quote__isnull", False)),
                        fields=("quote", "code"),
                        name="promotion_once_per_quote",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("order__isnull", False)),
                        fields=("order", "code"),
                        name="promotion_once_per_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_counted", False), ("order__isnull", False), _connector="OR"
                        ),
                        name="promotion_counted_on_orders",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteApproval",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("content_hash", models.CharField(max_length=64)),
                ("approved", models.BooleanField()),
                ("comment", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(auto_now_add=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvals",
                        to="sales.quote",
                    ),
                ),
            ],
            options={
                "ordering": ["-decided_at"],
            },
        ),
        migrations.CreateModel(
            name="QuoteApprovalHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("quote", models.UUIDField(db_column="quote_id", null=True)),
                ("decided_by", models.UUIDField(db_column="decided_by_id", null=True)),
                ("content_hash", models.CharField(max_length=64)),
                ("approved", models.BooleanField()),
                ("comment", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(auto_now_add=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="QuoteHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("owner", models.UUIDField(db_column="owner_id", null=True)),
                ("team", models.UUIDField(db_column="team_id", null=True)),
                ("company", models.UUIDField(db_column="company_id", null=True)),
                ("account", models.UUIDField(db_column="account_id", null=True)),
                ("contact", models.UUIDField(db_column="contact_id", null=True)),
                ("price_list", models.UUIDField(db_column="price_list_id", null=True)),
                ("payment_terms", models.UUIDField(db_column="payment_terms_id", null=True)),
                ("tax_zone", models.UUIDField(db_column="tax_zone_id", null=True)),
                ("created_by", models.UUIDField(db_column="created_by_id", null=True)),
                ("opportunity", models.UUIDField(db_column="opportunity_id", null=True)),
                ("revises", models.UUIDField(db_column="revises_id", null=True)),
                ("number", models.CharField(blank=True, editable=False, max_length=30, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=12,
                        default=Decimal("1"),
                        help_text="Units of the document's currency per unit of the company's base currency.",
                        max_digits=24,
                    ),
                ),
                ("exchange_rate_on", models.DateField(blank=True, null=True)),
                (
                    "rounding",
                    models.CharField(
                        choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                        default="half_up",
                        max_length=10,
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                (
                    "customer_reference",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="customer's reference"
                    ),
                ),
                ("notes", models.TextField(blank=True)),
                (
                    "discount_amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount_rate",
                    models.DecimalField(decimal_places=6, default=Decimal("0"), max_digits=9),
                ),
                (
                    "detail",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "freight",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "total",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("active", "Active"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("cancelled", "Cancelled"),
                            ("superseded", "Superseded"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("content_hash", models.CharField(blank=True, editable=False, max_length=64)),
                ("activated_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("price", "Price"),
                            ("competitor", "Competitor"),
                            ("timing", "Timing"),
                            ("declined", "Declined by the customer"),
                            ("other", "Other"),
                        ],
                        max_length=15,
                    ),
                ),
                ("closed_comment", models.TextField(blank=True)),
                ("accepted_by_name", models.CharField(blank=True, max_length=100)),
                ("accepted_by_email", models.EmailField(blank=True, max_length=254)),
                ("accepted_from_ip", models.GenericIPAddressField(blank=True, null=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="QuoteLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "bundle_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bundle_parts",
                        to="sales.quoteline",
                    ),
                ),
                (
                    "price_list_item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sales.pricelistitem",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "product_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.productcategory",
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="sales.quote",
                    ),
                ),
                (
                    "tax_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxcategory",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "abstract": False,
                "indexes": [models.Index(fields=["quote", "position"], name="quote_line_order")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net"), "+", models.F("tax")
                                ),
                            )
                        ),
                        name="quoteline_gross_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "product"), _negated=True),
                            ("product__isnull", False),
                            _connector="OR",
                        ),
                        name="quoteline_product_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__isnull", True),
                            ("discount_rate__isnull", True),
                            _connector="OR",
                        ),
                        name="quoteline_discount_one_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_rate__isnull", True),
                            models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="quoteline_discount_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_rate__isnull", True),
                            models.Q(("tax_rate__gte", 0), ("tax_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="quoteline_tax_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["section", "note"]), _negated=True),
                            models.Q(("header_discount", 0), ("net", 0), ("tax", 0)),
                            _connector="OR",
                        ),
                        name="quoteline_words_cost_nothing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteLineHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("product", models.UUIDField(db_column="product_id", null=True)),
                ("product_category", models.UUIDField(db_column="product_category_id", null=True)),
                ("unit", models.UUIDField(db_column="unit_id", null=True)),
                ("price_list_item", models.UUIDField(db_column="price_list_item_id", null=True)),
                ("tax_category", models.UUIDField(db_column="tax_category_id", null=True)),
                ("bundle_line", models.UUIDField(db_column="bundle_line_id", null=True)),
                ("quote", models.UUIDField(db_column="quote_id", null=True)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="RelatedProduct",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("cross_sell", "Goes with it"),
                            ("up_sell", "Better one"),
                            ("substitute", "Instead of it"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="related",
                        to="sales.product",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "other", "kind"), name="related_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("product", models.F("other")), _negated=True),
                        name="related_not_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RelatedProductHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("product", models.UUIDField(db_column="product_id", null=True)),
                ("other", models.UUIDField(db_column="other_id", null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("cross_sell", "Goes with it"),
                            ("up_sell", "Better one"),
                            ("substitute", "Instead of it"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SalesEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("quote.changed", "Quote changed"),
                            ("quote.activated", "Quote activated"),
                            ("quote.revised", "Quote revised"),
                            ("quote.accepted", "Quote accepted"),
                            ("quote.closed", "Quote closed"),
                            ("order.drafted", "Order drafted"),
                            ("order.submitted", "Order submitted"),
                            ("order.changed", "Order changed"),
                            ("order.held", "Order put on hold"),
                            ("order.released", "Order released"),
                            ("order.cancelled", "Order cancelled"),
                            ("order.progressed", "Order progressed"),
                            ("shipment.recorded", "Shipment recorded"),
                            ("invoice.drafted", "Invoice drafted"),
                            ("invoice.issued", "Invoice issued"),
                            ("invoice.posted", "Invoice of record received"),
                            ("invoice.paid", "Payment received"),
                            ("invoice.credited", "Invoice credited"),
                        ],
                        max_length=30,
                    ),
                ),
                (
                    "subject_type",
                    models.CharField(
                        choices=[("quote", "Quote"), ("order", "Order"), ("invoice", "Invoice")],
                        max_length=10,
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("subject_number", models.CharField(blank=True, max_length=30)),
                ("subject_version", models.PositiveIntegerField()),
                (
                    "root_type",
                    models.CharField(
                        choices=[("quote", "Quote"), ("order", "Order"), ("invoice", "Invoice")],
                        max_length=10,
                    ),
                ),
                (
                    "root_id",
                    models.UUIDField(help_text="The document whose lane the event travels in."),
                ),
                ("data", models.JSONField(default=dict)),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.CharField(max_length=150)),
                (
                    "origin",
                    models.CharField(
                        blank=True, help_text="The connection it came from.", max_length=30
                    ),
                ),
                ("causation_id", models.CharField(blank=True, max_length=80)),
                ("correlation_id", models.CharField(blank=True, max_length=80)),
                (
                    "xid",
                    models.BigIntegerField(
                        db_default=models.Func(
                            function="pg_current_xact_id",
                            output_field=models.BigIntegerField(),
                            template="(%(function)s()::text::bigint)",
                        ),
                        editable=False,
                        help_text="The transaction that wrote it; readers wait until older ones are done.",
                    ),
                ),
                ("occurred_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["root_id", "id"], name="sales_event_by_root"),
                    models.Index(fields=["xid", "id"], name="sales_event_by_xid"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subject_id", "subject_version"), name="sales_event_one_per_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "shipped_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "delivered_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "returned_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "cancelled_quantity",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "drafted_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="On draft invoices.",
                        max_digits=20,
                    ),
                ),
                (
                    "invoiced_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="On issued invoices.",
                        max_digits=20,
                    ),
                ),
                (
                    "credited_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="Taken back by credit notes.",
                        max_digits=20,
                    ),
                ),
                (
                    "closed_quantity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        editable=False,
                        help_text="Credited and not to be billed again.",
                        max_digits=20,
                    ),
                ),
                (
                    "bundle_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bundle_parts",
                        to="sales.orderline",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="sales.order",
                    ),
                ),
                (
                    "price_list_item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sales.pricelistitem",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "product_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.productcategory",
                    ),
                ),
                (
                    "quote_line",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="order_line",
                        to="sales.quoteline",
                    ),
                ),
                (
                    "tax_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxcategory",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "abstract": False,
                "indexes": [models.Index(fields=["order", "position"], name="order_line_order")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net"), "+", models.F("tax")
                                ),
                            )
                        ),
                        name="orderline_gross_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "product"), _negated=True),
                            ("product__isnull", False),
                            _connector="OR",
                        ),
                        name="orderline_product_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__isnull", True),
                            ("discount_rate__isnull", True),
                            _connector="OR",
                        ),
                        name="orderline_discount_one_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_rate__isnull", True),
                            models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="orderline_discount_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_rate__isnull", True),
                            models.Q(("tax_rate__gte", 0), ("tax_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="orderline_tax_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["section", "note"]), _negated=True),
                            models.Q(("header_discount", 0), ("net", 0), ("tax", 0)),
                            _connector="OR",
                        ),
                        name="orderline_words_cost_nothing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 0), ("cancelled_quantity__gte", 0)),
                        name="order_line_quantity_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("returned_quantity__gte", 0),
                            ("returned_quantity__lte", models.F("shipped_quantity")),
                        ),
                        name="order_line_returned_was_shipped",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("delivered_quantity__gte", 0),
                            ("delivered_quantity__lte", models.F("shipped_quantity")),
                        ),
                        name="order_line_delivered_was_shipped",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "shipped_quantity__lte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("quantity"), "-", models.F("cancelled_quantity")
                                ),
                            )
                        ),
                        name="order_line_shipped_was_ordered",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("drafted_quantity__gte", 0),
                            ("closed_quantity__gte", 0),
                            ("closed_quantity__lte", models.F("credited_quantity")),
                            ("credited_quantity__lte", models.F("invoiced_quantity")),
                        ),
                        name="order_line_credited_was_invoiced",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "quantity__gte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("cancelled_quantity"),
                                                "+",
                                                models.F("invoiced_quantity"),
                                            ),
                                            "-",
                                            models.F("credited_quantity"),
                                        ),
                                        "+",
                                        models.F("closed_quantity"),
                                    ),
                                    "+",
                                    models.F("drafted_quantity"),
                                ),
                            )
                        ),
                        name="order_line_never_billed_twice",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaxCategoryHistory",
            fields=[
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=100)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TaxRateHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("category", models.UUIDField(db_column="category_id", null=True)),
                ("zone", models.UUIDField(db_column="zone_id", null=True)),
                ("rate", models.DecimalField(decimal_places=6, max_digits=9)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("rate", models.DecimalField(decimal_places=6, max_digits=9)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_to", models.DateField(blank=True, null=True)),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rates",
                        to="sales.taxcategory",
                    ),
                ),
                (
                    "zone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rates",
                        to="sales.taxzone",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rate__gte", 0), ("rate__lte", 1)),
                        name="tax_rate_is_a_rate",
                        violation_error_message="Give the rate as a fraction: 0.19 is 19 %.",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("category", "="),
                            ("zone", "="),
                            (
                                models.Func(
                                    models.F("valid_from"),
                                    models.F("valid_to"),
                                    models.Value("[]"),
                                    function="DATERANGE",
                                    output_field=models.Field(),
                                ),
                                "&&",
                            ),
                        ],
                        name="tax_rate_no_overlap",
                        violation_error_message="Another rate of this category and zone covers these days.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.CharField(blank=True, editable=False, max_length=30, null=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("name", models.CharField(max_length=200)),
                (
                    "currency",
                    models.CharField(
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                (
                    "exchange_rate",
                    models.DecimalField(
                        decimal_places=12,
                        default=Decimal("1"),
                        help_text="Units of the document's currency per unit of the company's base currency.",
                        max_digits=24,
                    ),
                ),
                ("exchange_rate_on", models.DateField(blank=True, null=True)),
                (
                    "rounding",
                    models.CharField(
                        choices=[("half_up", "Half up"), ("half_even", "Half to even")],
                        default="half_up",
                        max_length=10,
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                (
                    "customer_reference",
                    models.CharField(
                        blank=True, max_length=60, verbose_name="customer's reference"
                    ),
                ),
                ("notes", models.TextField(blank=True)),
                (
                    "discount_amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount_rate",
                    models.DecimalField(decimal_places=6, default=Decimal("0"), max_digits=9),
                ),
                (
                    "detail",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "discount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "freight",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "total",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("invoice", "Invoice"), ("credit_note", "Credit note")],
                        default="invoice",
                        max_length=12,
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("all", "Everything ordered"),
                            ("shipped", "What was shipped"),
                            ("lines", "Chosen quantities"),
                            ("percentage", "Percentage"),
                            ("down_payment", "Down payment"),
                            ("milestone", "Milestone"),
                            ("free", "Without an order"),
                        ],
                        default="free",
                        max_length=15,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("issued", "Issued"),
                            ("partly_paid", "Partly paid"),
                            ("paid", "Paid"),
                            ("cancelled", "Cancelled by credit note"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                (
                    "bill_again",
                    models.BooleanField(
                        default=True, help_text="Whether what is credited may be invoiced again."
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("shipment_ref", models.CharField(blank=True, max_length=60)),
                ("issued_on", models.DateField(blank=True, null=True)),
                ("due_on", models.DateField(blank=True, null=True)),
                ("issued_at", models.DateTimeField(blank=True, null=True)),
                (
                    "origin",
                    models.CharField(
                        blank=True, help_text="The connection the invoice came from.", max_length=30
                    ),
                ),
                (
                    "paid",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                (
                    "credited",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), editable=False, max_digits=20
                    ),
                ),
                ("official_ref", models.CharField(blank=True, editable=False, max_length=60)),
                ("official_number", models.CharField(blank=True, editable=False, max_length=60)),
                ("official_status", models.CharField(blank=True, editable=False, max_length=30)),
                ("official_issued_on", models.DateField(blank=True, editable=False, null=True)),
                (
                    "official_tax",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        editable=False,
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "official_total",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        editable=False,
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)ss",
                        to="crm.account",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.company",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.contact",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "credits",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_notes",
                        to="sales.invoice",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.team",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="sales.order",
                    ),
                ),
                (
                    "payment_terms",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.paymentterms",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.pricelist",
                    ),
                ),
                (
                    "tax_zone",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxzone",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [("write_off_invoice", "Can write off invoices")],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["status", "-id"], name="invoice_by_status"),
                    models.Index(fields=["owner", "-id"], name="invoice_by_owner"),
                    models.Index(fields=["team", "-id"], name="invoice_by_team"),
                    models.Index(fields=["account", "-id"], name="invoice_by_account"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="invoice_custom", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(
                        condition=models.Q(
                            ("kind", "invoice"), ("status__in", ["issued", "partly_paid"])
                        ),
                        fields=["due_on"],
                        name="invoice_open_by_due",
                    ),
                    models.Index(
                        condition=models.Q(("official_number", ""), _negated=True),
                        fields=["official_number"],
                        name="invoice_by_official",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("detail"), "-", models.F("discount")
                                        ),
                                        "+",
                                        models.F("freight"),
                                    ),
                                    "+",
                                    models.F("tax"),
                                ),
                            )
                        ),
                        name="invoice_total_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                        name="invoice_discount_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("exchange_rate__gt", 0)),
                        name="invoice_exchange_rate_positive",
                    ),
                    models.UniqueConstraint(fields=("number",), name="invoice_number_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number__isnull", True), ("status", "draft")),
                            models.Q(
                                models.Q(("status", "draft"), _negated=True),
                                ("issued_on__isnull", False),
                                ("number__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="invoice_numbered_when_issued",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("kind", "credit_note"), ("credits__isnull", True), _connector="OR"
                        ),
                        name="invoice_credits_nothing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("credited__gte", 0), ("paid__gte", 0)),
                            ("total__lt", 0),
                            _connector="OR",
                        ),
                        name="invoice_settled_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("credited__lte", models.F("total")), ("credited", 0), _connector="OR"
                        ),
                        name="invoice_credited_within_total",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountTerms",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        default="EUR",
                        max_length=3,
                        validators=[
                            django.core.validators.MinLengthValidator(3),
                            django.core.validators.RegexValidator(
                                "^[A-Z]{3}$", "Use a code like EUR."
                            ),
                        ],
                    ),
                ),
                ("prices_include_tax", models.BooleanField(default=False)),
                (
                    "credit_limit",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terms",
                        to="crm.account",
                    ),
                ),
                (
                    "payment_terms",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.paymentterms",
                    ),
                ),
                (
                    "price_list",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.pricelist",
                    ),
                ),
                (
                    "tax_zone",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxzone",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "account terms",
            },
        ),
        migrations.CreateModel(
            name="TaxZoneHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=100)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="OpportunityLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "bundle_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bundle_parts",
                        to="sales.opportunityline",
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="crm.opportunity",
                    ),
                ),
                (
                    "price_list_item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sales.pricelistitem",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "product_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.productcategory",
                    ),
                ),
                (
                    "tax_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxcategory",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["opportunity", "position"], name="opportunity_line_order")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net"), "+", models.F("tax")
                                ),
                            )
                        ),
                        name="opportunityline_gross_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "product"), _negated=True),
                            ("product__isnull", False),
                            _connector="OR",
                        ),
                        name="opportunityline_product_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__isnull", True),
                            ("discount_rate__isnull", True),
                            _connector="OR",
                        ),
                        name="opportunityline_discount_one_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_rate__isnull", True),
                            models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="opportunityline_discount_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_rate__isnull", True),
                            models.Q(("tax_rate__gte", 0), ("tax_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="opportunityline_tax_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["section", "note"]), _negated=True),
                            models.Q(("header_discount", 0), ("net", 0), ("tax", 0)),
                            _connector="OR",
                        ),
                        name="opportunityline_words_cost_nothing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("product", "Product"),
                            ("write_in", "Write-in"),
                            ("section", "Section"),
                            ("note", "Note"),
                            ("down_payment", "Down payment"),
                        ],
                        default="product",
                        max_length=12,
                    ),
                ),
                ("sku", models.CharField(blank=True, max_length=40, verbose_name="SKU")),
                ("description", models.CharField(max_length=500)),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_optional", models.BooleanField(default=False, verbose_name="optional")),
                ("is_taken", models.BooleanField(default=True, verbose_name="taken")),
                (
                    "unit_price",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "price_source",
                    models.CharField(
                        choices=[
                            ("list", "Price list"),
                            ("typed", "Typed"),
                            ("bundle", "Part of a bundle"),
                            ("quote", "Agreed in the quote"),
                            ("external", "From the other system"),
                        ],
                        default="list",
                        max_length=10,
                    ),
                ),
                (
                    "volume_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="Off each unit.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=5,
                        default=None,
                        help_text="Off the whole line.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "tax_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                ("tax_rate_is_typed", models.BooleanField(default=False)),
                (
                    "unit_cost",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                ("requested_on", models.DateField(blank=True, null=True)),
                (
                    "base",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "promotion_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="What promotion codes take off the line.",
                        max_digits=20,
                    ),
                ),
                (
                    "discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's own discount in money, promotions included.",
                        max_digits=20,
                    ),
                ),
                ("net", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "header_discount",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        help_text="The line's share of the header discount.",
                        max_digits=20,
                    ),
                ),
                ("tax", models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20)),
                (
                    "gross",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                (
                    "bundle_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bundle_parts",
                        to="sales.invoiceline",
                    ),
                ),
                (
                    "credits_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credited_by",
                        to="sales.invoiceline",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="sales.invoice",
                    ),
                ),
                (
                    "order_line",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoice_lines",
                        to="sales.orderline",
                    ),
                ),
                (
                    "price_list_item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="sales.pricelistitem",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "product_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.productcategory",
                    ),
                ),
                (
                    "tax_category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.taxcategory",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "abstract": False,
                "indexes": [
                    models.Index(fields=["invoice", "position"], name="invoice_line_order")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "gross",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("net"), "+", models.F("tax")
                                ),
                            )
                        ),
                        name="invoiceline_gross_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "product"), _negated=True),
                            ("product__isnull", False),
                            _connector="OR",
                        ),
                        name="invoiceline_product_named",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_amount__isnull", True),
                            ("discount_rate__isnull", True),
                            _connector="OR",
                        ),
                        name="invoiceline_discount_one_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_rate__isnull", True),
                            models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="invoiceline_discount_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_rate__isnull", True),
                            models.Q(("tax_rate__gte", 0), ("tax_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="invoiceline_tax_is_a_rate",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["section", "note"]), _negated=True),
                            models.Q(("header_discount", 0), ("net", 0), ("tax", 0)),
                            _connector="OR",
                        ),
                        name="invoiceline_words_cost_nothing",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BundleItem",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "quantity",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                ("is_required", models.BooleanField(default=True, verbose_name="required")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bundle_items",
                        to="sales.product",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.product",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.unit",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("bundle", "product"), name="bundle_item_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="bundle_item_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bundle", models.F("product")), _negated=True),
                        name="bundle_not_in_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitGroupHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=50)),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="UnitHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("group", models.UUIDField(db_column="group_id", null=True)),
                ("name", models.CharField(max_length=30)),
                (
                    "factor",
                    models.DecimalField(decimal_places=5, default=Decimal("1"), max_digits=20),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DiscountBand",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "quantity_from",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "quantity_to",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "discount_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True),
                ),
                (
                    "discount_amount",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "discount_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bands",
                        to="sales.discountlist",
                    ),
                ),
            ],
            options={
                "ordering": ["quantity_from"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("quantity_to__isnull", True),
                            ("quantity_from__lte", models.F("quantity_to")),
                            _connector="OR",
                        ),
                        name="discount_band_in_order",
                        violation_error_message="The band would end before it begins.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("discount_amount__isnull", True), ("discount_rate__isnull", False)
                            ),
                            models.Q(
                                ("discount_amount__isnull", False), ("discount_rate__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="discount_band_rate_or_amount",
                        violation_error_message="Give either a rate or an amount.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_rate__isnull", True),
                            models.Q(("discount_rate__gte", 0), ("discount_rate__lte", 1)),
                            _connector="OR",
                        ),
                        name="discount_band_rate_is_a_rate",
                    ),
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        deferrable=django.db.models.constraints.Deferrable["IMMEDIATE"],
                        expressions=[
                            ("discount_list", "="),
                            (
                                models.Func(
                                    models.F("quantity_from"),
                                    models.F("quantity_to"),
                                    models.Value("[]"),
                                    function="NUMRANGE",
                                    output_field=models.Field(),
                                ),
                                "&&",
                            ),
                        ],
                        name="discount_band_no_overlap",
                        violation_error_message="Another band of this list covers these quantities.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberSeries",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("Q", "Quote"),
                            ("O", "Order"),
                            ("INV", "Invoice"),
                            ("CN", "Credit note"),
                        ],
                        max_length=3,
                    ),
                ),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
                (
                    "company",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.company",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "number series",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("company", "kind", "year"), name="number_series_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OrderChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("version", models.PositiveIntegerField()),
                ("difference", models.JSONField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("changed_by_name", models.CharField(max_length=150)),
                ("changed_at", models.DateTimeField(auto_now_add=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="sales.order",
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "version"), name="order_change_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                ("received_on", models.DateField()),
                ("reference", models.CharField(blank=True, max_length=60)),
                ("method", models.CharField(blank=True, max_length=30)),
                ("source", models.CharField(blank=True, help_text="Who told us.", max_length=30)),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="sales.invoice",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["received_on", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=("invoice", "reference"),
                        name="payment_reference_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True), name="payment_not_zero"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Instalment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.identifiers.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("share_rate", models.DecimalField(decimal_places=6, max_digits=9)),
                ("due_days", models.PositiveSmallIntegerField()),
                (
                    "terms",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="instalments",
                        to="sales.paymentterms",
                    ),
                ),
            ],
            options={
                "ordering": ["due_days", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("share_rate__gt", 0), ("share_rate__lte", 1)),
                        name="instalment_share_is_a_rate",
                    )
                ],
            },
        ),
    ]
