"""Custom fields: fields that an installation adds to a record type."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import identifier
from common.history import keeps_history


@keeps_history()
class CustomField(models.Model):
    """One field that was added to a record type, and how its values are checked."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        NUMBER = "number", _("Number")
        MONEY = "money", _("Money")
        DATE = "date", _("Date")
        YES_NO = "yes_no", _("Yes or no")
        CHOICE = "choice", _("Choice")
        CHOICES = "choices", _("Several choices")
        LINK = "link", _("Link")

    class RecordType(models.TextChoices):
        ACCOUNT = "account", _("Account")
        CONTACT = "contact", _("Contact")
        LEAD = "lead", _("Lead")
        OPPORTUNITY = "opportunity", _("Opportunity")
        PRODUCT = "product", _("Product")
        QUOTE = "quote", _("Quote")
        ORDER = "order", _("Order")
        INVOICE = "invoice", _("Invoice")

    id = identifier()
    record_type = models.CharField(max_length=15, choices=RecordType)
    key = models.CharField(
        max_length=40,
        validators=[
            RegexValidator(
                r"^[a-z][a-z0-9_]*$",
                _(
                    "A key is small letters, digits and underscores, and begins with a letter: "
                    "enter one, such as colour."
                ),
            )
        ],
    )
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind)
    choices = models.JSONField(default=list, blank=True, help_text=_("The words to choose from."))
    is_required = models.BooleanField(_("required"), default=False)
    default = models.JSONField(null=True, blank=True)
    help_text = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    show_in_list = models.BooleanField(default=False)
    show_in_document = models.BooleanField(_("show on printed documents"), default=False)
    send_in_handoffs = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["record_type", "position", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record_type", "key"],
                name="custom_field_key_unique",
                violation_error_message=_(
                    "This kind of record has a custom field with this key already."
                ),
            )
        ]

    def __str__(self) -> str:
        return gettext("%(field)s of %(record)s") % {
            "field": self.label,
            "record": self.get_record_type_display(),
        }
