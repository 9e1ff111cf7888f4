"""Lines of an order's ledger: what became of their units, and what those come to.

Units: ``ordered = open to bill + billed + gone unbilled``. What was credited *to be billed again*
is not billed; what was credited *for good* stays billed, since it is never billed once more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from sales.pricing.money import ZERO, Rounding
from sales.pricing.partial import NOTHING, Amounts, Portion, next_part
from sales.pricing.quantities import SMALLEST_QUANTITY, exceeds_open, round_down, round_up

Rate = Decimal


@dataclass(frozen=True, slots=True)
class Units:
    """How many units of an order line are ordered, and what became of them.

    ``ordered`` is what is agreed, cancelled units taken off; ``billed`` counts invoices and drafts
    less credits that may be billed again, ``drafted`` of it the drafts. ``replaced`` and
    ``returned`` came back, to be shipped again and for good, ``returned_unbilled`` of the latter
    without being billed, but perhaps drafted. ``closed`` was credited for good:
    ``closed_unshipped`` of it before it left, ``closed_returned`` of it came back, and the customer
    keeps the rest.
    """

    ordered: Decimal
    billed: Decimal = ZERO
    drafted: Decimal = ZERO
    is_goods: bool = True
    shipped: Decimal = ZERO
    replaced: Decimal = ZERO
    returned: Decimal = ZERO
    returned_unbilled: Decimal = ZERO
    closed: Decimal = ZERO
    closed_unshipped: Decimal = ZERO
    closed_returned: Decimal = ZERO
    step: Decimal = SMALLEST_QUANTITY
    """The smallest part of a unit that is shipped; a percentage bills smaller ones."""
    is_set: bool = False
    """Whether it is a bundle: its parts are shipped, and it follows them."""
    is_fixed_part: bool = False
    """Whether it is always in a bundle, which has the price: it is billed with that."""

    @property
    def left(self) -> Decimal:
        """Units that left and were not returned to be replaced."""
        return self.shipped - self.replaced

    @property
    def open_to_ship(self) -> Decimal:
        """Units that are still to be shipped; of a bundle its parts are."""
        return ZERO if self.is_set else self._to_leave

    @property
    def _to_leave(self) -> Decimal:
        if not self.is_goods:
            return ZERO
        return max(ZERO, self.ordered - self.left - self.closed_unshipped)

    @property
    def kept(self) -> Decimal:
        """Units that left and did not come back."""
        return self.left - self.returned

    @property
    def gone(self) -> Decimal:
        """Units that nobody pays for: returned for good, or credited for good."""
        return self.closed + self.returned_unbilled

    @property
    def closed_kept(self) -> Decimal:
        """Units that were credited for good and that the customer keeps."""
        return max(ZERO, self.closed - self.closed_unshipped - self.closed_returned)

    @property
    def kept_billed(self) -> Decimal:
        """Units that are billed and not credited for good."""
        return self.billed - self.closed

    @property
    def open_to_bill(self) -> Decimal:
        """Units that an invoice may still bill; what is in a bundle waits for no invoice."""
        return ZERO if self.is_fixed_part else self.unbilled

    @property
    def unbilled(self) -> Decimal:
        """Units that are on no invoice yet, and not gone."""
        return max(ZERO, self.ordered - self.gone - self.kept_billed)

    @property
    def open_to_issue(self) -> Decimal:
        """Units that drafts may bill when they are issued: those open without any draft.

        Fewer than are drafted, where goods came back that only a draft bills.
        """
        return max(ZERO, self.ordered - self.gone - self.kept_billed + self.drafted)

    @property
    def shipped_to_bill(self) -> Decimal:
        """Units that left, were kept and are not billed yet."""
        return min(self.open_to_bill, self._kept_unbilled)

    @property
    def billed_unshipped(self) -> Decimal:
        """Units that are billed, and did not leave or came back."""
        return max(ZERO, self.kept_billed + self.closed_kept - self.kept)

    @property
    def billed_returned(self) -> Decimal:
        """Units that came back for good and stay billed: they are to be credited."""
        return max(ZERO, self.returned - self.returned_unbilled - self.closed_returned)

    @property
    def _charged(self) -> Decimal:
        """Units that are billed, and that the customer keeps or is still to receive."""
        return self.kept_billed - self.billed_returned

    @property
    def _kept_unbilled(self) -> Decimal:
        return max(ZERO, self.kept - self.closed_kept - self._charged)

    @property
    def _kept_not_issued(self) -> Decimal:
        """Units that are kept, and that no issued invoice bills."""
        return max(ZERO, self.kept - self.closed_kept - self._charged + self.drafted)

    @property
    def _billed_before_left(self) -> Decimal:
        """Units that are billed and did not leave yet."""
        return max(ZERO, self._charged + self.closed_kept - self.kept)

    @property
    def done(self) -> Decimal:
        """Units that left, or are billed or will never be."""
        return max(self.left + self.closed_unshipped, self.billed + self.returned_unbilled)

    @property
    def least(self) -> Decimal:
        """Units that stay ordered whatever is changed: those that left, and those billed.

        Of goods a percentage may have billed a part of a unit: then all of that unit stays.
        """
        return min(self.ordered, round_up(self.done, self.step)) if self.is_goods else self.done

    def credited_for_good(self, quantity: Decimal, whole: Decimal | None = None) -> Units:
        """Return the units after so many of them were credited, not to be billed again.

        Those are first the ones that came back billed, then those that did not leave yet, which
        are not shipped any more; the customer keeps the others. Parts of a unit close it for
        shipping once they make a whole one, and those of a set once they make ``whole``.
        """
        step = whole or self.step
        back = min(quantity, self.billed_returned)
        closed = self.closed + quantity
        closing = round_down(closed, step) - round_down(self.closed, step)
        to_leave = round_up(min(quantity - back, self._billed_before_left), step)
        returned = self.closed_returned + back
        most = max(self.closed_unshipped, round_down(closed, step) - returned)
        unshipped = self.closed_unshipped + min(closing, to_leave, self._to_leave)
        unshipped = min(unshipped, most)
        return replace(
            self,
            closed=closed,
            closed_unshipped=unshipped,
            closed_returned=min(returned, closed - unshipped),
        )

    def credited_again(self, quantity: Decimal) -> Units:
        """Return the units after so many of them were credited, to be billed again.

        Those that came back billed are the first ones; they are not billed again after all.
        """
        back = min(quantity, self.billed_returned)
        return replace(
            self,
            billed=self.billed - quantity,
            returned_unbilled=self.returned_unbilled + back,
        )

    def undrafted(self, quantity: Decimal) -> Units:
        """Return the units after a draft that bills so many of them was deleted.

        What came back stays billed as far as other invoices bill more than is kept.
        """
        after = replace(self, billed=self.billed - quantity, drafted=self.drafted - quantity)
        back = min(self.billed_returned, after.billed_unshipped)
        return replace(after, returned_unbilled=self.returned - self.closed_returned - back)

    def given_back(self, returned: Decimal) -> Units:
        """Return the units once so many came back for good, in all.

        What was credited for good beforehand is taken to be what comes back, then what is not
        billed or only on a draft, which is not issued as it is any more; the rest is to be
        credited. A correction downwards goes the other way.
        """
        more = returned - self.returned
        unbilled, closed = self.returned_unbilled, self.closed_returned
        if more >= 0:
            credited = min(more, self.closed_kept)
            closed += credited
            unbilled += min(more - credited, self._kept_not_issued)
        else:
            less = max(ZERO, -more - self.billed_returned)
            unbilled -= min(less, self.returned_unbilled)
            closed -= max(ZERO, less - self.returned_unbilled)
        return replace(self, returned=returned, returned_unbilled=unbilled, closed_returned=closed)

    def by_sums(self) -> Units:
        """Return the units with the returned ones split by what is billed and credited in all.

        For orders that another system bills: its documents come in any order.
        """
        credited = min(self.returned, self.closed - self.closed_unshipped)
        rest = self.returned - credited
        unbilled = rest - max(ZERO, min(rest, self.billed + rest - self.ordered))
        return replace(self, closed_returned=credited, returned_unbilled=unbilled)


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One order line: its units, and what is agreed and billed for them. The rate is a fraction."""

    key: str
    rate: Rate
    units: Units
    agreed: Amounts
    billed: Amounts = NOTHING
    drafted: Amounts = NOTHING
    """What drafts bill, of all that is billed."""

    @property
    def ordered_portion(self) -> Portion:
        """What is ordered, in units and money."""
        return Portion(self.units.ordered, self.agreed)

    @property
    def billed_portion(self) -> Portion:
        """What is billed, in units and money."""
        return Portion(self.units.billed, self.billed)

    def next_part(self, quantity: Decimal, currency: str, rounding: Rounding) -> Portion:
        """Price the next units to bill; raises QuantityExceedsOpen for more than is open."""
        open_now = self.units.unbilled
        if quantity > open_now:
            raise exceeds_open(quantity, open_now, self.key)
        return next_part(
            self.ordered_portion,
            self.billed_portion,
            quantity,
            currency=currency,
            rounding=rounding,
            line=self.key,
        )

    def open_to_issue(self, currency: str, rounding: Rounding) -> Portion:
        """Return what drafts may bill when they are issued: what is open without any draft."""
        units = self.units
        issued = replace(units, billed=units.billed - units.drafted, drafted=ZERO)
        without = replace(self, units=issued, billed=self.billed - self.drafted)
        rest = without.whole(currency, rounding) - without.billed
        return Portion(units.open_to_issue, rest)

    def settled_at(self, quantity: Decimal) -> Amounts | None:
        """Return the figures that it keeps at a quantity, if all of that is billed or gone."""
        if quantity == self.units.billed:
            return self.billed
        if quantity == self.units.ordered and not self.units.open_to_bill:
            return self.agreed
        return None

    def short_close(
        self, currency: str, rounding: Rounding, least: Decimal | None = None
    ) -> Portion:
        """Return what the line is ordered at once all that can be cancelled is cancelled.

        Never less than what is billed of it, at whatever price; ``least`` is what stays ordered
        where that follows from other lines.
        """
        quantity = self.units.least if least is None else least
        if quantity == self.units.billed:
            return self.billed_portion
        if quantity == self.units.ordered:
            return self.ordered_portion
        kept = next_part(
            self.ordered_portion,
            self.billed_portion,
            quantity - self.units.billed,
            currency=currency,
            rounding=rounding,
            line=self.key,
        )
        return self.billed_portion + kept

    def closed(self, currency: str, rounding: Rounding, least: Decimal | None = None) -> LedgerLine:
        """Return the line once all that can be cancelled is cancelled."""
        kept = self.short_close(currency, rounding, least)
        units = replace(self.units, ordered=kept.quantity)
        return replace(self, units=units, agreed=kept.amounts)

    def whole(self, currency: str, rounding: Rounding) -> Amounts:
        """Return what the line comes to once all that can be billed is billed."""
        if not self.units.open_to_bill:
            return self.billed
        rest = self.next_part(self.units.open_to_bill, currency, rounding)
        return self.billed + rest.amounts
