"""Take trade-ins and rebates as lines of their own, and keep every line on its side of zero."""

from django.db import migrations, models

LINES = ("invoiceline", "opportunityline", "orderline", "quoteline")
ON_THEIR_SIDE = models.Q(
    ("quantity__gte", 0),
    models.Q(
        models.Q(
            ("kind__in", ("section", "note")),
            ("base__gte", 0),
            ("net__gte", 0),
            ("tax__gte", 0),
            ("base__lte", 0),
            ("net__lte", 0),
            ("tax__lte", 0),
            ("discount__exact", 0),
            ("header_discount__exact", 0),
            ("promotion_discount__exact", 0),
            ("volume_discount__exact", 0),
        ),
        models.Q(
            ("kind__in", ("product", "write_in")),
            ("base__gte", 0),
            ("net__gte", 0),
            ("tax__gte", 0),
            models.Q(("unit_price__isnull", True), ("unit_price__gte", 0), _connector="OR"),
            ("discount__gte", 0),
            ("header_discount__gte", 0),
            ("promotion_discount__gte", 0),
            ("volume_discount__gte", 0),
        ),
        models.Q(
            ("kind__in", ("deduction",)),
            ("base__lte", 0),
            ("net__lte", 0),
            ("tax__lte", 0),
            models.Q(("unit_price__isnull", True), ("unit_price__lte", 0), _connector="OR"),
        ),
        models.Q(
            ("kind__in", ("down_payment", "freight")),
            models.Q(
                models.Q(("base__gte", 0), ("net__gte", 0), ("tax__gte", 0)),
                models.Q(("base__lte", 0), ("net__lte", 0), ("tax__lte", 0)),
                _connector="OR",
            ),
            ("discount__exact", 0),
            ("header_discount__exact", 0),
            ("promotion_discount__exact", 0),
            ("volume_discount__exact", 0),
        ),
        _connector="OR",
    ),
)
DEDUCTED_WHOLE = models.Q(
    models.Q(("kind__in", ("deduction",)), _negated=True),
    models.Q(
        ("discount__exact", 0),
        ("header_discount__exact", 0),
        ("promotion_discount__exact", 0),
        ("volume_discount__exact", 0),
        ("discount_amount__isnull", True),
        ("discount_rate__isnull", True),
        ("is_optional", False),
        ("product__isnull", True),
    ),
    _connector="OR",
)
ASKS_NOTHING_AHEAD = models.Q(("kind__in", ("down_payment", "freight")), _negated=True)
ONLY_SOLD_IS_COUNTED = models.Q(
    ("kind__in", ("product", "write_in")),
    models.Q(
        ("closed_quantity__exact", 0),
        ("closed_unshipped_quantity__exact", 0),
        ("credited_quantity__exact", 0),
        ("delivered_quantity__exact", 0),
        ("drafted_quantity__exact", 0),
        ("invoiced_quantity__exact", 0),
        ("replaced_quantity__exact", 0),
        ("returned_quantity__exact", 0),
        ("shipped_quantity__exact", 0),
    ),
    _connector="OR",
)


def kind():
    return models.CharField(
        choices=[
            ("product", "Product"),
            ("write_in", "Write-in"),
            ("deduction", "Trade-in or rebate"),
            ("section", "Section"),
            ("note", "Note"),
            ("down_payment", "Down payment"),
            ("freight", "Freight asked ahead"),
        ],
        default="product",
        max_length=12,
    )


def add(model, condition, name):
    constraint = models.CheckConstraint(condition=condition, name=name)
    return migrations.AddConstraint(model_name=model, constraint=constraint)


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0004_activity_parameters"),
        ("sales", "0018_own_doing"),
    ]

    operations = [
        *(
            migrations.RemoveConstraint(model_name=line, name=f"{line}_text_costs_nothing")
            for line in LINES
        ),
        *(
            migrations.AlterField(model_name=model, name="kind", field=kind())
            for line in LINES
            for model in (line, f"{line}history")
        ),
        *(add(line, ON_THEIR_SIDE, f"{line}_figures_on_their_side") for line in LINES),
        *(add(line, DEDUCTED_WHOLE, f"{line}_deducted_whole") for line in LINES),
        *(
            add(f"{owner}line", ASKS_NOTHING_AHEAD, f"{owner}_line_asks_nothing_ahead")
            for owner in ("opportunity", "order", "quote")
        ),
        add("orderline", ONLY_SOLD_IS_COUNTED, "order_line_only_sold_is_counted"),
    ]
