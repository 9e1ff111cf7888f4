"""Discount limits: the largest discount a person may give, checked on lines and documents."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy
from django_stubs_ext import StrOrPromise

from common.formatting import format_rate
from crm.actors import Actor
from crm.models import Partner, User
from sales.models import AnyDocument, DocumentLine, Quote
from sales.pricing.concessions import (
    TINY,
    Concession,
    document_concession,
    line_concession,
    rate_on_everything,
    together,
)
from sales.pricing.errors import DiscountAboveLimit, NoListPrice
from sales.pricing.money import ONE, ZERO
from sales.services.prices.pricing_input import line_input, lines_of, terms_of
from sales.services.prices.reference_prices import References, is_typed, references_of

MAY_EXCEED = "sales.exceed_discount"
HUNDREDTH = Decimal("0.0001")

TOGETHER = gettext_lazy(
    "Together with the lines' own discounts this comes to %(given)s, "
    "above your limit of %(limit)s. Ask %(colleague)s to give it."
)


@dataclass(frozen=True, slots=True)
class _Concessions:
    """The concessions of a document: per line, by the header discount, and in total."""

    lines: Mapping[uuid.UUID, Concession]
    on_everything: Decimal
    whole: Concession | None
    together: Decimal
    """The discount on everything together with those of the lines, each of them within the limit.

    A larger one was given by somebody else, and stays whatever it comes to with the others.
    """
    unmeasured: Mapping[tuple[uuid.UUID, uuid.UUID | None], Decimal]
    """What is asked for a unit, by line and unit, where no list price is known."""

    def on_line(self, line_id: uuid.UUID) -> Decimal:
        """Return the discount of a line as a fraction; zero for a line that did not exist."""
        return self.lines[line_id].rate if line_id in self.lines else ZERO

    def escapes(self, line: DocumentLine, before: _Concessions) -> bool:
        """Whether a line without a list price is new, or asks for less than before."""
        asked = self.unmeasured.get((line.pk, line.unit_id))
        earlier = before.unmeasured.get((line.pk, line.unit_id))
        return asked is not None and (earlier is None or asked < earlier - TINY)


def discount_limit(actor: Actor) -> Decimal | None:
    """Return the largest discount an actor may give, as a fraction; None is no limit.

    A person's own limit comes before the team's. A partner has its own, which is 0 unless raised.
    """
    limit = actor.discount_limit if isinstance(actor, User | Partner) else None
    if limit is None or (isinstance(actor, User) and actor.has_perm(MAY_EXCEED)):
        return None
    return limit


@contextmanager
def within_limit(document: AnyDocument, actor: Actor) -> Iterator[None]:
    """Refuse changes made inside that raise a discount above the actor's limit.

    A discount that somebody else gave stays, and so does a price without a list price. Lines are
    measured one by one, and the document where it has a header discount, a trade-in or a rebate.
    """
    limit = discount_limit(actor)
    if limit is None:
        yield
        return
    before, _ = _measured(document, lines_of(document), limit)
    yield
    _check_raised(before, limit, document, lines_of(document), actor)


def check_new(document: AnyDocument, actor: Actor, lines: Sequence[DocumentLine] = ()) -> None:
    """Refuse to start a document with a discount above the actor's limit."""
    limit = discount_limit(actor)
    if limit is not None and (lines or document.discount_rate):
        empty, _ = _measured(document, [], limit)
        _check_whole(empty, limit, document, actor, [])
        _check_raised(empty, limit, document, lines, actor)


def _check_raised(
    before: _Concessions,
    limit: Decimal,
    document: AnyDocument,
    lines: Sequence[DocumentLine],
    actor: Actor,
) -> None:
    """Refuse what raises a discount above the limit, on a line or on the whole document."""
    after, references = _measured(document, lines, limit)
    raised = [line for line in lines if after.lines[line.pk].exceeds(before.on_line(line.pk))]
    for line in raised:
        rate = after.lines[line.pk].rate
        if after.lines[line.pk].exceeds(limit):
            raise _refusal(rate, limit, actor, line=str(line.pk), field=_field_of(line))
    for line in lines:
        if after.escapes(line, before):
            raise references.unknown.get(line.pk) or _no_list_price(document, line, limit, actor)
    if raised or after.on_everything > before.on_everything + TINY:
        _check_whole(after, limit, document, actor, lines)
    if after.together > max(limit, before.together) + TINY:
        raise _refusal(
            after.together, limit, actor, field=_field_on_everything(document), template=TOGETHER
        )


def _check_whole(
    given: _Concessions,
    limit: Decimal,
    document: AnyDocument,
    actor: Actor,
    lines: Sequence[DocumentLine],
) -> None:
    whole = given.whole
    if whole is None or not whole.exceeds(limit):
        return
    deducted = [str(line.pk) for line in lines if line.counts and line.is_deduction]
    template: StrOrPromise = ""
    field = _field_on_everything(document)
    if deducted:
        field = "unit_price"
        template = gettext(
            "A trade-in or rebate counts as a discount: all together this comes to %(given)s, "
            "above your limit of %(limit)s. Ask %(colleague)s to give it."
        )
    elif whole.exceeds(given.on_everything):
        template = TOGETHER
    line = deducted[-1] if deducted else None
    raise _refusal(whole.rate, limit, actor, field=field, line=line, template=template)


def _measured(
    document: AnyDocument, lines: Sequence[DocumentLine], limit: Decimal
) -> tuple[_Concessions, References]:
    terms, references = terms_of(document), references_of(document, lines)
    inputs = {line.pk: line_input(line) for line in lines}
    measured = {pk: references.by_line[pk].less_volume for pk in inputs}
    each = {pk: line_concession(one, measured[pk], terms) for pk, one in inputs.items()}
    unmeasured = set(references.unknown)
    if not isinstance(document, Quote):  # a quote needs an approval, whoever typed the price
        unmeasured |= references.unlisted
    on_everything = rate_on_everything(inputs.values(), terms)
    given = _Concessions(
        lines=each,
        on_everything=on_everything,
        together=together(
            [(one, measured[pk]) for pk, one in inputs.items() if not each[pk].exceeds(limit)],
            on_everything,
            terms,
        )
        if on_everything <= limit + TINY
        else ZERO,
        whole=document_concession([(one, measured[pk]) for pk, one in inputs.items()], terms),
        unmeasured={
            (line.pk, line.unit_id): measured[line.pk].of(ONE) * (1 - each[line.pk].rate)
            for line in lines
            if line.pk in unmeasured
        },
    )
    return given, references


def _no_list_price(
    document: AnyDocument, line: DocumentLine, limit: Decimal, actor: Actor
) -> NoListPrice:
    sentence = gettext(
        "%(product)s has no list price, since no price list is chosen: your limit of %(limit)s "
        "cannot be measured. Ask %(colleague)s to type the price, or offer it in a quote and have "
        "that approved."
    )
    if document.price_list:
        sentence = gettext(
            "%(product)s has no price on price list %(price_list)s per %(unit)s: your limit of "
            "%(limit)s cannot be measured. Ask %(colleague)s to type the price, or offer it in a "
            "quote and have that approved."
        )
    return NoListPrice(
        sentence
        % {
            "product": line.sku,
            "price_list": document.price_list,
            "unit": line.unit,
            "limit": format_rate(_rounded_up(limit)),
            "colleague": _who_may(actor),
        },
        line=str(line.pk),
        field="unit_price",
    )


def _field_on_everything(document: AnyDocument) -> str:
    return "discount_rate" if document.discount_rate else "discount_amount"


def _field_of(line: DocumentLine) -> str:
    has_discount = bool(line.discount_rate or line.discount_amount)
    return "discount" if has_discount or not is_typed(line) else "unit_price"


def _refusal(
    rate: Decimal,
    limit: Decimal,
    actor: Actor,
    *,
    field: str,
    line: str | None = None,
    template: StrOrPromise = "",
) -> DiscountAboveLimit:
    alone = gettext(
        "A discount of %(given)s is above your limit of %(limit)s. Ask %(colleague)s to give it."
    )
    return DiscountAboveLimit(
        str(template or alone)
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
    """Name the nearest colleague with a higher limit; for a partner, who talks to it here."""
    if isinstance(actor, Partner):
        return gettext("your contact in our sales")
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
