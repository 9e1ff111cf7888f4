import common.identifiers
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import django_countries.fields
import phonenumber_field.modelfields
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [
        django.contrib.postgres.operations.TrigramExtension(),
        django.contrib.postgres.operations.BtreeGistExtension(),
        migrations.CreateModel(
            name="AccountHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("owner", models.UUIDField(db_column="owner_id", null=True)),
                ("team", models.UUIDField(db_column="team_id", null=True)),
                ("billing_street", models.CharField(blank=True, max_length=200)),
                ("billing_postal_code", models.CharField(blank=True, max_length=20)),
                ("billing_city", models.CharField(blank=True, max_length=100)),
                ("billing_country", django_countries.fields.CountryField(blank=True, max_length=2)),
                ("shipping_street", models.CharField(blank=True, max_length=200)),
                ("shipping_postal_code", models.CharField(blank=True, max_length=20)),
                ("shipping_city", models.CharField(blank=True, max_length=100)),
                (
                    "shipping_country",
                    django_countries.fields.CountryField(blank=True, max_length=2),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("company", "Company"), ("person", "Person")],
                        default="company",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("normalised_name", models.CharField(editable=False, max_length=200)),
                ("domain", models.CharField(blank=True, max_length=100)),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "tax_number",
                    models.CharField(blank=True, max_length=30, verbose_name="VAT number"),
                ),
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
            name="ActivityHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("subject_type", models.IntegerField(db_column="subject_type_id", null=True)),
                ("author", models.UUIDField(db_column="author_id", null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("note", "Note"),
                            ("task", "Task"),
                            ("call", "Call"),
                            ("email", "E-mail"),
                            ("system", "System"),
                        ],
                        default="note",
                        max_length=10,
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("text", models.TextField()),
                ("due_on", models.DateField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
            name="ContactHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("account", models.UUIDField(db_column="account_id", null=True)),
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(max_length=100)),
                ("job_title", models.CharField(blank=True, max_length=100)),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
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
            name="CustomField",
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
                    "record_type",
                    models.CharField(
                        choices=[
                            ("account", "Account"),
                            ("contact", "Contact"),
                            ("lead", "Lead"),
                            ("opportunity", "Opportunity"),
                            ("product", "Product"),
                            ("quote", "Quote"),
                            ("order", "Order"),
                            ("invoice", "Invoice"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_]*$", "Use small letters, digits and _."
                            )
                        ],
                    ),
                ),
                ("label", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("money", "Money"),
                            ("date", "Date"),
                            ("yes_no", "Yes or no"),
                            ("choice", "Choice"),
                            ("choices", "Several choices"),
                            ("link", "Link"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "choices",
                    models.JSONField(
                        blank=True, default=list, help_text="The words to choose from."
                    ),
                ),
                ("is_required", models.BooleanField(default=False, verbose_name="required")),
                ("default", models.JSONField(blank=True, null=True)),
                ("help_text", models.CharField(blank=True, max_length=200)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("show_in_list", models.BooleanField(default=False)),
                (
                    "show_in_document",
                    models.BooleanField(default=False, verbose_name="show on printed documents"),
                ),
                ("send_in_handoffs", models.BooleanField(default=True)),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ["record_type", "position", "key"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("record_type", "key"), name="custom_field_key_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomFieldHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                (
                    "record_type",
                    models.CharField(
                        choices=[
                            ("account", "Account"),
                            ("contact", "Contact"),
                            ("lead", "Lead"),
                            ("opportunity", "Opportunity"),
                            ("product", "Product"),
                            ("quote", "Quote"),
                            ("order", "Order"),
                            ("invoice", "Invoice"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "key",
                    models.CharField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_]*$", "Use small letters, digits and _."
                            )
                        ],
                    ),
                ),
                ("label", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("money", "Money"),
                            ("date", "Date"),
                            ("yes_no", "Yes or no"),
                            ("choice", "Choice"),
                            ("choices", "Several choices"),
                            ("link", "Link"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "choices",
                    models.JSONField(
                        blank=True, default=list, help_text="The words to choose from."
                    ),
                ),
                ("is_required", models.BooleanField(default=False, verbose_name="required")),
                ("default", models.JSONField(blank=True, null=True)),
                ("help_text", models.CharField(blank=True, max_length=200)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("show_in_list", models.BooleanField(default=False)),
                (
                    "show_in_document",
                    models.BooleanField(default=False, verbose_name="show on printed documents"),
                ),
                ("send_in_handoffs", models.BooleanField(default=True)),
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
            name="LeadHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("owner", models.UUIDField(db_column="owner_id", null=True)),
                ("team", models.UUIDField(db_column="team_id", null=True)),
                (
                    "qualified_account",
                    models.UUIDField(db_column="qualified_account_id", null=True),
                ),
                (
                    "qualified_contact",
                    models.UUIDField(db_column="qualified_contact_id", null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("contacted", "Contacted"),
                            ("qualified", "Qualified"),
                            ("disqualified", "Disqualified"),
                        ],
                        default="new",
                        max_length=15,
                    ),
                ),
                ("topic", models.CharField(max_length=200)),
                (
                    "company_name",
                    models.CharField(blank=True, max_length=200, verbose_name="company"),
                ),
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(max_length=100)),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("web", "Web"),
                            ("referral", "Referral"),
                            ("trade_fair", "Trade fair"),
                            ("outbound", "Outbound"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=15,
                    ),
                ),
                ("follow_up_on", models.DateField(blank=True, null=True)),
                (
                    "disqualified_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lost", "Lost"),
                            ("cannot_contact", "Cannot contact"),
                            ("no_longer_interested", "No longer interested"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=25,
                    ),
                ),
                ("qualified_at", models.DateTimeField(blank=True, null=True)),
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
            name="OpportunityHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("owner", models.UUIDField(db_column="owner_id", null=True)),
                ("team", models.UUIDField(db_column="team_id", null=True)),
                ("account", models.UUIDField(db_column="account_id", null=True)),
                ("contact", models.UUIDField(db_column="contact_id", null=True)),
                ("lead", models.UUIDField(db_column="lead_id", null=True)),
                ("stage", models.UUIDField(db_column="stage_id", null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")],
                        default="open",
                        max_length=5,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
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
                (
                    "expected_revenue",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "revenue_is_computed",
                    models.BooleanField(
                        default=False, help_text="Take the expected revenue from the lines."
                    ),
                ),
                (
                    "actual_revenue",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "close_on",
                    models.DateField(blank=True, null=True, verbose_name="expected close"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lost_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("price", "Price"),
                            ("competitor", "Competitor"),
                            ("timing", "Timing"),
                            ("no_budget", "No budget"),
                            ("no_decision", "No decision"),
                            ("other", "Other"),
                        ],
                        max_length=15,
                    ),
                ),
                ("competitor", models.CharField(blank=True, max_length=100)),
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
            name="PartnerHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=100)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("orders:read", "Read orders"),
                                ("orders:write", "Write orders"),
                                ("fulfilment:write", "Report fulfilment"),
                                ("invoices:read", "Read invoices"),
                                ("invoices:write", "Write invoices"),
                                ("catalogue:read", "Read the catalogue"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
            name="Stage",
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
                ("position", models.PositiveSmallIntegerField(unique=True)),
                ("probability_rate", models.DecimalField(decimal_places=6, max_digits=9)),
                (
                    "forecast",
                    models.CharField(
                        choices=[
                            ("pipeline", "Pipeline"),
                            ("best_case", "Best case"),
                            ("committed", "Committed"),
                        ],
                        default="pipeline",
                        max_length=10,
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("probability_rate__gte", 0), ("probability_rate__lte", 1)
                        ),
                        name="stage_probability_is_a_rate",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StageHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("name", models.CharField(max_length=50)),
                ("position", models.PositiveSmallIntegerField()),
                ("probability_rate", models.DecimalField(decimal_places=6, max_digits=9)),
                (
                    "forecast",
                    models.CharField(
                        choices=[
                            ("pipeline", "Pipeline"),
                            ("best_case", "Best case"),
                            ("committed", "Committed"),
                        ],
                        default="pipeline",
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
            name="Team",
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
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="crm.team",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="team_not_below_itself",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
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
                    "email",
                    models.EmailField(max_length=254, unique=True, verbose_name="e-mail address"),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="members",
                        to="crm.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("billing_street", models.CharField(blank=True, max_length=200)),
                ("billing_postal_code", models.CharField(blank=True, max_length=20)),
                ("billing_city", models.CharField(blank=True, max_length=100)),
                ("billing_country", django_countries.fields.CountryField(blank=True, max_length=2)),
                ("shipping_street", models.CharField(blank=True, max_length=200)),
                ("shipping_postal_code", models.CharField(blank=True, max_length=20)),
                ("shipping_city", models.CharField(blank=True, max_length=100)),
                (
                    "shipping_country",
                    django_countries.fields.CountryField(blank=True, max_length=2),
                ),
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
                        choices=[("company", "Company"), ("person", "Person")],
                        default="company",
                        max_length=10,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "normalised_name",
                    models.CharField(db_index=True, editable=False, max_length=200),
                ),
                ("domain", models.CharField(blank=True, db_index=True, max_length=100)),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "tax_number",
                    models.CharField(blank=True, max_length=30, verbose_name="VAT number"),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
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
            ],
            options={
                "ordering": ["name", "id"],
                "indexes": [
                    models.Index(fields=["name", "id"], name="account_by_name"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["normalised_name"],
                        name="account_name_trgm",
                        opclasses=["gin_trgm_ops"],
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="account_custom", opclasses=["jsonb_path_ops"]
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
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
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(max_length=100)),
                ("job_title", models.CharField(blank=True, max_length=100)),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="crm.account",
                    ),
                ),
            ],
            options={
                "ordering": ["last_name", "first_name", "id"],
                "indexes": [
                    models.Index(fields=["last_name", "first_name", "id"], name="contact_by_name"),
                    models.Index(
                        django.db.models.functions.text.Lower("email"), name="contact_by_email"
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="contact_custom", opclasses=["jsonb_path_ops"]
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Lead",
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
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("contacted", "Contacted"),
                            ("qualified", "Qualified"),
                            ("disqualified", "Disqualified"),
                        ],
                        default="new",
                        max_length=15,
                    ),
                ),
                ("topic", models.CharField(max_length=200)),
                (
                    "company_name",
                    models.CharField(blank=True, max_length=200, verbose_name="company"),
                ),
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(max_length=100)),
                (
                    "email",
                    models.EmailField(blank=True, max_length=254, verbose_name="e-mail address"),
                ),
                (
                    "phone",
                    phonenumber_field.modelfields.PhoneNumberField(
                        blank=True, max_length=128, region=None
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("web", "Web"),
                            ("referral", "Referral"),
                            ("trade_fair", "Trade fair"),
                            ("outbound", "Outbound"),
                            ("other", "Other"),
                        ],
                        default="other",
                        max_length=15,
                    ),
                ),
                ("follow_up_on", models.DateField(blank=True, null=True)),
                (
                    "disqualified_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("lost", "Lost"),
                            ("cannot_contact", "Cannot contact"),
                            ("no_longer_interested", "No longer interested"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=25,
                    ),
                ),
                ("qualified_at", models.DateTimeField(blank=True, null=True)),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "qualified_account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="crm.account",
                    ),
                ),
                (
                    "qualified_contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="leads",
                        to="crm.contact",
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
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["status", "-id"], name="lead_by_status"),
                    models.Index(fields=["owner", "-id"], name="lead_by_owner"),
                    models.Index(fields=["team", "-id"], name="lead_by_team"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="lead_custom", opclasses=["jsonb_path_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", "qualified"), _negated=True),
                            ("qualified_account__isnull", False),
                            _connector="OR",
                        ),
                        name="lead_qualified_has_account",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "disqualified"),
                            ("disqualified_because", ""),
                            _connector="XOR",
                        ),
                        name="lead_disqualified_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Partner",
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
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("orders:read", "Read orders"),
                                ("orders:write", "Write orders"),
                                ("fulfilment:write", "Report fulfilment"),
                                ("invoices:read", "Read invoices"),
                                ("invoices:write", "Write invoices"),
                                ("catalogue:read", "Read the catalogue"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "accounts",
                    models.ManyToManyField(blank=True, related_name="partners", to="crm.account"),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Opportunity",
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
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")],
                        default="open",
                        max_length=5,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
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
                (
                    "expected_revenue",
                    models.DecimalField(decimal_places=5, default=Decimal("0"), max_digits=20),
                ),
                (
                    "revenue_is_computed",
                    models.BooleanField(
                        default=False, help_text="Take the expected revenue from the lines."
                    ),
                ),
                (
                    "actual_revenue",
                    models.DecimalField(
                        blank=True, decimal_places=5, default=None, max_digits=20, null=True
                    ),
                ),
                (
                    "close_on",
                    models.DateField(blank=True, null=True, verbose_name="expected close"),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lost_because",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("price", "Price"),
                            ("competitor", "Competitor"),
                            ("timing", "Timing"),
                            ("no_budget", "No budget"),
                            ("no_decision", "No decision"),
                            ("other", "Other"),
                        ],
                        max_length=15,
                    ),
                ),
                ("competitor", models.CharField(blank=True, max_length=100)),
                ("custom", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="crm.account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="crm.contact",
                    ),
                ),
                (
                    "lead",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunity",
                        to="crm.lead",
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
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="crm.stage",
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
            ],
            options={
                "verbose_name_plural": "opportunities",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["status", "-id"], name="opportunity_by_status"),
                    models.Index(fields=["owner", "-id"], name="opportunity_by_owner"),
                    models.Index(fields=["team", "-id"], name="opportunity_by_team"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["custom"], name="opportunity_custom", opclasses=["jsonb_path_ops"]
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expected_revenue__gte", 0)),
                        name="opportunity_revenue_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "lost"), ("lost_because", ""), _connector="XOR"
                        ),
                        name="opportunity_lost_has_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("parent", models.UUIDField(db_column="parent_id", null=True)),
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
            name="UserHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.UUIDField(db_index=True, editable=False)),
                ("team", models.UUIDField(db_column="team_id", null=True)),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "first_name",
                    models.CharField(blank=True, max_length=150, verbose_name="first name"),
                ),
                (
                    "last_name",
                    models.CharField(blank=True, max_length=150, verbose_name="last name"),
                ),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                (
                    "date_joined",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="date joined"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
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
            name="Activity",
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
                            ("note", "Note"),
                            ("task", "Task"),
                            ("call", "Call"),
                            ("email", "E-mail"),
                            ("system", "System"),
                        ],
                        default="note",
                        max_length=10,
                    ),
                ),
                ("subject_id", models.UUIDField()),
                ("text", models.TextField()),
                ("due_on", models.DateField(blank=True, null=True)),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "subject_type",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contenttypes.contenttype",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activities",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        fields=["subject_type", "subject_id", "-id"], name="activity_by_subject"
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", True), ("due_on__isnull", False)),
                        fields=["author", "due_on"],
                        name="activity_open_tasks",
                    ),
                ],
            },
        ),
    ]
