from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    """Adds nothing any more: what it added stands where its tables are made, which is faster."""

    initial = True

    dependencies = [("fulfilment", "0001_initial")]

    operations = []
