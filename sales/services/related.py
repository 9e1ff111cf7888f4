"""What to suggest beside the products of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from sales.models import RelatedProduct

if TYPE_CHECKING:
    from sales.models import AnyDocument


def related_products(
    document: AnyDocument, kind: RelatedProduct.Kind | None = None
) -> list[RelatedProduct]:
    """List what goes with, betters or replaces the products of a document; in two statements.

    Leaves out what is on the document already and what is not sold today.
    """
    day = document.company.today()
    there = list(document.lines.filter(product__isnull=False).values_list("product", flat=True))
    sold = (
        Q(other__is_active=True)
        & (Q(other__active_from__isnull=True) | Q(other__active_from__lte=day))
        & (Q(other__active_to__isnull=True) | Q(other__active_to__gte=day))
    )
    related = RelatedProduct.objects.filter(sold, product__in=there).exclude(other__in=there)
    if kind is not None:
        related = related.filter(kind=kind)
    return list(related.select_related("product", "other").order_by("kind", "other__name", "id"))
