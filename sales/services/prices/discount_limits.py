"""Discount limits: the largest discount a person may give, checked on lines and documents."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from django.db.models import Q
from django.utils.translation import gettext

from common.errors import DomainError
from common.formatting import format_rate
from crm.actors import Actor
from crm.models import Partner, User
from sales.models import AnyDocument, DocumentLine, Product
from sales.pricing.concessions import TINY, Concession, document_concession, line_concession
from sales.pricing.errors import DiscountAboveLimit
from sales.services.documents.totals import line_input, lines_of, terms_of
from sales.services.prices.list_prices import ListPrices

MAY_EXCEED = "sales.exceed_discount"
HUNDREDTH = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class _Concessions:
    """The concessions of a document: per line, by the header discount, and in total."""

    lines: dict[uuid.UUID, Concession]
    on_everything: Decimal
    whole: Concession | None

    def on_line(self, line_id: uuid.UUID) -> Decimal:
        """Return the discount of a line as a fraction; zero for a line that did not exist."""
        return self.lines[line_id].rate if line_id in self.lines else Decimal(0)


def discount_limit(actor: Actor) -> Decimal | None:
    """Return the largest discount an actor may give, as a fraction; None is no limit.

    A person's own limit comes before the team's. A partner may give no discount.
    """
    if isinstance(actor, Partner):
        return Decimal(0)
    limit = actor.discount_limit if isinstance(actor, User) else None
    if limit is None or (isinstance(actor, User) and actor.has_perm(MAY_EXCEED)):
        return None
    return limit


@contextmanager
def within_limit(document: AnyDocument, actor: Actor) -> Iterator[None]:
    """Refuse changes made inside that raise a discount above the actor's limit.

    A discount that somebody else gave stays. Lines are measured one by one, and the document
    where it has a header discount.
    """
    limit = discount_limit(actor)
    if limit is None:
        yield
        return
    before = _concessions(document, lines_of(document))
    yield
    lines = lines_of(document)
    after = _concessions(document, lines)
    raised = [line for line in lines if after.lines[line.pk].exceeds(before.on_line(line.pk))]
    for line in raised:
        rate = after.lines[line.pk].rate
        if after.lines[line.pk].exceeds(limit):
            raise _refusal(rate, limit, actor, line=str(line.pk), field=_field_of(line))
    if raised or after.on_everything > before.on_everything + TINY:
        _check_whole(after.whole, limit, document, actor)


def check_new(document: AnyDocument, actor: Actor) -> None:
    """Refuse to start a document with a header discount above the actor's limit."""
    limit = discount_limit(actor) if document.discount_rate else None
    if limit is not None:
        _check_whole(document_concession([], terms_of(document)), limit, document, actor)


def _check_whole(
    whole: Concession | None, limit: Decimal, document: AnyDocument, actor: Actor
) -> None:
    if whole is None or not whole.exceeds(limit):
        return
    raise _refusal(
        whole.rate,
        limit,
        actor,
        field="discount_rate" if document.discount_rate else "discount_amount",
        with_lines=whole.exceeds(_on_everything(document)),
    )


def _concessions(document: AnyDocument, lines: Sequence[DocumentLine]) -> _Concessions:
    terms = terms_of(document)
    prices = _reference_prices(document, lines)
    inputs = [(line_input(line), prices[line.pk]) for line in lines]
    each = {
        line.pk: line_concession(one, price, terms)
        for line, (one, price) in zip(lines, inputs, strict=True)
    }
    return _Concessions(each, _on_everything(document), document_concession(inputs, terms))


def _on_everything(document: AnyDocument) -> Decimal:
    """Return the fraction of the lines' sum that the header discount takes off."""
    rate: Decimal = document.discount_rate
    return rate + document.discount_amount / document.detail if document.detail > 0 else rate


def _reference_prices(
    document: AnyDocument, lines: Sequence[DocumentLine]
) -> dict[uuid.UUID, Decimal]:
    """Return the reference price per unit: the frozen price, or the list price of a typed one.

    Where the list has no price, the typed one is the reference.
    """
    prices = {line.pk: (line.unit_price or Decimal(0)) - line.volume_discount for line in lines}
    typed = [(line, line.product) for line in lines if line.product and _is_overridden(line)]
    if not typed:
        return prices
    products = [product for _, product in typed]
    listed = ListPrices(document.price_list, products, document.company.today())
    for line, product in typed:
        asked = _listed_price(listed, line, product)
        if asked is not None:
            prices[line.pk] = asked
    return prices


def _is_overridden(line: DocumentLine) -> bool:
    typed = line.price_source == DocumentLine.PriceSource.TYPED
    return typed and line.product is not None and line.unit is not None


def _listed_price(listed: ListPrices, line: DocumentLine, product: Product) -> Decimal | None:
    try:
        found = listed.of(product, line.unit, line.quantity)
    except DomainError:
        return None
    return None if found.unit_price is None else found.unit_price - found.volume_discount


def _field_of(line: DocumentLine) -> str:
    has_discount = bool(line.discount_rate or line.discount_amount)
    return "discount" if has_discount or not _is_overridden(line) else "unit_price"


def _refusal(
    rate: Decimal,
    limit: Decimal,
    actor: Actor,
    *,
    field: str,
    line: str | None = None,
    with_lines: bool = False,
) -> DiscountAboveLimit:
    template = (
        gettext(
            "Together with the lines' own discounts this comes to %(given)s, "
            "above your limit of %(limit)s. Ask %(colleague)s to give it."
        )
        if with_lines
        else gettext(
            "A discount of %(given)s is above your limit of %(limit)s. "
            "Ask %(colleague)s to give it."
        )
    )
    return DiscountAboveLimit(
        template
        % {
            "given": format_rate(_rounded_up(rate)),
            "limit": format_rate(_rounded_up(limit)),
            "colleague": _who_may(actor),
        },
        field=field,
        line=line,
    )


def _rounded_up(rate: Decimal) -> Decimal:
    """Round a rate up to be shown, so that one above the limit never reads as equal to it."""
    return rate.quantize(HUNDREDTH, ROUND_UP)


def _who_may(actor: Actor) -> str:
    """Name the nearest colleague with a higher limit."""
    if not isinstance(actor, User) or actor.team is None:
        return gettext("a colleague with a higher limit")
    distance = {team.pk: away for away, team in enumerate(actor.team.with_teams_above())}
    app, codename = MAY_EXCEED.split(".")
    right = {"content_type__app_label": app, "codename": codename}
    may = Q(**{f"groups__permissions__{name}": value for name, value in right.items()}) | Q(
        **{f"user_permissions__{name}": value for name, value in right.items()}
    )
    colleagues = User.objects.filter(may, is_active=True, team__in=distance).distinct()
    ranked = sorted((distance[user.team_id], str(user)) for user in colleagues if user.team_id)
    return ranked[0][1] if ranked else gettext("a colleague with a higher limit")
