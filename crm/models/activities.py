"""Activities: notes, tasks, calls and e-mails on a record's timeline."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, parameters_field
from common.history import keeps_history
from common.stored_sentences import written


@keeps_history()
class Activity(models.Model):
    """One entry of a record's timeline."""

    class Kind(models.TextChoices):
        NOTE = "note", _("Note")
        TASK = "task", _("Task")
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        SYSTEM = "system", _("System")

    id = identifier()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.NOTE)
    subject_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    subject_id = models.UUIDField()
    subject = GenericForeignKey("subject_type", "subject_id")
    text = models.TextField()
    parameters = parameters_field()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="activities",
    )
    due_on = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = _("activities")
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id", "-id"], name="activity_by_subject"),
            models.Index(
                fields=["author", "due_on"],
                condition=models.Q(done_at__isnull=True, due_on__isnull=False),
                name="activity_open_tasks",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.display_text[:60]}"

    @property
    def display_text(self) -> str:
        """The text as people typed it; a sentence of our own in the language of its reader."""
        return written(self.text, self.parameters)
