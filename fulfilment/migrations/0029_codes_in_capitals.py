"""A code of another system is the same in other capitals."""

from django.db import migrations, models
from django.db.models.functions import Upper

KEEP_ONE = """
DELETE FROM fulfilment_mapping AS other
USING fulfilment_mapping AS kept
WHERE kept.connection_id = other.connection_id
    AND kept.kind = other.kind
    AND upper(kept.their_code) = upper(other.their_code)
    AND kept.record_id = other.record_id
    AND (NOT kept.is_outward, kept.id) < (NOT other.is_outward, other.id)
"""
"""Of codes for one record that differ in capitals only, the one in messages stays."""


class Migration(migrations.Migration):
    dependencies = [("fulfilment", "0028_roles")]

    operations = [
        migrations.RunSQL(KEEP_ONE, migrations.RunSQL.noop),
        migrations.RemoveConstraint("mapping", "mapping_of_their_code_once"),
        migrations.AddConstraint(
            "mapping",
            models.UniqueConstraint(
                "connection",
                "kind",
                Upper("their_code"),
                name="mapping_of_their_code_once",
                violation_error_message="This code of theirs is mapped already.",
            ),
        ),
    ]
