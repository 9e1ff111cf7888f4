"""Tax rates by kind of product and place, exchange rates by day."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from demo.sample_data.rows import ensure
from sales.models import ExchangeRate, TaxCategory, TaxRate, TaxZone

STANDARD = "standard"
FOOD = "food"
SERVICE = "service"

CATEGORIES = {STANDARD: "Standard", FOOD: "Food and coffee", SERVICE: "Services"}

FRANCE = "fr"
GERMANY = "de"
EU_BUSINESS = "eu-business"
EXPORT = "export"

ZONES = {
    FRANCE: "France",
    GERMANY: "Germany",
    EU_BUSINESS: "EU business, reverse charge",
    EXPORT: "Export outside the EU",
}

RATES = {
    FRANCE: {STANDARD: "0.20", FOOD: "0.055", SERVICE: "0.20"},
    GERMANY: {STANDARD: "0.19", FOOD: "0.07", SERVICE: "0.19"},
    EU_BUSINESS: {STANDARD: "0", FOOD: "0", SERVICE: "0"},
    EXPORT: {STANDARD: "0", FOOD: "0", SERVICE: "0"},
}

EXCHANGE = {
    "USD": ("1.0790", "1.0832", "1.0914", "1.0868"),
    "GBP": ("0.8391", "0.8427", "0.8465", "0.8442"),
    "JPY": ("171.42", "169.80", "167.95", "168.35"),
    "CHF": ("0.9486", "0.9431", "0.9402", "0.9377"),
}
DAYS_AGO = (180, 90, 30, 1)
"""When each of a currency's rates was published."""


def add_taxes() -> None:
    """Add the categories and zones of taxes, and the rate of each pair."""
    categories = {
        code: ensure(TaxCategory, {"name": name}, code=code) for code, name in CATEGORIES.items()
    }
    zones = {code: ensure(TaxZone, {"name": name}, code=code) for code, name in ZONES.items()}
    for zone, rates in RATES.items():
        for category, rate in rates.items():
            values = {"rate": Decimal(rate)}
            ensure(TaxRate, values, category=categories[category], zone=zones[zone])


def add_exchange_rates(today: dt.date) -> None:
    """Add the euro's rates of the last half year."""
    for currency, rates in EXCHANGE.items():
        for days_ago, rate in zip(DAYS_AGO, rates, strict=True):
            day = today - dt.timedelta(days=days_ago)
            values = {"rate": Decimal(rate), "source": "ECB"}
            ensure(ExchangeRate, values, base="EUR", currency=currency, valid_on=day)
